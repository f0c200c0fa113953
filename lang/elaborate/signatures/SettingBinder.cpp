// Implements SettingBinder: the kinds of values that each type of a setting takes.
#include "lang/elaborate/signatures/SettingBinder.h"

#include "lang/elaborate/signatures/Arguments.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <span>

namespace nnc::lang {

namespace {

std::span<const Parameter> parametersOf(const CallableDeclaration &declaration) {
  std::span<const Parameter> settings(declaration.settings);
  // The shape comes from the parameter that is initialised.
  return declaration.callable == CallableKind::Init && !settings.empty() ? settings.subspan(1)
                                                                         : settings;
}

bool isRecipe(const CallableDeclaration &declaration) {
  return declaration.callable == CallableKind::Optimizer ||
         declaration.callable == CallableKind::Schedule;
}

/// n of a setting `int[n]`, else 0.
int64_t listLength(const TypeExpression &type) {
  auto *length = type.element == ElementKind::Int && type.dimensions.size() == 1
                     ? as<IntegerLiteral>(type.dimensions[0].value)
                     : nullptr;
  return length ? length->value : 0;
}

std::string settingTypeText(const TypeExpression &type) {
  switch (type.element) {
  case ElementKind::Int:
    return listLength(type) ? fmt::format("a whole number, or a list of {}", listLength(type))
                            : "a whole number known when compiling";
  case ElementKind::Float:
    return "a number";
  case ElementKind::Bool:
    return "true or false";
  case ElementKind::String:
    return "a text";
  case ElementKind::Init:
    return "an initialiser or a number";
  case ElementKind::Schedule:
    return "a schedule or a number";
  case ElementKind::Function:
    return "a function";
  case ElementKind::Layer:
    return "a layer";
  case ElementKind::Optimizer:
    return "an optimizer";
  default:
    return "something else";
  }
}

} // namespace

/// The value of an `init` setting, which the body applies to sizes: an initialiser takes the
/// defaults of its own settings, a number becomes the initialiser `constant`.
Entity SettingBinder::appliedToSizes(Entity value, SourceRange range) {
  if (value.isNumber()) {
    CallableEntity constant;
    constant.declaration = environment.globals.find("constant", true)->callable();
    constant.bound = true;
    constant.range = range;
    constant.settings.push_back({"value", range, std::make_shared<Entity>(std::move(value))});
    return constant;
  }
  auto *callable = value.get<CallableEntity>();
  if (callable && !callable->bound &&
      std::ranges::all_of(parametersOf(*callable->declaration),
                          [](const Parameter &one) { return one.defaultValue != nullptr; }))
    callable->bound = true;
  return value;
}

Entity SettingBinder::fit(const CallableDeclaration &declaration, const Parameter &parameter,
                          Entity value, SourceRange range) {
  if (!parameter.type || value.poisoned())
    return value;
  if (auto *byPath = value.get<ByPath>();
      byPath && declaration.callable == CallableKind::Optimizer) {
    ByPath result;
    bool good = true;
    auto part = [&](const Entity &one) {
      auto fitted = std::make_shared<Entity>(fit(declaration, parameter, one, range));
      good &= !fitted->poisoned();
      return fitted;
    };
    for (const ByPath::Case &one : byPath->cases)
      result.cases.push_back({one.patterns, one.value ? part(*one.value) : nullptr});
    result.otherwise = part(*byPath->otherwise);
    return good ? Entity(std::move(result)) : Entity(Poison{});
  }
  ElementKind kind = parameter.type->element;
  bool fits = false;
  auto isCallable = [&](CallableKind wanted) {
    auto *callable = value.get<CallableEntity>();
    return callable && callable->declaration && callable->declaration->callable == wanted;
  };
  auto *tensor = value.get<Tensor>();
  auto explain = [&](IntegerConstant integer) {
    if (!integer.origin || integer.origin->text.empty())
      integer.origin = makeOrigin(environment.place(range),
                                  fmt::format("`{}` of `{}` is {}", parameter.name.text,
                                              declaration.name.text, integer.value));
    return integer;
  };
  switch (kind) {
  case ElementKind::Int:
    if (int64_t length = listLength(*parameter.type)) {
      // A number stands for a list of as many.
      Group list;
      auto *group = value.get<Group>();
      size_t given = group ? group->members.size() : size_t(length);
      fits = given == size_t(length);
      for (size_t index = 0; fits && index < given; ++index) {
        auto *integer = (group ? *group->members[index].value : value).get<IntegerConstant>();
        fits = integer != nullptr;
        if (integer)
          list.members.push_back({"", range, std::make_shared<Entity>(explain(*integer))});
      }
      if (fits)
        return list;
    } else if (auto *integer = value.get<IntegerConstant>()) {
      fits = true;
      *integer = explain(*integer);
    } else if (value.is<double>() || (tensor && tensor->element == Element::Real)) {
      fits = isRecipe(declaration);
    }
    break;
  case ElementKind::Float:
    fits = value.isNumber() || (tensor && tensor->shape.empty());
    break;
  case ElementKind::Bool:
    fits = value.is<bool>();
    break;
  case ElementKind::String:
    fits = value.is<std::string>();
    break;
  case ElementKind::Init:
    fits = value.isNumber() || isCallable(CallableKind::Init);
    break;
  case ElementKind::Schedule:
    fits = value.isNumber() || isCallable(CallableKind::Schedule) ||
           (tensor && tensor->element == Element::Real);
    break;
  case ElementKind::Optimizer:
    fits = isCallable(CallableKind::Optimizer);
    break;
  case ElementKind::Function:
  case ElementKind::Layer:
    fits = value.is<CallableEntity>() || value.is<ReducerEntity>() || value.is<LayerPtr>();
    break;
  default:
    return Poison{};
  }
  if (fits && kind == ElementKind::Init)
    return appliedToSizes(std::move(value), range);
  if (fits)
    return value;
  DiagnosticBuilder builder =
      environment.report(Diag::WrongSetting, range, parameter.name.text, declaration.name.text,
                         settingTypeText(*parameter.type), describe(value));
  builder.label(environment.inStandard(parameter.range) ? SourceRange{} : parameter.range,
                "declared here");
  auto *text = value.get<std::string>();
  const Global *named = text ? environment.globals.find(*text, false) : nullptr;
  if (named && named->callable() && named->callable()->callable == CallableKind::Function)
    builder.help(fmt::format("a function is applied behind the layer: `|> {}(...) |> {}`",
                             declaration.name.text, *text));
  if (tensor && !declaration.inputs.empty())
    builder.help(
        fmt::format("settings and inputs are two lists: `{}(...)(...)`", declaration.name.text));
  return Poison{};
}

std::optional<std::vector<NamedEntity>> SettingBinder::bind(const CallableDeclaration &declaration,
                                                            const std::vector<GivenArgument> &given,
                                                            SourceRange range) {
  std::span<const Parameter> parameters = parametersOf(declaration);
  // `dense(x, 64)`: an input among the settings is one error, however the others fit.
  if (!declaration.inputs.empty())
    for (const GivenArgument &argument : given)
      if (auto *tensor = argument.value.get<Tensor>(); tensor && !tensor->shape.empty()) {
        bool defaults = std::ranges::all_of(
            declaration.settings, [](const Parameter &one) { return one.defaultValue != nullptr; });
        reportInputAmongSettings(environment, declaration.name.text, defaults, given, argument);
        return std::nullopt;
      }
  std::vector<const GivenArgument *> matched;
  if (!matchArguments(environment, declaration.name.text, "setting", parameters, given, true, range,
                      matched))
    return std::nullopt;
  std::vector<NamedEntity> settings;
  for (size_t index = 0; index < parameters.size(); ++index)
    if (const GivenArgument *argument = matched[index])
      settings.push_back({parameters[index].name.text, argument->range,
                          std::make_shared<Entity>(fit(declaration, parameters[index],
                                                       argument->value, argument->range))});
  return settings;
}

std::optional<std::vector<NamedEntity>> SettingBinder::settingsOf(const CallableEntity &callable,
                                                                  SourceRange range) {
  return callable.bound ? callable.settings : bind(*callable.declaration, {}, range);
}

bool SettingBinder::enter(const CallableDeclaration &declaration,
                          const std::vector<NamedEntity> &settings) {
  bool good = true;
  for (const Parameter &parameter : parametersOf(declaration)) {
    auto given = std::find_if(settings.begin(), settings.end(), [&](const NamedEntity &setting) {
      return setting.name == parameter.name.text;
    });
    Entity value = Poison{};
    SourceRange range = parameter.name.range;
    if (given != settings.end()) {
      value = *given->value;
      range = given->range;
    } else if (parameter.defaultValue) {
      value =
          fit(declaration, parameter, evaluator.evaluate(*parameter.defaultValue), parameter.range);
    }
    good &= !value.poisoned();
    if (parameter.type && parameter.type->element == ElementKind::Float &&
        value.is<IntegerConstant>())
      value = value.number();
    if (!parameter.name.text.empty())
      environment.bindFresh(parameter.name.text, std::move(value), range);
  }
  return good;
}

} // namespace nnc::lang
