// Numbers of the recipe: what is written for an optimizer or a schedule, and their defaults, are
// settings that a run can change. Each has a full key, `optimizer.mu` or `rate.peak`; the runtime
// knows it by its last part, too, where that is unique.
#include "lang/elaborate/Elaborator.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

Tensor Elaborator::setting(const std::string &key, double value, bool integer, SourceRange range) {
  auto known = pass->scalars.find(key);
  if (known != pass->scalars.end())
    return known->second;
  Tensor result;
  result.graph = &pass->graph;
  result.element = Element::Real;
  result.id =
      pass->graph.addArgument(ArgumentKind::Scalar, key, {Element::Real, {}, 0}, place(range));
  if (settingIndex.emplace(key, program.settings.size()).second)
    program.settings.push_back({key, value, integer, place(range)});
  return pass->scalars[key] = result;
}

Entity Elaborator::recipeNumber(const Entity &value, const std::string &prefix,
                                const std::string &name, bool integer, SourceRange range) {
  if (value.isNumber())
    return setting(prefix + "." + name, value.number(), integer, range);
  if (auto *tensor = value.get<Tensor>();
      tensor && pass->graph.differsBetweenExamples(tensor->id)) {
    report(Diag::KeyValue, range, prefix + "." + name, "one number for all examples",
           fmt::format("{} of each example", describe(value)));
    return Poison{};
  }
  return value;
}

Entity Elaborator::evaluateRecipe(const Block &body) {
  bool outer = std::exchange(inRecipe, true);
  Entity value = evaluateBlock(body);
  inRecipe = outer;
  return value;
}

void Elaborator::bindCounters() {
  SourceRange range = frame().call;
  if (pass->counters.empty()) {
    // Counted from 1 in the language: the runtime says how many are over.
    for (const char *counter : {"step", "epoch"}) {
      Tensor finished = convert(scalar(counter), Element::Real, range);
      pass->counters[counter] = emit("add", {finished, constant(1.0, Element::Real, range)},
                                     Element::Real, {}, {}, range);
    }
    for (const char *counter : {"steps", "epochs", "steps_per_epoch"})
      pass->counters[counter] = convert(scalar(counter), Element::Real, range);
  }
  for (const auto &[name, value] : pass->counters)
    bindFresh(name, value, range);
}

Entity Elaborator::evaluateSchedule(const Entity &schedule, const std::string &prefix,
                                    SourceRange range) {
  if (schedule.poisoned() || schedule.is<Tensor>())
    return schedule;
  auto *callable = schedule.get<CallableEntity>();
  if (!callable || !callable->declaration)
    return Poison{};
  const CallableDeclaration &declaration = *callable->declaration;
  bool good = true;
  std::vector<NamedEntity> given = callable->settings;
  if (!callable->bound)
    given = bindSettings(declaration, {}, callable->range, good);
  if (!good || !declaration.body)
    return Poison{};
  EnterFrame enter(*this, declaration, place(range));
  if (!enterSettings(declaration, given) || !checkRequirements(*declaration.body))
    return Poison{};
  for (const Parameter &parameter : declaration.settings) {
    Binding *binding = findLocal(parameter.name.text);
    if (!binding || !parameter.type)
      continue;
    ElementKind kind = parameter.type->element;
    if (kind == ElementKind::Float || kind == ElementKind::Int)
      binding->value = recipeNumber(binding->value, prefix, parameter.name.text,
                                    kind == ElementKind::Int, binding->range);
    else if (kind == ElementKind::Schedule)
      binding->value =
          binding->value.isNumber()
              ? recipeNumber(binding->value, prefix, parameter.name.text, false, binding->range)
              : evaluateSchedule(binding->value, parameter.name.text, range);
  }
  bindCounters();
  Entity value = evaluateRecipe(*declaration.body);
  if (value.isNumber())
    return constant(value, Element::Real, declaration.range);
  auto *tensor = value.get<Tensor>();
  if (tensor && tensor->shape.empty() && tensor->element == Element::Real)
    return *tensor;
  if (!value.poisoned())
    report(Diag::ScheduleValue, declaration.name.range, declaration.name.text, describe(value));
  return Poison{};
}

} // namespace nnc::lang
