// Implements RecipeNumbers: settings and counters as arguments of the function that is being built.
#include "lang/elaborate/training/RecipeNumbers.h"

#include "lang/elaborate/builtins/Requirements.h"

#include <utility>

namespace nnc::lang {

Tensor RecipeNumbers::setting(const std::string &key, double value, bool integer,
                              SourceRange range) {
  auto known = emitter.pass->scalars.find(key);
  if (known != emitter.pass->scalars.end())
    return known->second;
  Tensor result;
  result.graph = &emitter.pass->graph;
  result.element = Element::Real;
  result.id = emitter.pass->graph.addArgument(ArgumentKind::Scalar, key, {Element::Real, {}, 0},
                                              environment.place(range));
  if (keys.insert(key).second)
    elaboration.program.settings.push_back({key, value, integer, environment.place(range)});
  return emitter.pass->scalars[key] = result;
}

Entity RecipeNumbers::number(const Entity &value, const std::string &prefix,
                             const std::string &name, bool integer, SourceRange range) {
  if (value.isNumber())
    return setting(prefix + "." + name, value.number(), integer, range);
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
  if (schedule.poisoned() || schedule.is<Tensor>())
    return schedule;
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
  for (const Parameter &parameter : declaration.settings) {
    Binding *binding = environment.findLocal(parameter.name.text);
    if (!binding || !parameter.type)
      continue;
    ElementKind kind = parameter.type->element;
    if (kind == ElementKind::Float || kind == ElementKind::Int)
      binding->value = number(binding->value, prefix, parameter.name.text, kind == ElementKind::Int,
                              binding->range);
    else if (kind == ElementKind::Schedule)
      binding->value =
          binding->value.isNumber()
              ? number(binding->value, prefix, parameter.name.text, false, binding->range)
              : this->schedule(binding->value, parameter.name.text, range);
  }
  bindCounters();
  Entity value = evaluate(*declaration.body);
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
  }
  for (const auto &[name, value] : emitter.pass->counters)
    environment.bindFresh(name, value, range);
}

} // namespace nnc::lang
