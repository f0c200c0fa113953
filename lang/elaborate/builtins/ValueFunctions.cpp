// Builtins that compute values: reductions, choices, conversions, the batch.
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/environment/Patterns.h"

#include <functional>
#include <numeric>
#include <set>

namespace nnc::lang::builtins {

/// Whether the reduction of a single number is that number.
static bool simpleOfNumber(std::string_view reducer) {
  return reducer == "sum" || reducer == "mean" || reducer == "prod" || reducer == "max" ||
         reducer == "min";
}

static Entity reduce(const BuiltinCall &call) {
  if (call.inputs[0].value.isNumber() && simpleOfNumber(call.builtin.name))
    return call.inputs[0].value;
  Entity input = call.emitter.listed(call.inputs[0].value, call.inputs[0].range);
  auto *value = input.get<Tensor>();
  if (!value)
    return call.wrongOperand(call.inputs[0]);
  if (!call.emitter.usable(*value, call.range))
    return Poison{};
  std::vector<int64_t> axes(value->shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  Entity result =
      call.reductions.reduceAxes(std::string(call.builtin.name), *value, axes, call.range);
  // Nothing is left of the shape that an operation could find again.
  if (auto *tensor = result.get<Tensor>())
    tensor->reduction = {};
  return result;
}

/// An error of initial values, which have no batch.
static bool hasBatch(const BuiltinCall &call) {
  if (!call.emitter.initializing())
    return true;
  call.environment.report(Diag::InitialValue, call.range,
                          fmt::format("`{}` needs a batch of examples", call.builtin.name));
  return false;
}

static Entity select(const BuiltinCall &call) {
  return call.operators.select(call.inputs[0].value, call.inputs[1].value, call.inputs[2].value,
                               call.range);
}

static Entity convert(const BuiltinCall &call) {
  const Entity &value = call.inputs[0].value;
  bool toFloat = call.builtin.name == "float";
  if (auto *truth = value.get<bool>())
    return toFloat ? Entity(*truth ? 1.0 : 0.0) : Entity(IntegerConstant{*truth ? 1 : 0, nullptr});
  if (value.isNumber())
    return toFloat ? Entity(value.number())
                   : Entity(IntegerConstant{int64_t(value.number()), nullptr});
  std::optional<Tensor> operand =
      call.emitter.tensor(value, Element::Float, call.builtin.name, call.inputs[0].range);
  if (!operand)
    return Poison{};
  return call.emitter.convert(*operand, toFloat ? Element::Float : Element::Int, call.range);
}

static Entity stopGradient(const BuiltinCall &call) {
  const Entity &value = call.inputs[0].value;
  if (value.isNumber())
    return value;
  auto *operand = value.get<Tensor>();
  if (!operand)
    return call.wrongOperand(call.inputs[0]);
  if (!call.emitter.usable(*operand, call.range))
    return Poison{};
  Tensor result = call.emitter.emit("stop_gradient", {*operand}, operand->element, operand->shape,
                                    {}, call.range);
  result.reduction = operand->reduction;
  result.classes = operand->classes;
  return result;
}

static Entity batch(const BuiltinCall &call) {
  std::optional<Tensor> operand = call.emitter.tensor(call.inputs[0].value, Element::Float,
                                                      call.builtin.name, call.inputs[0].range);
  if (!operand || !hasBatch(call))
    return Poison{};
  // Labels and texts have a next example too.
  if (call.builtin.name != "batch_next")
    operand = call.emitter.convert(*operand, Element::Float, call.range);
  Tensor result = call.emitter.emit(std::string(call.builtin.name), {*operand}, operand->element,
                                    operand->shape, {}, call.range);
  result.classes = operand->classes;
  return result;
}

static Entity batchCount(const BuiltinCall &call) {
  return hasBatch(call) ? call.emitter.emit("batch_count", {}, Element::Float, {}, {}, call.range)
                        : Entity(Poison{});
}

/// Running sums along the first dimension, which is a sequence's time.
static Entity cumsum(const BuiltinCall &call) {
  auto *value = call.inputs[0].value.get<Tensor>();
  if (!value || value->shape.empty())
    return call.needsDimension(call.inputs[0]);
  return call.reductions.reduceAxes("cumsum", *value, {0}, call.range);
}

/// Along the last dimension.
static Entity argsort(const BuiltinCall &call) {
  auto *value = call.inputs[0].value.get<Tensor>();
  if (!value || value->shape.empty())
    return call.needsDimension(call.inputs[0]);
  if (!call.emitter.usable(*value, call.range))
    return Poison{};
  Tensor numbers = value->element == Element::Int
                       ? *value
                       : call.emitter.convert(*value, Element::Float, call.range);
  return call.emitter.emit("argsort", {numbers}, Element::Int, numbers.shape,
                           {{"dim", int64_t(numbers.shape.size()) - 1}}, call.range);
}

/// The patterns of a text or a list of texts; std::nullopt if there is anything else.
static std::optional<std::vector<Identifier>> patternsOf(const GivenArgument &argument) {
  std::vector<Identifier> patterns;
  auto add = [&](const Entity &one) {
    auto *text = one.get<std::string>();
    if (text)
      patterns.push_back({*text, argument.range});
    return text != nullptr;
  };
  auto *list = argument.value.get<Group>();
  if (!list)
    return add(argument.value) ? std::optional(patterns) : std::nullopt;
  for (const NamedEntity &member : list->members)
    if (!add(*member.value))
      return std::nullopt;
  return patterns;
}

/// Of a model or a layer: the trained parameters that patterns mean, else the trained matrices.
static Entity weights(const BuiltinCall &call) {
  const Entity &of = call.inputs[0].value;
  LayerPtr layer;
  if (auto *known = of.get<LayerPtr>())
    layer = *known;
  else if (auto *callable = of.get<CallableEntity>();
           callable && callable->declaration &&
           callable->declaration->callable == CallableKind::Model) {
    auto found = call.emitter.pass->models.find(callable->declaration);
    layer = found == call.emitter.pass->models.end() ? nullptr : found->second;
    if (!layer || !layer->result) {
      call.environment.report(Diag::WeightsBeforeUse, call.range, callable->declaration->name.text);
      return Poison{};
    }
  }
  if (!layer)
    return call.wrongOperand(call.inputs[0]);
  std::optional<std::vector<Identifier>> patterns;
  if (call.inputs.size() > 1) {
    patterns = patternsOf(call.inputs[1]);
    if (!patterns)
      return call.wrongOperand(call.inputs[1]);
    std::vector<std::string> paths;
    for (const ParameterInfo &parameter : call.instances.parameters())
      paths.push_back(parameter.path);
    for (const Identifier &pattern : *patterns)
      checkPattern(call.environment.diagnostics, pattern.text, pattern.range, paths);
  }
  // Frozen weights are left out: a penalty must not train them.
  std::set<std::string> trained;
  std::function<void(const Entity &)> collect = [&](const Entity &result) {
    if (auto *value = result.get<Tensor>(); value && value->graph == &call.emitter.pass->graph)
      trained.merge(
          call.emitter.pass->graph.differentiableArguments(value->id, ArgumentKind::Parameter));
    if (auto *group = result.get<Group>())
      for (const NamedEntity &member : group->members)
        collect(*member.value);
  };
  if (layer->result)
    collect(*layer->result);
  std::string prefix = layer->path();
  Group group;
  for (const ParameterInfo &parameter : call.instances.parameters()) {
    bool inside = prefix.empty() || parameter.path.compare(0, prefix.size() + 1, prefix + ".") == 0;
    std::optional<ValueId> argument =
        call.emitter.pass->graph.findArgument(ArgumentKind::Parameter, parameter.path);
    const bool meant =
        patterns ? matchesAny(*patterns, parameter.path) : parameter.type.shape.size() >= 2;
    if (!inside || !argument || !meant || !trained.count(parameter.path) ||
        matchesAny(call.emitter.pass->frozen, parameter.path))
      continue;
    Tensor value;
    value.graph = &call.emitter.pass->graph;
    value.id = *argument;
    value.shape = *call.instances.findParameter(parameter.path);
    group.members.push_back({"", call.range, std::make_shared<Entity>(value)});
  }
  return group;
}

static constexpr Builtin valueTable[] = {
    {"sum", false, 1, 1, reduce},          {"mean", false, 1, 1, reduce},
    {"prod", false, 1, 1, reduce},         {"max", false, 1, 1, reduce},
    {"min", false, 1, 1, reduce},          {"argmax", false, 1, 1, reduce},
    {"argmin", false, 1, 1, reduce},       {"any", false, 1, 1, reduce},
    {"all", false, 1, 1, reduce},          {"var", false, 1, 1, reduce},
    {"std", false, 1, 1, reduce},          {"norm", false, 1, 1, reduce},
    {"cumsum", false, 1, 1, cumsum},       {"argsort", false, 1, 1, argsort},
    {"select", false, 3, 3, select},       {"float", false, 1, 1, convert},
    {"int", false, 1, 1, convert},         {"stop_gradient", false, 1, 1, stopGradient},
    {"freeze", false, 1, 1, stopGradient},

    {"batch_mean", false, 1, 1, batch},    {"batch_sum", false, 1, 1, batch},
    {"batch_next", false, 1, 1, batch},    {"batch_count", false, 0, 0, batchCount},

    {"weights", false, 1, 2, weights},
};
const std::span<const Builtin> valueFunctions = valueTable;

} // namespace nnc::lang::builtins
