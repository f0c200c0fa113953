// Implements the statements that declare and change what persists, with their initial values.
#include "lang/elaborate/instances/Parameters.h"

#include "lang/elaborate/signatures/Sizes.h"
#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

namespace nnc::lang {

/// Parameters and states are whole for every example, also those as long as a padded dimension.
static void removeLengths(Shape &shape) {
  for (Extent &extent : shape)
    if (paddedLength(extent.origin))
      extent.origin = withLength(extent.origin, nullptr);
}

std::optional<Tensor> Parameters::initialValue(Entity value, Element element, const Shape &shape,
                                               SourceRange range) {
  for (int depth = 0; depth < 100; ++depth) {
    auto *callable = value.get<CallableEntity>();
    if (!callable || !callable->declaration ||
        callable->declaration->callable != CallableKind::Init)
      break;
    const CallableDeclaration &declaration = *callable->declaration;
    std::optional<std::vector<NamedEntity>> settings =
        binder.settingsOf(*callable, callable->range);
    if (!settings)
      return std::nullopt;
    EnterFrame enter(environment, declaration, environment.place(range));
    if (!declaration.settings.empty() && !declaration.settings[0].name.text.empty())
      environment.bindFresh(declaration.settings[0].name.text, ShapeConstant{shape},
                            declaration.settings[0].range);
    if (!binder.enter(declaration, *settings) || !declaration.body)
      return std::nullopt;
    value = evaluator.evaluateBlock(*declaration.body);
  }
  if (value.poisoned())
    return std::nullopt;
  if (value.isNumber() || value.is<bool>())
    return emitter.broadcastTo(
        emitter.convert(*emitter.tensor(value, element, "param", range), element, range), shape,
        range);
  auto *known = value.get<Tensor>();
  if (!known) {
    environment.report(Diag::InitialValue, range,
                       fmt::format("{} is neither an initialiser nor a number", describe(value)));
    return std::nullopt;
  }
  if (!emitter.usable(*known, range))
    return std::nullopt;
  Tensor result = emitter.convert(*known, element, range);
  if (result.shape.empty())
    return emitter.broadcastTo(result, shape, range);
  if (!sameSizes(result.shape, shape)) {
    environment.report(
        Diag::InitialValue, range,
        fmt::format("it has shape {}, the parameter {}", describe(result.shape), describe(shape)));
    return std::nullopt;
  }
  return result;
}

Entity Parameters::filled(const CallableEntity &initialiser,
                          const std::vector<GivenArgument> &sizes, SourceRange range) {
  std::optional<Shape> shape = readSizes(environment, sizes);
  if (!shape)
    return Poison{};
  std::optional<Tensor> value = initialValue(initialiser, Element::Float, *shape, range);
  if (!value)
    return Poison{};
  value->shape = *shape;
  return *value;
}

void Parameters::initialize(ResultKind kind, const std::string &path, const Expression &initial,
                            Element element, const Shape &shape) {
  EnterPass enter(emitter, emitter.initialize.get());
  int64_t layerFlop = emitter.layerFlop; // initial values are not part of the layer's work
  Entity value = evaluator.evaluate(initial);
  if (std::optional<Tensor> tensor = initialValue(value, element, shape, initial.range)) {
    emitter.pass->graph.name(tensor->id, path);
    emitter.pass->graph.addResult(kind, path, tensor->id);
  }
  emitter.layerFlop = layerFlop;
}

void Parameters::declareParameter(const ParameterStatement &statement) {
  Shape shape;
  std::optional<Type> type =
      types.evaluateType(statement.type, shape, fmt::format("`{}`", statement.name.text));
  removeLengths(shape);
  if (statement.name.text.empty())
    return;
  if (!type || !environment.frame().layer || environment.frame().target) {
    environment.bindFresh(statement.name.text, Poison{}, statement.name.range);
    return;
  }
  if (type->element != Element::Float) {
    environment.report(Diag::ParameterElement, statement.type.range, toSource(statement.type));
    environment.bindFresh(statement.name.text, Poison{}, statement.name.range);
    return;
  }
  std::string path = instances.declare(statement.name.text, statement.range);
  SourceRange range = environment.place(statement.range);
  if (const Shape *known = instances.findParameter(path)) {
    if (!sameSizes(*known, shape)) {
      DiagnosticBuilder builder = environment.report(Diag::ParameterChanged, statement.range, path,
                                                     describe(*known), describe(shape));
      environment.addOrigins(builder, *known, &shape);
      environment.addOrigins(builder, shape, known);
      builder.note("a layer that is applied twice has one set of parameters; make two layers if "
                   "you want two");
      environment.bindFresh(statement.name.text, Poison{}, statement.name.range);
      return;
    }
  } else {
    instances.addParameter(path, *type, shape, range);
    initialize(ResultKind::Parameter, path, *statement.initial, Element::Float, shape);
  }
  Tensor parameter =
      emitter.persistent(ArgumentKind::Parameter, path, Element::Float, shape, range);
  environment.bindFresh(statement.name.text, reparametrized(statement, path, parameter),
                        statement.name.range);
}

Entity Parameters::reparametrized(const ParameterStatement &statement, const std::string &path,
                                  const Tensor &parameter) {
  Reparametrization *reparametrization = environment.frame().reparametrization;
  if (!reparametrization || reparametrization->parameter != statement.name.text)
    return parameter;
  reparametrization->met = true;
  Entity value = evaluator.apply(reparametrization->by, {{"", parameter, reparametrization->range}},
                                 reparametrization->range);
  auto *tensor = value.get<Tensor>();
  if (value.poisoned() || (tensor && sameSizes(tensor->shape, parameter.shape)))
    return value;
  environment.report(Diag::ParameterChanged, reparametrization->range, path, describe(parameter),
                     describe(value));
  return Poison{};
}

void Parameters::declareState(const StateStatement &statement) {
  if (environment.frame().target)
    return declareSlot(statement);
  if (statement.name.text.empty())
    return;
  if (!environment.frame().layer) {
    environment.bindFresh(statement.name.text, Poison{}, statement.name.range);
    return;
  }
  Shape shape;
  std::optional<Type> type;
  if (statement.type)
    type = types.evaluateType(*statement.type, shape, fmt::format("`{}`", statement.name.text));
  else
    environment.report(Diag::StateType, statement.range, statement.name.text);
  if (!type) {
    environment.bindFresh(statement.name.text, Poison{}, statement.name.range);
    return;
  }
  removeLengths(shape);
  std::string path = instances.declare(statement.name.text, statement.range);
  if (instances.addState(path, *type, environment.place(statement.range)))
    initialize(ResultKind::State, path, *statement.initial, type->element, shape);
  auto current = emitter.pass->states.find(path);
  if (current == emitter.pass->states.end()) {
    bool perExample = instances.state(path).perExample;
    std::optional<Tensor> value;
    if (perExample && !emitter.pass->training)
      value = emitter.initialState(path, type->element, shape);
    if (!value)
      value = emitter.persistent(perExample ? ArgumentKind::ExampleState : ArgumentKind::State,
                                 path, type->element, shape, environment.place(statement.range));
    current = emitter.pass->states.emplace(path, *value).first;
  }
  environment.bindFresh(statement.name.text, current->second, statement.name.range);
  environment.findLocal(statement.name.text)->state = path;
}

/// Whether an expression depends on what is computed in each step.
static bool mentionsTensor(Environment &environment, const Expression &expression) {
  auto *name = as<NameExpression>(&expression);
  Binding *binding = name ? environment.findLocal(name->name) : nullptr;
  bool found = binding && binding->value.is<Tensor>();
  forEachChild(expression,
               [&](const Expression &child) { found |= mentionsTensor(environment, child); });
  return found;
}

void Parameters::declareSlot(const StateStatement &statement) {
  OptimizerTarget &target = *environment.frame().target;
  const std::string &name = statement.name.text;
  if (name.empty())
    return;
  Shape shape = target.value.shape;
  if (statement.type) {
    shape.clear();
    if (!types.evaluateType(*statement.type, shape, fmt::format("`{}`", name))) {
      environment.bindFresh(name, Poison{}, statement.name.range);
      return;
    }
  }
  std::string key = name;
  for (int number = 2; target.slots.count(key); ++number)
    key = fmt::format("{}_{}", name, number);
  std::string path = target.path + "." + key;
  Type type{target.element, sizes(shape), 0};
  program.slots.push_back({path, target.owner, type});
  SourceRange range = environment.place(statement.range);
  Tensor slot = emitter.persistent(ArgumentKind::Slot, path, target.element, shape, range);
  if (mentionsTensor(environment, *statement.initial)) {
    // Known only when the run begins: the first step has it in place of what is stored.
    Entity initial = evaluator.evaluate(*statement.initial);
    std::optional<Tensor> value =
        initialValue(std::move(initial), target.element, shape, statement.initial->range);
    IntegerLiteral zero;
    zero.range = statement.initial->range;
    initialize(ResultKind::Slot, path, zero, target.element, shape);
    Tensor one = emitter.constant(1.0, Element::Real, range);
    Tensor first = emitter.emit("compare", {emitter.pass->counters.at("step"), one}, Element::Bool,
                                {}, {{"predicate", std::string("eq")}}, range);
    if (value)
      slot = emitter.emit("select", {emitter.broadcastTo(first, shape, range), *value, slot},
                          target.element, shape, {}, range);
  } else {
    initialize(ResultKind::Slot, path, *statement.initial, target.element, shape);
  }
  target.slots[key] = slot;
  environment.bindFresh(name, slot, statement.name.range);
  environment.findLocal(name)->state = key;
}

bool Parameters::makeExampleState(const std::string &path, const Tensor &state) {
  StateInfo &info = instances.state(path);
  if (!info.perExample && emitter.initialState(path, state.element, state.shape)) {
    info.perExample = true;
    for (FunctionResult &result : emitter.initialize->graph.function.results)
      if (result.kind == ResultKind::State && result.name == path)
        result.kind = ResultKind::ExampleState;
    emitter.pass->graph.makeExampleState(path);
  }
  return info.perExample;
}

void Parameters::update(const UpdateStatement &statement) {
  const std::string &name = statement.name.text;
  OptimizerTarget *target = environment.frame().target;
  // While evaluating, states stay as they are.
  if (!target && !emitter.pass->training)
    return;
  if (emitter.pass->graph.inScan()) {
    environment.unsupported("`<-` in the block of a `scan`", statement.range);
    return;
  }
  Entity value = evaluator.evaluate(*statement.value);
  Binding *binding = environment.findLocal(name);
  if (name.empty() || value.poisoned())
    return;
  if (!binding || (binding->state.empty() && !(target && name == "param"))) {
    DiagnosticBuilder builder = environment.report(Diag::BadUpdate, statement.name.range, name);
    if (binding)
      builder.help(
          fmt::format("to bind a name, write `{} = {}`", name, toSource(*statement.value)));
    return;
  }
  Tensor &place = binding->state.empty() ? target->value
                  : target               ? target->slots[binding->state]
                                         : emitter.pass->states[binding->state];
  // Where the conditions around it do not hold, the value stays.
  for (const Entity &condition : emitter.pass->conditions)
    value = operators.select(condition, value, place, statement.range);
  std::optional<Tensor> next = emitter.tensor(value, place.element, "<-", statement.range);
  if (!next)
    return;
  Tensor converted = emitter.convert(*next, place.element, statement.range);
  if (converted.shape.empty())
    converted = emitter.broadcastTo(converted, place.shape, statement.range);
  if (!sameSizes(converted.shape, place.shape)) {
    DiagnosticBuilder builder = environment.report(
        Diag::UpdateShape, statement.range, name, describe(place.shape), describe(converted.shape));
    environment.addOrigins(builder, place.shape, &converted.shape);
    environment.addOrigins(builder, converted.shape, &place.shape);
    return;
  }
  if (emitter.pass->graph.differsBetweenExamples(converted.id) &&
      (target || !makeExampleState(binding->state, place))) {
    DiagnosticBuilder builder = environment.report(Diag::UpdatePerExample, statement.range, name);
    if (!environment.inStandard(statement.range))
      builder.help(fmt::format("its mean over the batch is one value: `{} <- batch_mean({})`", name,
                               toSource(*statement.value)));
    return;
  }
  converted.shape = place.shape;
  place = converted;
  binding->value = converted;
}

} // namespace nnc::lang
