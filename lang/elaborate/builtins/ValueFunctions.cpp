// Builtins that compute values: reductions, choices, conversions, random numbers, the batch.
#include "lang/elaborate/builtins/Builtins.h"

#include <functional>
#include <numeric>
#include <set>

namespace nnc::lang::builtins {

static Entity reduce(const BuiltinCall &call) {
  if (call.inputs[0].value.isNumber() && call.builtin.name != "argmax")
    return call.inputs[0].value;
  auto *value = call.inputs[0].value.get<Tensor>();
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

static Entity random(const BuiltinCall &call) {
  bool initial = call.emitter.initializing();
  // Each place has a stream of its own; those of the initial values and those of the steps never
  // meet.
  int64_t stream = 2 * call.emitter.pass->randomSites++ + (initial ? 0 : 1);
  Tensor seed = call.emitter.scalar("seed");
  Tensor counter = initial ? seed : call.emitter.scalar("step");
  std::string operation(call.builtin.name);
  if (auto *shape = call.inputs[0].value.get<ShapeConstant>())
    return call.emitter.emit(operation, {seed, counter}, Element::Float, shape->shape,
                             {{"stream", stream}}, call.range);
  auto *like = call.inputs[0].value.get<Tensor>();
  if (!like)
    return call.wrongOperand(call.inputs[0]);
  if (!call.emitter.usable(*like, call.range))
    return Poison{};
  return call.emitter.emit(operation, {seed, counter, *like}, Element::Float, like->shape,
                           {{"stream", stream}}, call.range);
}

static Entity batch(const BuiltinCall &call) {
  std::optional<Tensor> operand = call.emitter.tensor(call.inputs[0].value, Element::Float,
                                                      call.builtin.name, call.inputs[0].range);
  if (!operand || !hasBatch(call))
    return Poison{};
  return call.emitter.emit(std::string(call.builtin.name),
                           {call.emitter.convert(*operand, Element::Float, call.range)},
                           Element::Float, operand->shape, {}, call.range);
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
  Tensor numbers = call.emitter.convert(*value, Element::Float, call.range);
  return call.emitter.emit("cumulative_sum", {numbers}, Element::Float, numbers.shape,
                           {{"dim", int64_t(0)}}, call.range);
}

static Entity iota(const BuiltinCall &call) {
  auto *count = call.inputs[0].value.get<IntegerConstant>();
  if (!count) {
    call.environment.report(Diag::NotConstant, call.inputs[0].range, "the length of `iota`");
    return Poison{};
  }
  if (count->value < 1 || count->value > maximumElements) {
    call.environment.report(Diag::BadDimension, call.inputs[0].range,
                            fmt::format("{}", count->value));
    return Poison{};
  }
  return call.emitter.emit("iota", {}, Element::Int, {{count->value, count->origin}},
                           {{"dim", int64_t(0)}}, call.range);
}

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
    if (!inside || !argument || parameter.type.shape.size() < 2 || !trained.count(parameter.path))
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
    {"sum", false, 1, 1, reduce},
    {"mean", false, 1, 1, reduce},
    {"prod", false, 1, 1, reduce},
    {"max", false, 1, 1, reduce},
    {"min", false, 1, 1, reduce},
    {"argmax", false, 1, 1, reduce},
    {"cumsum", false, 1, 1, cumsum},
    {"select", false, 3, 3, select},
    {"float", false, 1, 1, convert},
    {"int", false, 1, 1, convert},
    {"stop_gradient", false, 1, 1, stopGradient},
    {"freeze", false, 1, 1, stopGradient},
    {"random_uniform", false, 1, 1, random},
    {"random_normal", false, 1, 1, random},
    {"batch_mean", false, 1, 1, batch},
    {"batch_sum", false, 1, 1, batch},
    {"batch_count", false, 0, 0, batchCount},
    {"iota", false, 1, 1, iota},
    {"weights", false, 1, 1, weights},
};
const std::span<const Builtin> valueFunctions = valueTable;

} // namespace nnc::lang::builtins
