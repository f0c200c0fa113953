// Calls and pipes: matching arguments with parameters, giving settings, applying to inputs.
#include "lang/elaborate/IndexEvaluator.h"

#include <algorithm>

namespace nnc::lang {

namespace {
constexpr int maximumContexts = 4;
}

std::vector<GivenArgument>
Elaborator::evaluateArguments(const std::vector<CallArgument> &arguments) {
  std::vector<GivenArgument> given;
  for (const CallArgument &argument : arguments) {
    Entity value = evaluate(*argument.value);
    if (value.is<Nothing>()) {
      report(Diag::NoValue, argument.value->range);
      value = Poison{};
    }
    given.push_back(
        {argument.name.text, std::move(value), argument.value->range, argument.name.range});
  }
  return given;
}

bool Elaborator::matchArguments(std::string_view callable, std::string_view what,
                                std::span<const Parameter> parameters,
                                const std::vector<GivenArgument> &given, bool defaults,
                                SourceRange range, std::vector<const GivenArgument *> &matched) {
  matched.assign(parameters.size(), nullptr);
  bool good = true;
  size_t next = 0;
  for (const GivenArgument &argument : given) {
    size_t index = next;
    if (argument.name.empty()) {
      ++next;
      if (index >= parameters.size()) {
        size_t positional = size_t(
            std::count_if(given.begin(), given.end(), [](auto &one) { return one.name.empty(); }));
        DiagnosticBuilder builder = report(
            Diag::TooManyArguments, argument.range, callable,
            fmt::format("{} {}{}", parameters.size(), what, parameters.size() == 1 ? "" : "s"),
            int64_t(positional));
        if (what == "setting" && argument.value.is<Tensor>())
          builder.help(fmt::format("settings and inputs are two lists: `{}(...)(...)`", callable));
        return false;
      }
    } else {
      auto found =
          std::find_if(parameters.begin(), parameters.end(), [&](const Parameter &parameter) {
            return parameter.name.text == argument.name;
          });
      if (found == parameters.end()) {
        std::vector<std::string> names;
        for (const Parameter &parameter : parameters)
          names.push_back(parameter.name.text);
        SourceRange where = argument.nameRange.valid() ? argument.nameRange : argument.range;
        DiagnosticBuilder builder =
            report(Diag::UnknownArgument, where, callable, what, argument.name);
        std::string_view nearest = nearestName(argument.name, std::span<const std::string>(names));
        if (!nearest.empty())
          builder.help(fmt::format("did you mean `{}`?", nearest));
        else if (!names.empty())
          builder.note(fmt::format("it has {}", fmt::join(names, ", ")));
        good = false;
        continue;
      }
      index = size_t(found - parameters.begin());
    }
    if (matched[index]) {
      report(Diag::RepeatedArgument, argument.range, parameters[index].name.text)
          .label(matched[index]->range, "given here already");
      good = false;
    }
    matched[index] = &argument;
  }
  for (size_t index = 0; index < parameters.size(); ++index) {
    if (matched[index] || (defaults && parameters[index].defaultValue))
      continue;
    DiagnosticBuilder builder =
        report(Diag::MissingArgument, range, callable, what, parameters[index].name.text);
    if (parameters[index].type)
      builder.note(fmt::format("it is declared `{}: {}`", parameters[index].name.text,
                               toSource(*parameters[index].type)));
    return false;
  }
  return good;
}

namespace {

std::span<const Parameter> settingsOf(const CallableDeclaration &declaration) {
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
  default:
    return "something else";
  }
}

} // namespace

