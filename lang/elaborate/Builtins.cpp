// Functions that the elaborator itself provides, because they look at shapes or change them, or
// because they stand for an operation that is not elementwise. Everything else is declared in the
// standard library.
#include "lang/elaborate/Elaborator.h"

#include <algorithm>
#include <numeric>

namespace nnc::lang {

namespace {

constexpr Builtin builtins[] = {
    {"size", false, 1, 1, &Elaborator::builtinSize},
    {"rank", false, 1, 1, &Elaborator::builtinRank},
    {"shape", false, 1, 1, &Elaborator::builtinShape},
    {"fan_in", false, 1, 1, &Elaborator::builtinFan},
    {"fan_out", false, 1, 1, &Elaborator::builtinFan},
    {"sum", false, 1, 1, &Elaborator::builtinReduce},
    {"mean", false, 1, 1, &Elaborator::builtinReduce},
    {"prod", false, 1, 1, &Elaborator::builtinReduce},
    {"max", false, 1, 1, &Elaborator::builtinReduce},
    {"min", false, 1, 1, &Elaborator::builtinReduce},
    {"argmax", false, 1, 1, &Elaborator::builtinReduce},
    {"reshape", true, 0, -1, &Elaborator::builtinReshape},
    {"transpose", true, 0, -1, &Elaborator::builtinTranspose},
    {"split", true, 1, 1, &Elaborator::builtinSplit},
    {"concat", false, 1, -1, &Elaborator::builtinConcat},
    {"stack", false, 1, -1, &Elaborator::builtinStack},
    {"reverse", false, 1, 1, &Elaborator::builtinReverse},
    {"select", false, 3, 3, &Elaborator::builtinSelect},
    {"float", false, 1, 1, &Elaborator::builtinConvert},
    {"int", false, 1, 1, &Elaborator::builtinConvert},
    {"stop_gradient", false, 1, 1, &Elaborator::builtinStopGradient},
    {"freeze", false, 1, 1, &Elaborator::builtinStopGradient},
    {"random_uniform", false, 1, 1, &Elaborator::builtinRandom},
    {"random_normal", false, 1, 1, &Elaborator::builtinRandom},
    {"batch_mean", false, 1, 1, &Elaborator::builtinBatch},
    {"batch_sum", false, 1, 1, &Elaborator::builtinBatch},
    {"batch_count", false, 0, 0, &Elaborator::builtinBatchCount},
    {"iota", false, 1, 1, &Elaborator::builtinIota},
    {"weights", false, 1, 1, &Elaborator::builtinWeights},
    {"require", false, 2, 2, &Elaborator::builtinRequire},
    {"require_batch", false, 2, 2, &Elaborator::builtinRequireBatch},
    {"discourage", false, 3, -1, &Elaborator::builtinDiscourage},
    {"pad", true, 1, 3, &Elaborator::builtinPad},
    {"margins", false, 3, 3, &Elaborator::builtinMargins},
    {"windows", true, 1, 3, &Elaborator::builtinWindows},
    {"overlap_add", true, 1, 3, &Elaborator::builtinOverlapAdd},
};

constexpr std::string_view plannedNames[] = {
    "vocabulary", "length",          "words",       "load",       "embed",
    "positions",  "positions_added", "encoder",     "decoder",    "sample",
    "unfreeze",   "split_heads",     "merge_heads", "zeros_like", "bernoulli",
};

} // namespace

std::span<const Builtin> allBuiltins() { return builtins; }

const Builtin *findBuiltin(std::string_view name) {
  for (const Builtin &builtin : builtins)
    if (builtin.name == name)
      return &builtin;
  return nullptr;
}

bool isPlannedName(std::string_view name) {
  return std::find(std::begin(plannedNames), std::end(plannedNames), name) !=
         std::end(plannedNames);
}

#define NNC_BUILTIN(NAME)                                                                          \
  Entity Elaborator::NAME([[maybe_unused]] const Builtin &builtin,                                 \
                          [[maybe_unused]] const std::vector<GivenArgument> &settings,             \
                          [[maybe_unused]] const std::vector<GivenArgument> &inputs,               \
                          [[maybe_unused]] SourceRange range)

NNC_BUILTIN(builtinSize) {
  const Entity &value = inputs[0].value;
  const Shape *shape = value.is<Tensor>()          ? &value.get<Tensor>()->shape
                       : value.is<ShapeConstant>() ? &value.get<ShapeConstant>()->shape
                                                   : nullptr;
  if (value.isNumber())
    return IntegerConstant{1, nullptr};
  if (!shape) {
    report(Diag::OperandType, inputs[0].range, builtin.name, describe(value));
    return Poison{};
  }
  int64_t count = elementCount(*shape);
  std::string text =
      shape->size() > 1 ? fmt::format("{} = {} elements", count, product(*shape)) : "";
  OriginPtr origin = shape->size() == 1 && !(*shape)[0].origin ? nullptr
                     : shape->size() == 1                      ? (*shape)[0].origin
                                                               : makeOrigin(place(range), text);
  return IntegerConstant{count, origin};
}

NNC_BUILTIN(builtinRank) {
  if (auto *value = inputs[0].value.get<Tensor>())
    return IntegerConstant{int64_t(value->shape.size()), nullptr};
  if (auto *shape = inputs[0].value.get<ShapeConstant>())
    return IntegerConstant{int64_t(shape->shape.size()), nullptr};
  report(Diag::OperandType, inputs[0].range, builtin.name, describe(inputs[0].value));
  return Poison{};
}

NNC_BUILTIN(builtinShape) {
  if (auto *value = inputs[0].value.get<Tensor>())
    return ShapeConstant{value->shape};
  report(Diag::OperandType, inputs[0].range, builtin.name, describe(inputs[0].value));
  return Poison{};
}

NNC_BUILTIN(builtinFan) {
  auto *shape = inputs[0].value.get<ShapeConstant>();
  if (!shape) {
    report(Diag::OperandType, inputs[0].range, builtin.name, describe(inputs[0].value));
    return Poison{};
  }
  const Shape &extents = shape->shape;
  int64_t count = elementCount(extents);
  if (extents.size() < 2)
    return IntegerConstant{count, nullptr};
  size_t divisor = builtin.name == "fan_in" ? extents.size() - 1 : extents.size() - 2;
  return IntegerConstant{count / extents[divisor].size, nullptr};
}

NNC_BUILTIN(builtinReshape) {
  std::optional<Tensor> value = tensor(inputs[0].value, Element::Float, "reshape", inputs[0].range);
  if (!value)
    return Poison{};
  Shape shape;
  for (const GivenArgument &setting : settings) {
    if (auto *whole = setting.value.get<ShapeConstant>()) {
      shape.insert(shape.end(), whole->shape.begin(), whole->shape.end());
      continue;
    }
    auto *size = setting.value.get<IntegerConstant>();
    if (setting.value.is<double>()) {
      report(Diag::BadDimension, setting.range, fmt::format("{}", setting.value.number()));
      return Poison{};
    }
    if (!size) {
      report(Diag::NotConstant, setting.range, "a dimension")
          .here(fmt::format("this is {}", describe(setting.value)));
      return Poison{};
    }
    if (size->value < 1) {
      report(Diag::BadDimension, setting.range, fmt::format("{}", size->value));
      return Poison{};
    }
    OriginPtr origin = size->origin;
    if (!origin || origin->text.empty())
      origin = makeOrigin(place(setting.range),
                          fmt::format("{} is a dimension of the new shape", size->value));
    shape.push_back({size->value, origin});
  }
  if (elementCount(shape) != elementCount(value->shape)) {
    DiagnosticBuilder builder =
        report(Diag::ReshapeElements, range, describe(value->shape), describe(shape));
    builder.note(fmt::format("{} = {} elements, {} = {}", product(value->shape),
                             elementCount(value->shape), product(shape), elementCount(shape)));
    addOrigins(builder, value->shape);
    return Poison{};
  }
  return reshape(*value, shape, range);
}

NNC_BUILTIN(builtinTranspose) {
  auto *given = inputs[0].value.get<Tensor>();
  if (!given || !usable(*given, range)) {
    if (!given)
      report(Diag::OperandType, inputs[0].range, builtin.name, describe(inputs[0].value));
    return Poison{};
  }
  Tensor value = *given;
  value.reduction = {};
  int64_t rank = int64_t(value.shape.size());
  std::vector<int64_t> permutation;
  for (const GivenArgument &setting : settings)
    if (auto *axis = setting.value.get<IntegerConstant>())
      permutation.push_back(axis->value);
  // Without settings the last two dimensions change places.
  if (settings.empty() && rank >= 2) {
    permutation.resize(size_t(rank));
    std::iota(permutation.begin(), permutation.end(), 0);
    std::swap(permutation[size_t(rank) - 1], permutation[size_t(rank) - 2]);
  }
  std::vector<int64_t> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  bool good = int64_t(permutation.size()) == rank;
  for (int64_t axis = 0; good && axis < rank; ++axis)
    good = sorted[size_t(axis)] == axis;
  if (!good) {
    report(Diag::BadPermutation, range, describe(value.element, value.shape));
    return Poison{};
  }
  return transpose(value, permutation, range);
}

NNC_BUILTIN(builtinSplit) {
  auto *value = inputs[0].value.get<Tensor>();
  auto *parts = settings[0].value.get<IntegerConstant>();
  if (!value || value->shape.empty() || !usable(*value, range)) {
    if (!value || value->shape.empty())
      report(Diag::OperandType, inputs[0].range, builtin.name, describe(inputs[0].value));
    return Poison{};
  }
  const Extent &extent = value->shape.back();
  if (!parts || parts->value < 1 || extent.size % parts->value != 0) {
    DiagnosticBuilder builder =
        report(Diag::SplitParts, settings[0].range, extent.size, describe(settings[0].value));
    addOrigins(builder, {extent});
    return Poison{};
  }
  int64_t size = extent.size / parts->value;
  OriginPtr origin = makeOrigin(
      place(range), fmt::format("{} = {} / {} by `split`", size, extent.size, parts->value));
  Group group;
  for (int64_t part = 0; part < parts->value; ++part)
    group.members.push_back(
        {"", range,
         std::make_shared<Entity>(
             slice(*value, int64_t(value->shape.size()) - 1, {size, origin}, part * size, range))});
  return group;
}

NNC_BUILTIN(builtinConcat) {
  std::vector<Tensor> parts;
  std::optional<int64_t> axis;
  for (const GivenArgument &input : inputs) {
    if (input.name == "dim") {
      if (auto *given = input.value.get<IntegerConstant>()) {
        axis = given->value;
        continue;
      }
      report(Diag::NotConstant, input.range, "`dim`");
      return Poison{};
    }
    if (!input.name.empty()) {
      report(Diag::UnknownArgument, input.range, builtin.name, "input", input.name)
          .note("it has dim");
      return Poison{};
    }
    std::vector<NamedEntity> members{{"", input.range, std::make_shared<Entity>(input.value)}};
    if (auto *group = input.value.get<Group>())
      members = group->members;
    for (const NamedEntity &member : members) {
      std::optional<Tensor> part = tensor(*member.value, Element::Float, builtin.name, input.range);
      if (!part)
        return Poison{};
      parts.push_back(*part);
    }
  }
  if (parts.empty())
    return Poison{};
  int64_t rank = int64_t(parts[0].shape.size());
  int64_t dim = axis.value_or(rank - 1);
  if (dim < 0 || dim >= rank) {
    report(Diag::IndexRange, range, dim, rank);
    return Poison{};
  }
  Shape shape = parts[0].shape;
  int64_t total = 0;
  std::string terms;
  for (const Tensor &part : parts) {
    bool fits = part.shape.size() == shape.size() && part.element == parts[0].element;
    for (size_t other = 0; fits && other < shape.size(); ++other)
      fits = int64_t(other) == dim || part.shape[other].size == shape[other].size;
    if (!fits) {
      DiagnosticBuilder builder =
          report(Diag::ConcatShapes, range, describe(parts[0].element, parts[0].shape),
                 describe(part.element, part.shape), dim);
      addOrigins(builder, parts[0].shape, &part.shape);
      addOrigins(builder, part.shape, &parts[0].shape);
      return Poison{};
    }
    total += part.shape[size_t(dim)].size;
    terms += fmt::format("{}{}", terms.empty() ? "" : " + ", part.shape[size_t(dim)].size);
  }
  if (parts.size() == 1)
    return parts[0];
  shape[size_t(dim)] = {total,
                        makeOrigin(place(range), fmt::format("{} = {} by `concat`", total, terms))};
  return emit("concat", parts, parts[0].element, shape, {{"dim", dim}}, range);
}

NNC_BUILTIN(builtinStack) {
  std::vector<GivenArgument> rows;
  for (const GivenArgument &input : inputs) {
    std::optional<Tensor> row = tensor(input.value, Element::Float, builtin.name, input.range);
    if (!row)
      return Poison{};
    Tensor value = convert(*row, Element::Float, input.range);
    Shape shape = value.shape;
    shape.insert(shape.begin(), {1, nullptr});
    rows.push_back({"", reshape(value, shape, range), input.range});
  }
  rows.push_back({"dim", IntegerConstant{0, nullptr}, range});
  Entity stacked = builtinConcat(builtin, {}, rows, range);
  if (auto *result = stacked.get<Tensor>()) {
    int64_t count = int64_t(inputs.size());
    result->shape[0] = {count,
                        makeOrigin(place(range), fmt::format("`stack` of {} values", count))};
  }
  return stacked;
}

NNC_BUILTIN(builtinReverse) {
  auto *value = inputs[0].value.get<Tensor>();
  if (!value || value->shape.empty()) {
    report(Diag::OperandType, inputs[0].range, builtin.name, describe(inputs[0].value));
    return Poison{};
  }
  if (!usable(*value, range))
    return Poison{};
  // A sequence's first dimension is its time.
  return emit("reverse", {*value}, value->element, value->shape,
              {{"dims", std::vector<int64_t>{0}}}, range);
}

NNC_BUILTIN(builtinSelect) {
  return select(inputs[0].value, inputs[1].value, inputs[2].value, range);
}

NNC_BUILTIN(builtinConvert) {
  const Entity &value = inputs[0].value;
  bool toFloat = builtin.name == "float";
  if (auto *truth = value.get<bool>())
    return toFloat ? Entity(*truth ? 1.0 : 0.0) : Entity(IntegerConstant{*truth ? 1 : 0, nullptr});
  if (value.isNumber())
    return toFloat ? Entity(value.number())
                   : Entity(IntegerConstant{int64_t(value.number()), nullptr});
  std::optional<Tensor> operand = tensor(value, Element::Float, builtin.name, inputs[0].range);
  if (!operand)
    return Poison{};
  return convert(*operand, toFloat ? Element::Float : Element::Int, range);
}

NNC_BUILTIN(builtinStopGradient) {
  const Entity &value = inputs[0].value;
  if (value.isNumber())
    return value;
  auto *operand = value.get<Tensor>();
  if (!operand) {
    report(Diag::OperandType, inputs[0].range, builtin.name, describe(value));
    return Poison{};
  }
  if (!usable(*operand, range))
    return Poison{};
  Tensor result = emit("stop_gradient", {*operand}, operand->element, operand->shape, {}, range);
  result.reduction = operand->reduction;
  result.classes = operand->classes;
  return result;
}

NNC_BUILTIN(builtinRandom) {
  bool initial = pass == initialize.get();
  // Each place has a stream of its own; those of the initial values and those of the steps never
  // meet.
  int64_t stream = 2 * pass->randomSites++ + (initial ? 0 : 1);
  Tensor seed = scalar("seed");
  Tensor counter = initial ? seed : scalar("step");
  std::string operation(builtin.name);
  if (auto *shape = inputs[0].value.get<ShapeConstant>())
    return emit(operation, {seed, counter}, Element::Float, shape->shape, {{"stream", stream}},
                range);
  auto *like = inputs[0].value.get<Tensor>();
  if (!like) {
    report(Diag::OperandType, inputs[0].range, builtin.name, describe(inputs[0].value));
    return Poison{};
  }
  if (!usable(*like, range))
    return Poison{};
  return emit(operation, {seed, counter, *like}, Element::Float, like->shape, {{"stream", stream}},
              range);
}

bool Elaborator::hasBatch(std::string_view builtin, SourceRange range) {
  if (pass != initialize.get())
    return true;
  report(Diag::InitialValue, range, fmt::format("`{}` needs a batch of examples", builtin));
  return false;
}

NNC_BUILTIN(builtinBatch) {
  std::optional<Tensor> operand =
      tensor(inputs[0].value, Element::Float, builtin.name, inputs[0].range);
  if (!operand || !hasBatch(builtin.name, range))
    return Poison{};
  return emit(std::string(builtin.name), {convert(*operand, Element::Float, range)}, Element::Float,
              operand->shape, {}, range);
}

NNC_BUILTIN(builtinBatchCount) {
  return hasBatch(builtin.name, range) ? emit("batch_count", {}, Element::Float, {}, {}, range)
                                       : Entity(Poison{});
}

NNC_BUILTIN(builtinIota) {
  auto *count = inputs[0].value.get<IntegerConstant>();
  if (!count) {
    report(Diag::NotConstant, inputs[0].range, "the length of `iota`");
    return Poison{};
  }
  if (count->value < 1 || count->value > maximumElements) {
    report(Diag::BadDimension, inputs[0].range, fmt::format("{}", count->value));
    return Poison{};
  }
  return emit("iota", {}, Element::Int, {{count->value, count->origin}}, {{"dim", int64_t(0)}},
              range);
}

NNC_BUILTIN(builtinWeights) {
  const Entity &of = inputs[0].value;
  LayerPtr layer;
  if (auto *known = of.get<LayerPtr>())
    layer = *known;
  else if (auto *callable = of.get<CallableEntity>();
           callable && callable->declaration &&
           callable->declaration->callable == CallableKind::Model) {
    auto found = pass->models.find(callable->declaration);
    layer = found == pass->models.end() ? nullptr : found->second;
    if (!layer || !layer->result) {
      report(Diag::WeightsBeforeUse, range, callable->declaration->name.text);
      return Poison{};
    }
  }
  if (!layer) {
    report(Diag::OperandType, inputs[0].range, builtin.name, describe(of));
    return Poison{};
  }
  // Frozen weights are left out: a penalty must not train them.
  std::set<std::string> trained;
  std::function<void(const Entity &)> collect = [&](const Entity &result) {
    if (auto *value = result.get<Tensor>(); value && value->graph == &pass->graph)
      trained.merge(pass->graph.differentiableArguments(value->id, ArgumentKind::Parameter));
    if (auto *group = result.get<Group>())
      for (const NamedEntity &member : group->members)
        collect(*member.value);
  };
  if (layer->result)
    collect(*layer->result);
  std::string prefix = layer->path();
  Group group;
  for (const ParameterInfo &parameter : program.parameters) {
    bool inside = prefix.empty() || parameter.path.compare(0, prefix.size() + 1, prefix + ".") == 0;
    std::optional<ValueId> argument =
        pass->graph.findArgument(ArgumentKind::Parameter, parameter.path);
    if (!inside || !argument || parameter.type.shape.size() < 2 || !trained.count(parameter.path))
      continue;
    Tensor value;
    value.graph = &pass->graph;
    value.id = *argument;
    value.shape = parameterOwners[parameter.path].second;
    group.members.push_back({"", range, std::make_shared<Entity>(value)});
  }
  return group;
}

#undef NNC_BUILTIN

} // namespace nnc::lang
