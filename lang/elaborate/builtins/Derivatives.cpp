// Derivatives inside a program: `grad` becomes the operation that the training step's gradient is,
// `jvp` two of them.
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/graph/Padding.h"
#include "lang/support/Names.h"

#include <numeric>

namespace nnc::lang::builtins {

/// Operations that take parts of a value or move them.
static constexpr std::string_view rearranging[] = {"slice", "reshape", "gather", "transpose"};

/// The text of an argument in quotes, if it is short.
static std::string quoted(SourceRange range) {
  std::string_view text = range.text();
  bool isShort = !text.empty() && text.size() <= 40 && text.find('\n') == std::string_view::npos;
  return isShort ? fmt::format("`{}`", text) : "this value";
}

static const Tensor *floatValue(const Entity &entity) {
  auto *value = entity.get<Tensor>();
  return value && value->element == Element::Float ? value : nullptr;
}

/// The float that stands at an argument of the call; null, with an error, if there is none.
static const Tensor *floatArgument(const BuiltinCall &call, const Entity &entity,
                                   SourceRange range) {
  const Tensor *value = floatValue(entity);
  if (!value && !entity.poisoned())
    call.environment.report(Diag::OperandType, range, call.builtin.name, describe(entity))
        .note("derivatives are of and by `float` values that are computed in the program");
  return value && call.emitter.usable(*value, range) ? value : nullptr;
}

/// False, with an error, if `y` is a value of the whole batch.
static bool checkOfExample(const BuiltinCall &call, const Tensor &y, SourceRange range) {
  Graph &graph = call.emitter.pass->graph;
  if (graph.differsBetweenExamples(y.id) || !graph.dependsOnBatch(y.id))
    return true;
  call.environment
      .report(Diag::DerivativeOverBatch, range, call.builtin.name,
              quoted(range) + " combines the examples of the batch")
      .help("differentiate the value of one example, and combine the derivatives: "
            "`batch_mean(grad(y, x))`");
  return false;
}

/// Says how a derivative by a value from which `y` is not computed can be had nevertheless.
static void helpWithSource(DiagnosticBuilder &builder, const Graph &graph, const Tensor &y,
                           const Tensor &x, SourceRange of) {
  ValueId source = x.id;
  for (const Operation *step = graph.producer(source); step && contains(rearranging, step->name);
       step = graph.producer(source)) {
    source = step->operands[0];
    const std::string &name = graph.function.values[source].name;
    if (name.empty() || !graph.path(source, y.id).exists)
      continue;
    builder.help(fmt::format("{} is computed from `{}`; the derivative by that has one number for "
                             "each element: `grad({}, {})`",
                             quoted(of), name, of.text(), name));
    return;
  }
  builder.help("bind the value to a name, and compute with that name what is differentiated: "
               "`t = x[0]`, `y = f(t)`, `grad(y, t)`");
}

/// Whether `y` has a derivative by `x`; an error if not.
static bool checkPath(const BuiltinCall &call, const Tensor &y, const Tensor &x,
                      SourceRange range) {
  std::string ofText = quoted(call.inputs[0].range), byText = quoted(range);
  Graph &graph = call.emitter.pass->graph;
  Graph::Path path = graph.path(x.id, y.id);
  if (!path.exists) {
    DiagnosticBuilder builder = call.environment.report(Diag::DerivativeBy, range, ofText, byText);
    builder.label(call.environment.place(graph.function.values[y.id].range),
                  "computed here, from other values");
    helpWithSource(builder, graph, y, x, call.inputs[0].range);
    return false;
  }
  bool ofShared = !graph.differsBetweenExamples(x.id) || call.builtin.name == "jvp";
  if (path.combinesExamples && ofShared) {
    call.environment
        .report(Diag::DerivativeOverBatch, range, call.builtin.name,
                fmt::format("the batch is combined between {} and {}", byText, ofText))
        .note("through `batch_mean`, `batch_sum` and layers that use them, such as `batch_norm` in "
              "training, there is only `grad` by values that differ from example to example");
    return false;
  }
  return true;
}

/// The derivatives of one number by values that it is computed from.
static std::vector<Tensor> gradient(const BuiltinCall &call, const Tensor &y,
                                    std::vector<Tensor> values) {
  std::vector<ValueId> operands{y.id};
  std::vector<Type> types;
  for (const Tensor &x : values) {
    operands.push_back(x.id);
    types.push_back({Element::Float, sizes(x.shape), 0});
  }
  std::vector<ValueId> ids = call.emitter.pass->graph.addMany(
      "gradient", std::move(operands), types, {}, call.environment.place(call.range));
  Padding padding(call.environment, call.emitter);
  for (size_t index = 0; index < values.size(); ++index) {
    Lengths lengths = padding.of(values[index]);
    values[index].id = ids[index];
    padding.set(values[index], std::move(lengths));
  }
  return values;
}

static Entity grad(const BuiltinCall &call) {
  const GivenArgument &of = call.inputs[0], &by = call.inputs[1];
  const Tensor *y = floatValue(of.value);
  if (!y || !y->shape.empty()) {
    if (of.value.poisoned())
      return Poison{};
    auto *tensor = of.value.get<Tensor>();
    bool ofRecipe = tensor && tensor->element == Element::Real;
    DiagnosticBuilder builder =
        call.environment.report(Diag::DerivativeOf, of.range, call.builtin.name,
                                ofRecipe ? "a number of the recipe" : describe(of.value));
    if (y)
      builder.help("`sum(...)` makes one number of it, and an index picks one of its elements");
    else
      builder.note("derivatives are of and by `float` values that are computed in the program");
    return Poison{};
  }
  if (!call.emitter.usable(*y, of.range) || !checkOfExample(call, *y, of.range))
    return Poison{};
  std::vector<Tensor> values;
  auto add = [&](const Entity &entity, SourceRange range) {
    const Tensor *x = floatArgument(call, entity, range);
    if (!x || !checkPath(call, *y, *x, range))
      return false;
    values.push_back(*x);
    return true;
  };
  auto *group = by.value.get<Group>();
  if (!group || group->members.empty())
    return add(by.value, by.range) ? Entity(gradient(call, *y, values)[0]) : Entity(Poison{});
  for (const NamedEntity &member : group->members)
    if (!add(*member.value, member.range.valid() ? member.range : by.range))
      return Poison{};
  std::vector<Tensor> derivatives = gradient(call, *y, values);
  Group results;
  for (size_t index = 0; index < derivatives.size(); ++index)
    results.members.push_back({group->members[index].name, group->members[index].range,
                               std::make_shared<Entity>(derivatives[index])});
  return results;
}

static Tensor sumOfProducts(const BuiltinCall &call, const Tensor &left, const Tensor &right) {
  std::vector<int64_t> axes(left.shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  Tensor products =
      call.emitter.emit("mul", {left, right}, Element::Float, left.shape, {}, call.range);
  return call.emitter.reduce("reduce_sum", products, axes, call.range);
}

/// The derivative of u -> grad(dot(y, u), x), which is linear, in the direction v.
static Entity jvp(const BuiltinCall &call) {
  const GivenArgument &of = call.inputs[0], &by = call.inputs[1], &along = call.inputs[2];
  const Tensor *y = floatArgument(call, of.value, of.range);
  const Tensor *x = y ? floatArgument(call, by.value, by.range) : nullptr;
  Entity direction = call.emitter.listed(along.value, along.range);
  if (auto *whole = direction.get<Tensor>(); whole && whole->element == Element::Int)
    direction = call.emitter.convert(*whole, Element::Float, along.range);
  const Tensor *v = x ? floatArgument(call, direction, along.range) : nullptr;
  if (!v || !checkOfExample(call, *y, of.range) || !checkPath(call, *y, *x, by.range))
    return Poison{};
  if (!sameSizes(v->shape, x->shape)) {
    call.environment
        .report(Diag::ElementwiseShapes, along.range, call.builtin.name, describe(*v), describe(*x))
        .note("the direction has the shape of the value by which the derivative is");
    return Poison{};
  }
  Tensor u = call.emitter.broadcastTo(
      call.emitter.constant(Entity(0.0), Element::Float, call.range), y->shape, call.range);
  Tensor transposed = gradient(call, sumOfProducts(call, *y, u), {*x})[0];
  Tensor result = gradient(call, sumOfProducts(call, transposed, *v), {u})[0];
  result.reduction = y->reduction;
  return result;
}

static constexpr Builtin derivativeTable[] = {
    {"grad", false, 2, 2, grad},
    {"jvp", false, 3, 3, jvp},
};
const std::span<const Builtin> derivativeFunctions = derivativeTable;

} // namespace nnc::lang::builtins
