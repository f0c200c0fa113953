// Derivatives inside a program: `grad` becomes the operation that the training step's gradient is.
#include "lang/elaborate/builtins/Builtins.h"

namespace nnc::lang::builtins {

/// The user's name for a value, in quotes, or else what it is.
static std::string named(const Tensor &value) {
  const std::string &name = value.graph->function.values[value.id].name;
  return name.empty() ? "this " + describe(Entity(value)) : "`" + name + "`";
}

/// The number that is differentiated; null, with an error, if it cannot be.
static const Tensor *differentiated(const BuiltinCall &call) {
  const GivenArgument &given = call.inputs[0];
  auto *value = given.value.get<Tensor>();
  if (value && value->element == Element::Float && value->shape.empty())
    return call.emitter.usable(*value, call.range) ? value : nullptr;
  if (given.value.poisoned())
    return nullptr;
  DiagnosticBuilder builder = call.environment.report(Diag::DerivativeOf, given.range,
                                                      call.builtin.name, describe(given.value));
  if (value && !value->shape.empty())
    builder.help("`sum(...)` makes one number of it, and an index picks one of its elements");
  else
    builder.note("derivatives are of `float` values that are computed in the program");
  return nullptr;
}

/// Whether `y` has a derivative by `x`; an error if not.
static bool checkPath(const BuiltinCall &call, const Tensor &y, const Tensor &x,
                      SourceRange range) {
  Graph &graph = call.emitter.pass->graph;
  Graph::Path path = graph.path(x.id, y.id);
  if (!path.exists) {
    DiagnosticBuilder builder =
        call.environment.report(Diag::DerivativeBy, range, named(y), named(x));
    builder.label(call.environment.place(graph.function.values[y.id].range),
                  "computed here, from other values");
    builder.help("bind the value to a name first, compute with the name, and differentiate by it: "
                 "`t = x[0]`, `y = f(t)`, `grad(y, t)`");
    return false;
  }
  if (path.combinesExamples && !graph.differsBetweenExamples(x.id)) {
    call.environment
        .report(Diag::DerivativeOverBatch, range, call.builtin.name,
                fmt::format("all examples share {}, and on its way to {} the batch is combined",
                            named(x), named(y)))
        .note("through `batch_mean`, `batch_sum` and layers that use them, such as `batch_norm` in "
              "training, derivatives are by values of each example");
    return false;
  }
  return true;
}

static Entity grad(const BuiltinCall &call) {
  const Tensor *y = differentiated(call);
  if (!y)
    return Poison{};
  Graph &graph = call.emitter.pass->graph;
  const GivenArgument &by = call.inputs[1];
  auto *group = by.value.get<Group>();
  std::vector<Tensor> values;
  auto add = [&](const Entity &entity, SourceRange range) {
    auto *x = entity.get<Tensor>();
    if (!x || x->element != Element::Float) {
      if (!entity.poisoned())
        call.wrongOperand({"", entity, range});
      return false;
    }
    if (!call.emitter.usable(*x, range) || !checkPath(call, *y, *x, range))
      return false;
    values.push_back(*x);
    return true;
  };
  if (!graph.differsBetweenExamples(y->id) && graph.dependsOnBatch(y->id)) {
    call.environment
        .report(Diag::DerivativeOverBatch, call.inputs[0].range, call.builtin.name,
                fmt::format("{} combines the examples of the batch", named(*y)))
        .help("differentiate the value of one example, and combine the derivatives: "
              "`batch_mean(grad(y, x))`");
    return Poison{};
  }
  if (group) {
    for (const NamedEntity &member : group->members)
      if (!add(*member.value, by.range))
        return Poison{};
  } else if (!add(by.value, by.range)) {
    return Poison{};
  }
  std::vector<ValueId> operands{y->id};
  std::vector<Type> types;
  for (const Tensor &x : values) {
    operands.push_back(x.id);
    types.push_back({Element::Float, sizes(x.shape), 0});
  }
  if (values.empty())
    return call.wrongOperand(by);
  std::vector<ValueId> ids = graph.addMany("gradient", std::move(operands), types, {},
                                           call.environment.place(call.range));
  for (size_t index = 0; index < values.size(); ++index)
    values[index].id = ids[index];
  if (!group)
    return values[0];
  Group results;
  for (size_t index = 0; index < values.size(); ++index)
    results.members.push_back({group->members[index].name, group->members[index].range,
                               std::make_shared<Entity>(values[index])});
  return results;
}

static constexpr Builtin derivativeTable[] = {
    {"grad", false, 2, 2, grad},
};
const std::span<const Builtin> derivativeFunctions = derivativeTable;

} // namespace nnc::lang::builtins
