// Implements RecipeFunction: settings first, then one application for each parameter.
#include "lang/elaborate/training/RecipeFunction.h"

#include "lang/elaborate/builtins/Requirements.h"
#include "lang/elaborate/training/Patterns.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

bool RecipeFunction::isFor(const std::string &path) const {
  return declaration && std::ranges::none_of(part.except, [&](const Identifier &name) {
           return matchesPath(name.text, path);
         });
}

bool RecipeFunction::read() {
  Environment &environment = elaboration.environment;
  auto *callable = part.value.get<CallableEntity>();
  if (!callable || !callable->declaration)
    return false;
  std::optional<std::vector<NamedEntity>> given =
      elaboration.binder.settingsOf(*callable, part.range);
  if (!given)
    return false;
  const CallableDeclaration &known = *callable->declaration;
  settings = std::move(*given);
  if (known.body) {
    EnterFrame enter(environment, known, part.range);
    if (!elaboration.binder.enter(known, settings) ||
        !checkRequirements(environment, elaboration.interpreter, *known.body))
      return false;
  }
  declaration = &known;
  for (const Parameter &parameter : known.settings) {
    auto setting = std::ranges::find(settings, parameter.name.text, &NamedEntity::name);
    if (setting == settings.end() && parameter.defaultValue) {
      Entity value = elaboration.interpreter.evaluate(*parameter.defaultValue);
      settings.push_back({parameter.name.text, parameter.range, std::make_shared<Entity>(value)});
      setting = settings.end() - 1;
    }
    if (setting != settings.end() && parameter.type &&
        parameter.type->element == ElementKind::Float)
      setting->value = std::make_shared<Entity>(
          numbers.number(*setting->value, key, parameter.name.text, false, setting->range));
  }
  return true;
}

std::optional<Tensor> RecipeFunction::apply(
    const Tensor &like,
    const std::function<std::optional<Tensor>(const std::string &)> &input) const {
  std::vector<GivenArgument> inputs;
  for (const Parameter &parameter : declaration->inputs)
    if (std::optional<Tensor> value = input(parameter.name.text))
      inputs.push_back({parameter.name.text, *value, part.range});
  bool outer = std::exchange(elaboration.environment.inRecipe, true);
  Entity value = elaboration.calls.invoke(*declaration, settings, inputs, nullptr, part.range);
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
