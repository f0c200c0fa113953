// Implements RecipeFunction: settings first, then one application for each parameter.
#include "lang/elaborate/training/RecipeFunction.h"

#include "lang/elaborate/builtins/Requirements.h"
#include "lang/elaborate/environment/Patterns.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

bool RecipeFunction::isFor(const std::string &path) const {
  return !function.poisoned() && valueFor(function, path);
}

bool RecipeFunction::read() {
  numbers.scope = part.scope;
  function = part.value.poisoned() ? Entity(Poison{}) : readFunction(part.value);
  return !function.poisoned();
}

Entity RecipeFunction::readFunction(const Entity &value) {
  if (auto *byPath = value.get<ByPath>())
    return numbers.byPath(*byPath, [&](const Entity &one) { return readFunction(one); });
  Environment &environment = elaboration.environment;
  auto *callable = value.get<CallableEntity>();
  if (!callable || !callable->declaration)
    return Poison{};
  const CallableDeclaration &declaration = *callable->declaration;
  std::optional<std::vector<NamedEntity>> given =
      elaboration.binder.settingsOf(*callable, part.range);
  if (!given)
    return Poison{};
  CallableEntity result = *callable;
  result.bound = true;
  std::vector<NamedEntity> &settings = result.settings = std::move(*given);
  if (declaration.body) {
    EnterFrame enter(environment, declaration, part.range);
    if (!elaboration.binder.enter(declaration, settings) ||
        !checkRequirements(environment, elaboration.interpreter, *declaration.body))
      return Poison{};
  }
  for (const Parameter &parameter : declaration.settings) {
    auto setting = std::ranges::find(settings, parameter.name.text, &NamedEntity::name);
    if (setting == settings.end() && parameter.defaultValue) {
      Entity standard = elaboration.interpreter.evaluate(*parameter.defaultValue);
      settings.push_back(
          {parameter.name.text, parameter.range, std::make_shared<Entity>(standard)});
      setting = settings.end() - 1;
    }
    if (setting != settings.end() && parameter.type &&
        parameter.type->element == ElementKind::Float)
      setting->value = std::make_shared<Entity>(
          numbers.number(*setting->value, key, parameter.name.text, false, setting->range));
  }
  return result;
}

std::optional<Tensor> RecipeFunction::apply(
    const std::string &path, const Tensor &like,
    const std::function<std::optional<Tensor>(const std::string &)> &input) const {
  const CallableEntity &callable = *valueFor(function, path)->get<CallableEntity>();
  std::vector<GivenArgument> inputs;
  for (const Parameter &parameter : callable.declaration->inputs)
    if (std::optional<Tensor> value = input(parameter.name.text))
      inputs.push_back({parameter.name.text, *value, part.range});
  bool outer = std::exchange(elaboration.environment.inRecipe, true);
  Entity value = elaboration.calls.invoke(*callable.declaration, callable.settings, inputs, nullptr,
                                          part.range);
  elaboration.environment.inRecipe = outer;
  auto *tensor = value.get<Tensor>();
  if (tensor && sameSizes(tensor->shape, like.shape))
    return *tensor;
  if (!value.poisoned())
    elaboration.environment.diagnostics.report(
        Diag::KeyValue, part.range, key,
        fmt::format("a function whose result has the shape of {}",
                    key == "clip" ? "the gradient" : "the parameter"),
        describe(value));
  return std::nullopt;
}

} // namespace nnc::lang
