// Builtins that look at the shape of a tensor or give it another one.
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/graph/Padding.h"
#include "lang/elaborate/signatures/Sizes.h"

#include <algorithm>
#include <numeric>

namespace nnc::lang::builtins {

static Entity sizeOf(const BuiltinCall &call) {
  const Entity &value = call.inputs[0].value;
  const Shape *shape = value.is<Tensor>()          ? &value.get<Tensor>()->shape
                       : value.is<ShapeConstant>() ? &value.get<ShapeConstant>()->shape
                                                   : nullptr;
  if (value.isNumber())
    return IntegerConstant{1, nullptr};
  if (!shape)
    return call.wrongOperand(call.inputs[0]);
  int64_t count = elementCount(*shape);
  std::string text =
      shape->size() > 1 ? fmt::format("{} = {} elements", count, product(*shape)) : "";
  OriginPtr origin = shape->size() == 1 && !(*shape)[0].origin ? nullptr
                     : shape->size() == 1 ? (*shape)[0].origin
                                          : makeOrigin(call.environment.place(call.range), text);
  if (shape->size() > 1 && std::any_of(shape->begin(), shape->end(), [](const Extent &extent) {
        return isOfPadded(extent.origin);
      }))
    origin = withPaddedSize(origin);
  return IntegerConstant{count, origin};
}

static Entity rankOf(const BuiltinCall &call) {
  if (auto *value = call.inputs[0].value.get<Tensor>())
    return IntegerConstant{int64_t(value->shape.size()), nullptr};
  if (auto *shape = call.inputs[0].value.get<ShapeConstant>())
    return IntegerConstant{int64_t(shape->shape.size()), nullptr};
  return call.wrongOperand(call.inputs[0]);
}

static Entity shapeOf(const BuiltinCall &call) {
  if (auto *value = call.inputs[0].value.get<Tensor>())
    return ShapeConstant{value->shape};
  return call.wrongOperand(call.inputs[0]);
}

static Entity fan(const BuiltinCall &call) {
  auto *shape = call.inputs[0].value.get<ShapeConstant>();
  if (!shape)
    return call.wrongOperand(call.inputs[0]);
  const Shape &extents = shape->shape;
  int64_t count = elementCount(extents);
  if (extents.size() < 2)
    return IntegerConstant{count, nullptr};
  size_t divisor = call.builtin.name == "fan_in" ? extents.size() - 1 : extents.size() - 2;
  return IntegerConstant{count / extents[divisor].size, nullptr};
}

static Entity reshape(const BuiltinCall &call) {
  std::optional<Tensor> value =
      call.emitter.tensor(call.inputs[0].value, Element::Float, "reshape", call.inputs[0].range);
  if (!value)
    return Poison{};
  std::optional<Shape> given =
      readSizes(call.environment, call.settings, elementCount(value->shape));
  if (!given)
    return Poison{};
  const Shape &shape = *given;
  if (elementCount(shape) != elementCount(value->shape)) {
    DiagnosticBuilder builder = call.environment.report(Diag::ReshapeElements, call.range,
                                                        describe(value->shape), describe(shape));
    builder.note(fmt::format("{} = {} elements, {} = {}", product(value->shape),
                             elementCount(value->shape), product(shape), elementCount(shape)));
    call.environment.addOrigins(builder, value->shape);
    return Poison{};
  }
  return call.emitter.reshape(*value, shape, call.range);
}

static Entity transpose(const BuiltinCall &call) {
  auto *given = call.inputs[0].value.get<Tensor>();
  if (!given || !call.emitter.usable(*given, call.range)) {
    if (!given)
      call.environment.report(Diag::OperandType, call.inputs[0].range, call.builtin.name,
                              describe(call.inputs[0].value));
    return Poison{};
  }
  Tensor value = *given;
  value.reduction = {};
  int64_t rank = int64_t(value.shape.size());
  std::vector<int64_t> permutation;
  for (const GivenArgument &setting : call.settings)
    if (auto *axis = setting.value.get<IntegerConstant>())
      permutation.push_back(axis->value);
  // Without settings the last two dimensions change places.
  if (call.settings.empty() && rank >= 2) {
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
    call.environment.report(Diag::BadPermutation, call.range, describe(value.element, value.shape));
    return Poison{};
  }
  return call.emitter.transpose(value, permutation, call.range);
}

static Entity split(const BuiltinCall &call) {
  auto *value = call.inputs[0].value.get<Tensor>();
  auto *parts = call.settings[0].value.get<IntegerConstant>();
  if (!value || value->shape.empty() || !call.emitter.usable(*value, call.range)) {
    if (!value || value->shape.empty())
      call.environment.report(Diag::OperandType, call.inputs[0].range, call.builtin.name,
                              describe(call.inputs[0].value));
    return Poison{};
  }
  const Extent &extent = value->shape.back();
  if (!parts || parts->value < 1 || extent.size % parts->value != 0) {
    DiagnosticBuilder builder = call.environment.report(
        Diag::SplitParts, call.settings[0].range, extent.size, describe(call.settings[0].value));
    call.environment.addOrigins(builder, {extent});
    return Poison{};
  }
  int64_t size = extent.size / parts->value;
  OriginPtr origin =
      makeOrigin(call.environment.place(call.range),
                 fmt::format("{} = {} / {} by `split`", size, extent.size, parts->value));
  Group group;
  for (int64_t part = 0; part < parts->value; ++part)
    group.members.push_back(
        {"", call.range,
         std::make_shared<Entity>(call.emitter.slice(*value, int64_t(value->shape.size()) - 1,
                                                     {size, origin}, part * size, call.range))});
  return group;
}

/// Tensors that are given one by one or in lists, and the dimension that `dim` names.
struct Parts {
  std::vector<Tensor> tensors;
  std::optional<int64_t> dim;
};

static std::optional<Parts> readParts(const BuiltinCall &call) {
  Parts parts;
  for (const GivenArgument &input : call.inputs) {
    if (input.name == "dim") {
      if (auto *given = input.value.get<IntegerConstant>()) {
        parts.dim = given->value;
        continue;
      }
      call.environment.report(Diag::NotConstant, input.range, "`dim`");
      return std::nullopt;
    }
    if (!input.name.empty()) {
      DiagnosticBuilder builder = call.environment.report(
          Diag::UnknownArgument, input.nameRange.valid() ? input.nameRange : input.range,
          call.builtin.name, "input", input.name);
      constexpr std::string_view known[] = {"dim"};
      if (!builder.suggest(NameKind::Argument, input.name, known))
        builder.note("it has dim");
      return std::nullopt;
    }
    std::vector<NamedEntity> members{{"", input.range, std::make_shared<Entity>(input.value)}};
    if (auto *group = input.value.get<Group>())
      members = group->members;
    for (const NamedEntity &member : members) {
      std::optional<Tensor> part =
          call.emitter.tensor(*member.value, Element::Float, call.builtin.name, input.range);
      if (!part)
        return std::nullopt;
      parts.tensors.push_back(*part);
    }
  }
  if (parts.tensors.empty()) {
    call.environment.report(Diag::OperandType, call.range, call.builtin.name, "an empty list");
    return std::nullopt;
  }
  return parts;
}

/// A dimension of `rank`, counted from the end where it is negative; else nothing, with an error.
static std::optional<int64_t> dimensionAt(const BuiltinCall &call, int64_t dim, int64_t rank) {
  if (dim >= -rank && dim < rank)
    return dim < 0 ? dim + rank : dim;
  call.environment.report(Diag::IndexRange, call.range, dim, rank);
  return std::nullopt;
}

static Entity join(const BuiltinCall &call, const std::vector<Tensor> &parts, int64_t dim) {
  Shape shape = parts[0].shape;
  int64_t total = 0;
  std::string terms;
  for (const Tensor &part : parts) {
    bool fits = part.shape.size() == shape.size() && part.element == parts[0].element;
    for (size_t other = 0; fits && other < shape.size(); ++other)
      fits = int64_t(other) == dim || part.shape[other].size == shape[other].size;
    if (!fits) {
      DiagnosticBuilder builder = call.environment.report(
          Diag::ConcatShapes, call.range, describe(parts[0].element, parts[0].shape),
          describe(part.element, part.shape), dim);
      call.environment.addOrigins(builder, parts[0].shape, &part.shape);
      call.environment.addOrigins(builder, part.shape, &parts[0].shape);
      return Poison{};
    }
    total += part.shape[size_t(dim)].size;
    terms += fmt::format("{}{}", terms.empty() ? "" : " + ", part.shape[size_t(dim)].size);
  }
  if (parts.size() == 1)
    return parts[0];
  shape[size_t(dim)] = {
      total, makeOrigin(call.environment.place(call.range),
                        fmt::format("{} = {} by `{}`", total, terms, call.builtin.name))};
  return call.emitter.emit("concat", parts, parts[0].element, shape, {{"dim", dim}}, call.range);
}

static Entity concat(const BuiltinCall &call) {
  std::optional<Parts> parts = readParts(call);
  if (!parts)
    return Poison{};
  for (Tensor &part : parts->tensors)
    if (part.shape.empty())
      part = call.emitter.reshape(part, {{1, nullptr}}, call.range);
  std::optional<int64_t> dim =
      dimensionAt(call, parts->dim.value_or(-1), int64_t(parts->tensors[0].shape.size()));
  return dim ? join(call, parts->tensors, *dim) : Entity(Poison{});
}

static Entity stack(const BuiltinCall &call) {
  std::optional<Parts> parts = readParts(call);
  if (!parts)
    return Poison{};
  std::optional<int64_t> dim =
      dimensionAt(call, parts->dim.value_or(0), int64_t(parts->tensors[0].shape.size()) + 1);
  if (!dim)
    return Poison{};
  for (Tensor &part : parts->tensors) {
    part = call.emitter.convert(part, Element::Float, call.range);
    Shape shape = part.shape;
    shape.insert(shape.begin() + std::min(*dim, int64_t(shape.size())), {1, nullptr});
    part = call.emitter.reshape(part, shape, call.range);
  }
  Entity stacked = join(call, parts->tensors, *dim);
  if (auto *result = stacked.get<Tensor>()) {
    int64_t count = int64_t(parts->tensors.size());
    result->shape[size_t(*dim)] = {count, makeOrigin(call.environment.place(call.range),
                                                     fmt::format("`stack` of {} values", count))};
  }
  return stacked;
}

/// The tensor of a function that has a whole number as its first setting and `dim` as its second.
struct AlongDimension {
  Tensor value;
  int64_t number, dim;
};

static std::optional<AlongDimension> readAlong(const BuiltinCall &call, std::string_view first) {
  AlongDimension along{{}, 0, 0};
  bool given = false;
  for (const GivenArgument &setting : call.settings) {
    bool isDim = setting.name.empty() ? given : setting.name == "dim";
    auto *number = setting.value.get<IntegerConstant>();
    if ((!setting.name.empty() && setting.name != "dim" && setting.name != first) || !number) {
      call.environment.report(Diag::WindowSettings, setting.range, call.builtin.name,
                              fmt::format("its settings are whole numbers, `{}` and `dim`", first));
      return std::nullopt;
    }
    (isDim ? along.dim : along.number) = number->value;
    given = true;
  }
  auto *value = call.inputs[0].value.get<Tensor>();
  if (!value || value->shape.empty()) {
    call.needsDimension(call.inputs[0]);
    return std::nullopt;
  }
  if (!call.emitter.usable(*value, call.range))
    return std::nullopt;
  std::optional<int64_t> dim = dimensionAt(call, along.dim, int64_t(value->shape.size()));
  if (!dim)
    return std::nullopt;
  along.dim = *dim;
  along.value = *value;
  along.value.reduction = {};
  return along;
}

static Entity roll(const BuiltinCall &call) {
  std::optional<AlongDimension> along = readAlong(call, "shift");
  if (!along)
    return Poison{};
  const Extent extent = along->value.shape[size_t(along->dim)];
  int64_t shift = ((along->number % extent.size) + extent.size) % extent.size;
  if (shift == 0)
    return along->value;
  Tensor end = call.emitter.slice(along->value, along->dim, {shift, nullptr}, extent.size - shift,
                                  call.range);
  Tensor begin =
      call.emitter.slice(along->value, along->dim, {extent.size - shift, nullptr}, 0, call.range);
  Entity result = join(call, {end, begin}, along->dim);
  if (auto *tensor = result.get<Tensor>())
    tensor->shape[size_t(along->dim)] = extent;
  return result;
}

static Entity repeat(const BuiltinCall &call) {
  std::optional<AlongDimension> along = readAlong(call, "times");
  if (!along)
    return Poison{};
  if (along->number < 1 || along->number > maximumElements) {
    call.environment.report(Diag::BadDimension, call.range, fmt::format("{}", along->number));
    return Poison{};
  }
  // The copies are a dimension of their own at first.
  Shape shape = along->value.shape;
  std::vector<int64_t> axes(shape.size());
  for (size_t axis = 0; axis < axes.size(); ++axis)
    axes[axis] = int64_t(axis) + (int64_t(axis) >= along->dim);
  shape.insert(shape.begin() + along->dim, {along->number, nullptr});
  Tensor copies = call.emitter.broadcast(along->value, shape, axes, call.range);
  shape = along->value.shape;
  Extent &extent = shape[size_t(along->dim)];
  int64_t size = extent.size * along->number;
  extent = {size,
            makeOrigin(call.environment.place(call.range),
                       fmt::format("{} = {} * {} by `repeat`", size, along->number, extent.size))};
  return call.emitter.reshape(copies, shape, call.range);
}

static Entity squeeze(const BuiltinCall &call) {
  auto *value = call.inputs[0].value.get<Tensor>();
  if (!value)
    return call.inputs[0].value.isNumber() ? call.inputs[0].value
                                           : call.wrongOperand(call.inputs[0]);
  if (!call.emitter.usable(*value, call.range))
    return Poison{};
  Shape shape;
  for (const Extent &extent : value->shape)
    if (extent.size != 1)
      shape.push_back(extent);
  return call.emitter.reshape(*value, shape, call.range);
}

static Entity reverse(const BuiltinCall &call) {
  auto *value = call.inputs[0].value.get<Tensor>();
  if (!value || value->shape.empty())
    return call.needsDimension(call.inputs[0]);
  if (!call.emitter.usable(*value, call.range))
    return Poison{};
  // A sequence's first dimension is its time.
  return Padding(call.environment, call.emitter).reverse(*value, 0, call.range);
}

/// The first or the last element of a sequence.
static Entity end(const BuiltinCall &call) {
  auto *value = call.inputs[0].value.get<Tensor>();
  if (!value || value->shape.empty())
    return call.needsDimension(call.inputs[0]);
  if (!call.emitter.usable(*value, call.range))
    return Poison{};
  Padding padding(call.environment, call.emitter);
  return call.builtin.name == "last" ? padding.last(*value, 0, call.range)
                                     : padding.first(*value, 0, call.range);
}

static constexpr Builtin shapeTable[] = {
    {"size", false, 1, 1, sizeOf},         {"rank", false, 1, 1, rankOf},
    {"shape", false, 1, 1, shapeOf},       {"fan_in", false, 1, 1, fan},
    {"fan_out", false, 1, 1, fan},         {"reshape", true, 0, -1, reshape},
    {"transpose", true, 0, -1, transpose}, {"split", true, 1, 1, split},
    {"concat", false, 1, -1, concat},      {"stack", false, 1, -1, stack},
    {"reverse", false, 1, 1, reverse},     {"roll", true, 1, 2, roll},
    {"repeat", true, 1, 2, repeat},        {"squeeze", false, 1, 1, squeeze},
    {"first", false, 1, 1, end},           {"last", false, 1, 1, end},
};
const std::span<const Builtin> shapeFunctions = shapeTable;

} // namespace nnc::lang::builtins
