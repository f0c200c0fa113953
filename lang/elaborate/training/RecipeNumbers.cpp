// Implements RecipeNumbers: settings and counters as arguments of the function that is being built.
#include "lang/elaborate/training/RecipeNumbers.h"

#include "lang/elaborate/builtins/Requirements.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

Tensor RecipeNumbers::setting(const std::string &name, double value, bool integer,
                              SourceRange range) {
  const std::string key = scope + name;
  std::vector<Setting> &all = elaboration.program.settings;
  if (std::ranges::find(all, key, &Setting::key) == all.end())
    all.push_back({key, value, integer, environment.place(range)});
  return real(key, range);
}

Tensor RecipeNumbers::real(const std::string &key, SourceRange range) {
  auto known = emitter.pass->scalars.find(key);
  if (known != emitter.pass->scalars.end())
    return known->second;
  Tensor result;
  result.graph = &emitter.pass->graph;
  result.element = Element::Real;
  result.id = emitter.pass->graph.addArgument(ArgumentKind::Scalar, key, {Element::Real, {}, 0},
                                              environment.place(range));
  return emitter.pass->scalars[key] = result;
}

Entity RecipeNumbers::byPath(const ByPath &value,
                             const std::function<Entity(const Entity &)> &read) {
  ByPath result;
  result.otherwise = std::make_shared<Entity>(read(*value.otherwise));
  bool good = !result.otherwise->poisoned();
  for (const ByPath::Case &one : value.cases) {
    std::string patterns;
    for (const Identifier &pattern : one.patterns)
      patterns += (patterns.empty() ? "" : ",") + pattern.text;
    std::string outer = std::exchange(part, fmt::format("{}[{}]", part, patterns));
    auto entity = one.value ? std::make_shared<Entity>(read(*one.value)) : nullptr;
    good &= !entity || !entity->poisoned();
    result.cases.push_back({one.patterns, std::move(entity)});
    part = std::move(outer);
  }
  return good ? Entity(std::move(result)) : Entity(Poison{});
}

Entity RecipeNumbers::number(const Entity &value, const std::string &prefix,
                             const std::string &name, bool integer, SourceRange range) {
  if (value.isNumber())
    return setting(prefix + "." + name + part, value.number(), integer, range);
  if (auto *tensor = value.get<Tensor>();
      tensor && emitter.pass->graph.differsBetweenExamples(tensor->id)) {
    environment.report(Diag::KeyValue, range, prefix + "." + name, "one number for all examples",
                       fmt::format("{} of each example", describe(value)));
    return Poison{};
  }
  return value;
}

Entity RecipeNumbers::evaluate(const Block &body) {
  bool outer = std::exchange(environment.inRecipe, true);
  Entity value = elaboration.interpreter.evaluateBlock(body);
  environment.inRecipe = outer;
  return value;
}

Entity RecipeNumbers::schedule(const Entity &schedule, const std::string &prefix,
                               SourceRange range) {
  if (schedule.is<Tensor>())
    return schedule;
  Entity ready = readSchedule(schedule, prefix, range);
  auto *callable = ready.get<CallableEntity>();
  return callable ? runSchedule(*callable, {}, range) : Entity(Poison{});
}

/// Whether an expression applies what has this name.
static bool applies(const Expression &expression, const std::string &name) {
  auto *call = as<CallExpression>(&expression);
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  bool found = callee && callee->name == name;
  forEachChild(expression, [&](const Expression &child) { found |= applies(child, name); });
  return found;
}