Entity Elaborator::settingValue(const CallableDeclaration &declaration, const Parameter &parameter,
                                Entity value, SourceRange range) {
  if (!parameter.type || value.poisoned())
    return value;
  ElementKind kind = parameter.type->element;
  bool fits = false;
  auto isCallable = [&](CallableKind wanted) {
    auto *callable = value.get<CallableEntity>();
    return callable && callable->declaration && callable->declaration->callable == wanted;
  };
  auto *tensor = value.get<Tensor>();
  auto explain = [&](IntegerConstant integer) {
    if (!integer.origin || integer.origin->text.empty())
      integer.origin =
          makeOrigin(place(range), fmt::format("`{}` of `{}` is {}", parameter.name.text,
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
    fits = value.isNumber() || (tensor && tensor->shape.empty()) ||
           (isRecipe(declaration) && value.is<ExceptEntity>());
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
  case ElementKind::Function:
    fits = value.is<CallableEntity>() || value.is<ReducerEntity>();
    break;
  case ElementKind::Layer:
    fits = value.is<LayerPtr>() || isCallable(CallableKind::Layer);
    break;
  default:
    return Poison{};
  }
  if (fits)
    return value;
  DiagnosticBuilder builder =
      report(Diag::WrongSetting, range, parameter.name.text, declaration.name.text,
             settingTypeText(*parameter.type), describe(value));
  builder.label(inStandard(parameter.range) ? SourceRange{} : parameter.range, "declared here");
  if (tensor && !declaration.inputs.empty())
    builder.help(
        fmt::format("settings and inputs are two lists: `{}(...)(...)`", declaration.name.text));
  return Poison{};
}

std::vector<NamedEntity> Elaborator::bindSettings(const CallableDeclaration &declaration,
                                                  const std::vector<GivenArgument> &given,
                                                  SourceRange range, bool &good) {
  std::span<const Parameter> parameters = settingsOf(declaration);
  std::vector<const GivenArgument *> matched;
  good = matchArguments(declaration.name.text, "setting", parameters, given, true, range, matched);
  std::vector<NamedEntity> settings;
  for (size_t index = 0; good && index < parameters.size(); ++index)
    if (matched[index]) {
      Entity value = settingValue(declaration, parameters[index], matched[index]->value,
                                  matched[index]->range);
      settings.push_back({parameters[index].name.text, matched[index]->range,
                          std::make_shared<Entity>(std::move(value))});
    }
  return settings;
}

Entity Elaborator::construct(const CallableEntity &callable,
                             const std::vector<GivenArgument> &given, SourceRange range) {
  const CallableDeclaration &declaration = *callable.declaration;
  bool good = true;
  std::vector<NamedEntity> settings = bindSettings(declaration, given, range, good);
  if (!good)
    return Poison{};
  for (const NamedEntity &setting : settings)
    if (setting.value->poisoned())
      return Poison{};
  if (declaration.callable == CallableKind::Layer) {
    LayerPtr layer = makeLayer(declaration, std::move(settings), range);
    return layer ? Entity(layer) : Entity(Poison{});
  }
  CallableEntity bound;
  bound.declaration = &declaration;
  bound.bound = true;
  bound.settings = std::move(settings);
  bound.range = range;
  return bound;
}

Entity Elaborator::evaluateCall(const CallExpression &expression) {
  Entity callee = evaluate(*expression.callee);
  if (expression.arguments.size() == 1 && !leavesOut(callee).empty())
    if (auto *where = as<WhereExpression>(expression.arguments[0].value))
      return IndexEvaluator(*this).applyToKept(callee, expression.arguments[0].name.text, *where,
                                               expression.range);
  std::vector<GivenArgument> given = evaluateArguments(expression.arguments);
  if (callee.poisoned())
    return Poison{};
  if (expression.block)
    return unsupported("a call with a block", expression.range);
  if (auto *callable = callee.get<CallableEntity>(); callable && !callable->bound) {
    if (callable->builtin && callable->builtin->curried) {
      CallableEntity bound = *callable;
      bound.bound = true;
      bound.range = expression.range;
      for (GivenArgument &argument : given)
        bound.settings.push_back(
            {argument.name, argument.range, std::make_shared<Entity>(argument.value)});
      return bound;
    }
    if (const CallableDeclaration *declaration = callable->declaration)
      switch (declaration->callable) {
      case CallableKind::Layer:
      case CallableKind::Function:
        if (declaration->hasSettings)
          return construct(*callable, given, expression.range);
        break;
      case CallableKind::Init:
      case CallableKind::Optimizer:
      case CallableKind::Schedule:
        return construct(*callable, given, expression.range);
      default:
        break;
      }
  }
  return apply(callee, given, expression.range);
}

Entity Elaborator::evaluatePipe(const PipeExpression &expression) {
  if (auto *where = as<WhereExpression>(expression.value))
    if (Entity stage = evaluate(*expression.stage); !leavesOut(stage).empty())
      return IndexEvaluator(*this).applyToKept(stage, "", *where, expression.stage->range);
  Entity value = evaluate(*expression.value);
  if (auto *call = as<CallExpression>(expression.stage); call && as<NameExpression>(call->callee)) {
    // `x |> f(a)` of a function without settings would be read as f(a)(x).
    Entity callee = evaluate(*call->callee);
    if (auto *callable = callee.get<CallableEntity>(); callable && !callable->bound) {
      bool direct = callable->builtin
                        ? !callable->builtin->curried
                        : (callable->declaration->callable == CallableKind::Function &&
                           !callable->declaration->hasSettings) ||
                              callable->declaration->callable == CallableKind::Primitive;
      if (direct) {
        std::string name = toSource(*call->callee);
        std::string arguments;
        for (const CallArgument &argument : call->arguments)
          arguments += ", " + (argument.named() ? argument.name.text + " = " : "") +
                       toSource(*argument.value);
        report(Diag::PipeCall, expression.stage->range, name)
            .help(fmt::format("write `{}({}{})`", name, toSource(*expression.value), arguments));
        return Poison{};
      }
    }
  }
  Entity stage = evaluate(*expression.stage);
  if (value.poisoned() || stage.poisoned())
    return Poison{};
  if (value.is<Nothing>()) {
    report(Diag::NoValue, expression.value->range);
    return Poison{};
  }
  return apply(stage, {{"", std::move(value), expression.value->range}}, expression.stage->range);
}

Entity Elaborator::apply(const Entity &callee, const std::vector<GivenArgument> &given,
                         SourceRange range) {
  if (callee.poisoned())
    return Poison{};
  if (auto *layer = callee.get<LayerPtr>())
    return applyLayer(*layer, given, range);
  if (auto *reducer = callee.get<ReducerEntity>()) {
    if (given.size() != 1 || !given[0].name.empty()) {
      report(Diag::TooManyArguments, range, reducer->expression->reducer.text, "1 input",
             int64_t(given.size()));
      return Poison{};
    }
    return applyReducer(*reducer->expression, reducer->expression->reducer.text, given[0].value,
                        range);
  }
  auto *callable = callee.get<CallableEntity>();
  if (!callable) {
    report(Diag::NotCallable, range, describe(callee));
    return Poison{};
  }
  if (callable->builtin) {
    std::vector<GivenArgument> settings;
    for (const NamedEntity &setting : callable->settings)
      settings.push_back({setting.name, *setting.value, setting.range});
    return applyBuiltin(*callable->builtin, settings, given, range);
  }
  const CallableDeclaration &declaration = *callable->declaration;
  auto recorded = [&](Entity result) {
    if (auto *tensor = result.get<Tensor>(); tensor && tensor->graph == &pass->graph)
      pass->resultOf[tensor->id].insert(&declaration);
    return result;
  };
  switch (declaration.callable) {
  case CallableKind::Primitive:
    return recorded(applyPrimitive(declaration, given, range));
  case CallableKind::Model: {
    LayerPtr model = modelInstance(declaration);
    return model ? applyLayer(model, given, range) : Entity(Poison{});
  }
  case CallableKind::Layer: {
    // Without its settings: all of them have their defaults.
    Entity layer = construct(*callable, {}, range);
    return apply(layer, given, range);
  }
  case CallableKind::Function:
    if (declaration.hasSettings && !callable->bound) {
      Entity function = construct(*callable, {}, range);
      return apply(function, given, range);
    }
    return recorded(invoke(declaration, callable->settings, given, nullptr, range));
  default:
    report(Diag::NotCallable, range, describe(callee));
    return Poison{};
  }
}

Entity Elaborator::applyPrimitive(const CallableDeclaration &declaration,
                                  const std::vector<GivenArgument> &given, SourceRange range) {
  const std::string &name = declaration.name.text;
  if ((name == "max" || name == "min") && given.size() == 1)
    if (const Builtin *reduction = findBuiltin(name))
      return applyBuiltin(*reduction, {}, given, range);
  std::vector<const GivenArgument *> matched;
  if (!matchArguments(name, "input", declaration.inputs, given, false, range, matched))
    return Poison{};
  bool numbers = true;
  for (const GivenArgument *argument : matched) {
    if (argument->value.poisoned())
      return Poison{};
    numbers &= argument->value.isNumber();
  }
  if (numbers) {
    std::vector<Entity> operands;
    for (const GivenArgument *argument : matched)
      operands.push_back(argument->value);
    Entity folded = constantPrimitive(name, operands, range);
    if (!folded.poisoned())
      return folded;
  }
  if (matched.size() == 2)
    return elementwise(name, matched[0]->value, matched[1]->value, range);
  if (matched.size() != 1)
    return unsupported(fmt::format("a primitive of {} inputs", matched.size()), range);
  std::optional<Tensor> operand =
      tensor(matched[0]->value, Element::Float, name, matched[0]->range);
  if (!operand)
    return Poison{};
  if (operand->element == Element::Bool) {
    report(Diag::OperandType, matched[0]->range, name, describe(matched[0]->value));
    return Poison{};
  }
  if (operand->element == Element::Int && name != "neg" && name != "abs" && name != "sign")
    *operand = convert(*operand, Element::Float, range);
  Tensor result = emit(name, {*operand}, operand->element, operand->shape, {}, range);
  result.reduction = operand->reduction;
  return result;
}

Entity Elaborator::applyBuiltin(const Builtin &builtin, const std::vector<GivenArgument> &settings,
                                const std::vector<GivenArgument> &given, SourceRange range) {
  const std::vector<GivenArgument> &counted = builtin.curried ? settings : given;
  std::string_view what = builtin.curried ? "setting" : "input";
  if (int(counted.size()) < builtin.fewest ||
      (builtin.most >= 0 && int(counted.size()) > builtin.most)) {
    std::string wanted = builtin.most < 0 ? fmt::format("at least {} {}", builtin.fewest, what)
                         : builtin.most == builtin.fewest
                             ? fmt::format("{} {}", builtin.fewest, what)
                             : fmt::format("{} to {} {}", builtin.fewest, builtin.most, what);
    report(Diag::TooManyArguments, range, builtin.name, wanted + (builtin.most == 1 ? "" : "s"),
           int64_t(counted.size()));
    return Poison{};
  }
  if (builtin.curried && given.size() != 1) {
    report(Diag::TooManyArguments, range, builtin.name, "1 input", int64_t(given.size()));
    return Poison{};
  }
  for (const auto *list : {&settings, &given})
    for (const GivenArgument &argument : *list)
      if (argument.value.poisoned())
        return Poison{};
  return (this->*builtin.apply)(builtin, settings, given, range);
}

bool Elaborator::enterSettings(const CallableDeclaration &declaration,
                               const std::vector<NamedEntity> &settings) {
  bool good = true;
  for (const Parameter &parameter : settingsOf(declaration)) {
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
          settingValue(declaration, parameter, evaluate(*parameter.defaultValue), parameter.range);
    }
    good &= !value.poisoned();
    if (parameter.type && parameter.type->element == ElementKind::Float &&
        value.is<IntegerConstant>())
      value = value.number();
    if (!parameter.name.text.empty())
      bindFresh(parameter.name.text, std::move(value), range);
  }
  return good;
}

Entity Elaborator::finishInvocation(const CallableDeclaration &declaration, Entity value,
                                    SourceRange range) {
  if (value.poisoned() || declaration.results.empty())
    return value.is<Nothing>() && declaration.callable != CallableKind::Optimizer
               ? (report(Diag::NoValue, declaration.name.range), Poison{})
               : value;
  if (value.is<Nothing>()) {
    report(Diag::NoValue, declaration.name.range);
    return Poison{};
  }
  if (declaration.results.size() == 1 && declaration.results[0].name.text.empty())
    return checkResult(declaration.results[0], value, declaration);
  auto *group = value.get<Group>();
  Group results;
  for (const ResultDeclaration &result : declaration.results) {
    const NamedEntity *found = nullptr;
    if (group)
      for (const NamedEntity &member : group->members)
        if (member.name == result.name.text)
          found = &member;
    if (!found) {
      report(Diag::MissingResult, result.name.range, declaration.name.text, result.name.text,
             describe(value));
      return Poison{};
    }
    results.members.push_back(
        {result.name.text, range,
         std::make_shared<Entity>(checkResult(result, *found->value, declaration))});
  }
  return results;
}

Entity Elaborator::invoke(const CallableDeclaration &declaration,
                          const std::vector<NamedEntity> &settings,
                          const std::vector<GivenArgument> &given, LayerInstance *layer,
                          SourceRange range) {
  if (!declaration.body || !step(range))
    return Poison{};
  std::vector<const GivenArgument *> matched;
  if (!matchArguments(declaration.name.text, "input", declaration.inputs, given, true, range,
                      matched))
    return Poison{};
  std::optional<Diagnostics::Context> context;
  bool isStandard = inStandard(declaration.range);
  // The outermost levels say where; more of them would hide the error.
  struct Level {
    int &levels;
    ~Level() { --levels; }
  } level{++contextLevels};
  if (!isStandard && declaration.callable != CallableKind::Model && !inStandard(range) &&
      contextLevels <= maximumContexts)
    context.emplace(diagnostics, range,
                    fmt::format("in `{}`, applied here", declaration.name.text));

  LayerInstance *owner = layer ? layer : frames.empty() ? nullptr : frame().layer;
  EnterFrame enter(*this, declaration, range);
  frame().layer = owner;
  bool good = enterSettings(declaration, settings);
  for (size_t index = 0; index < matched.size(); ++index) {
    const Parameter &parameter = declaration.inputs[index];
    Entity value = matched[index] ? matched[index]->value : evaluate(*parameter.defaultValue);
    SourceRange where = matched[index] ? matched[index]->range : parameter.range;
    std::optional<Entity> unified = good ? unifyInput(parameter, value, where) : std::nullopt;
    good &= unified && !unified->poisoned();
    if (!parameter.name.text.empty())
      bindFresh(parameter.name.text, unified ? *unified : Entity(Poison{}), parameter.name.range);
  }
  if (!good || !unifyDeferred())
    return Poison{};
  // Sizes that cannot be are said of the declaration, before the body stumbles over them.
  for (const ResultDeclaration &result : declaration.results)
    for (const Dimension &dimension : result.type.dimensions)
      if (dimension.kind == Dimension::Kind::Size && !isOpenDimension(dimension) &&
          !evaluateDimension(*dimension.value,
                             fmt::format("the result of `{}`", declaration.name.text)))
        return Poison{};
  Entity value = evaluateBlock(*declaration.body);
  return finishInvocation(declaration, std::move(value), range);
}

} // namespace nnc::lang