Entity RecipeNumbers::readSchedule(const Entity &schedule, const std::string &prefix,
                                   SourceRange range) {
  auto *callable = schedule.get<CallableEntity>();
  if (!callable || !callable->declaration)
    return Poison{};
  const CallableDeclaration &declaration = *callable->declaration;
  std::optional<std::vector<NamedEntity>> given =
      elaboration.binder.settingsOf(*callable, callable->range);
  if (!given || !declaration.body)
    return Poison{};
  EnterFrame enter(environment, declaration, environment.place(range));
  if (!elaboration.binder.enter(declaration, *given) ||
      !checkRequirements(environment, elaboration.interpreter, *declaration.body))
    return Poison{};
  CallableEntity result;
  result.declaration = &declaration;
  result.bound = true;
  result.range = callable->range;
  result.path = prefix + part;
  for (const Parameter &parameter : declaration.settings) {
    const std::string &name = parameter.name.text;
    Binding *binding = environment.findLocal(name);
    if (!binding)
      continue;
    ElementKind kind = parameter.type ? parameter.type->element : ElementKind::Error;
    Entity value = binding->value;
    SourceRange place = binding->range;
    if (kind == ElementKind::Float || kind == ElementKind::Int ||
        (kind == ElementKind::Schedule && value.isNumber()))
      value = number(value, prefix, name, kind == ElementKind::Int, place);
    else if (kind == ElementKind::Schedule && value.is<CallableEntity>())
      value = applies(*declaration.body, name) ? readSchedule(value, prefix + "." + name, range)
                                               : this->schedule(value, prefix + "." + name, range);
    if (value.poisoned())
      return Poison{};
    result.settings.push_back({name, place, std::make_shared<Entity>(std::move(value))});
  }
  return result;
}

Entity RecipeNumbers::runSchedule(const CallableEntity &callable,
                                  const std::vector<GivenArgument> &counters, SourceRange range) {
  const CallableDeclaration &declaration = *callable.declaration;
  EnterFrame enter(environment, declaration, environment.place(range));
  bindCounters();
  for (const GivenArgument &counter : counters) {
    std::optional<Tensor> value =
        emitter.tensor(counter.value, Element::Real, counter.name, counter.range);
    if (!value)
      return Poison{};
    environment.bindFresh(counter.name, *value, counter.range);
  }
  // Settings hide counters of the same names.
  if (!elaboration.binder.enter(declaration, callable.settings))
    return Poison{};
  OptimizerTarget target;
  target.path = slotPrefix + callable.path;
  for (int number = 2; !paths.insert(target.path).second; ++number)
    target.path = fmt::format("{}{}_{}", slotPrefix, callable.path, number);
  target.element = Element::Real;
  target.apply = [&](OptimizerTarget &outer, const CallableEntity &inner,
                     const std::vector<GivenArgument> &given, SourceRange place) -> Entity {
    for (const GivenArgument &argument : given) {
      if (argument.value.poisoned())
        return Poison{};
      if (!emitter.pass->counters.contains(argument.name)) {
        environment.report(Diag::ScheduleInputs, place, inner.declaration->name.text);
        return Poison{};
      }
    }
    CallableEntity known = inner;
    if (known.path.empty()) // made in the body
      known.path = outer.path.substr(slotPrefix.size()) + "." + inner.declaration->name.text;
    return runSchedule(known, given, place);
  };
  environment.frame().target = &target;
  Entity value = evaluate(*declaration.body);
  for (const auto &[name, slot] : target.slots)
    newSlots[target.path + "." + name] = slot;
  if (value.isNumber())
    return emitter.constant(value, Element::Real, declaration.range);
  auto *tensor = value.get<Tensor>();
  if (tensor && tensor->shape.empty() && tensor->element == Element::Real)
    return *tensor;
  if (!value.poisoned())
    environment.report(Diag::ScheduleValue, declaration.name.range, declaration.name.text,
                       describe(value));
  return Poison{};
}

void RecipeNumbers::bindCounters() {
  SourceRange range = environment.frame().call;
  if (emitter.pass->counters.empty()) {
    // Counted from 1 in the language: the runtime says how many are over.
    for (const char *counter : {"step", "epoch"}) {
      Tensor finished = emitter.convert(emitter.scalar(counter), Element::Real, range);
      emitter.pass->counters[counter] =
          emitter.emit("add", {finished, emitter.constant(1.0, Element::Real, range)},
                       Element::Real, {}, {}, range);
    }
    for (const char *counter : {"steps", "epochs", "steps_per_epoch"})
      emitter.pass->counters[counter] =
          emitter.convert(emitter.scalar(counter), Element::Real, range);
    emitter.pass->counters["validation_loss"] = real("validation_loss", range);
  }
  for (const auto &[name, value] : emitter.pass->counters)
    environment.bindFresh(name, value, range);
}

} // namespace nnc::lang
