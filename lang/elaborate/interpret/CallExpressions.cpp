// Implements calls and pipes: whether arguments are settings or inputs.
#include "lang/elaborate/interpret/Interpreter.h"

#include "lang/elaborate/index/Where.h"
#include "lang/elaborate/interpret/Advice.h"
#include "lang/elaborate/signatures/Arguments.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>

namespace nnc::lang {

std::vector<GivenArgument>
Interpreter::evaluateArguments(const std::vector<CallArgument> &arguments) {
  std::vector<GivenArgument> given;
  for (const CallArgument &argument : arguments) {
    Entity value = evaluate(*argument.value);
    if (value.is<Nothing>()) {
      environment.report(Diag::NoValue, argument.value->range);
      value = Poison{};
    }
    given.push_back(
        {argument.name.text, std::move(value), argument.value->range, argument.name.range});
  }
  return given;
}

/// Whether arguments are the inputs of a function or a layer whose settings all have defaults: as
/// many as it has inputs, and tensors, which settings rarely are.
static bool areInputs(const CallableDeclaration &declaration,
                      const std::vector<GivenArgument> &given) {
  auto isTensor = [](const GivenArgument &argument) { return argument.value.is<Tensor>(); };
  auto needed = std::count_if(declaration.inputs.begin(), declaration.inputs.end(),
                              [](const Parameter &input) { return !input.defaultValue; });
  return given.size() >= size_t(needed) && given.size() <= declaration.inputs.size() &&
         !given.empty() && std::any_of(given.begin(), given.end(), isTensor) &&
         std::all_of(given.begin(), given.end(),
                     [](const GivenArgument &argument) { return argument.name.empty(); }) &&
         std::all_of(declaration.settings.begin(), declaration.settings.end(),
                     [](const Parameter &setting) { return setting.defaultValue != nullptr; });
}

Entity Interpreter::evaluateCall(const CallExpression &expression) {
  auto *member = as<MemberExpression>(expression.callee);
  Entity callee =
      member ? evaluateMember(*member, &expression.arguments) : evaluate(*expression.callee);
  if (expression.arguments.size() == 1 && !leavesOut(environment, callee).empty())
    if (auto *where = as<WhereExpression>(expression.arguments[0].value))
      return indexNotation().applyToKept(callee, expression.arguments[0].name.text, *where,
                                         expression.range);
  std::vector<GivenArgument> given = evaluateArguments(expression.arguments);
  if (callee.poisoned())
    return Poison{};
  if (expression.block)
    return environment.unsupported("a call with a block", expression.range);
  if (!Calls::canApply(callee)) {
    reportNotCallable(environment, *expression.callee, callee, expression.arguments,
                      expression.range);
    return Poison{};
  }
  if (auto *callable = callee.get<CallableEntity>(); callable && callable->builtin)
    if (std::string reduction = reductionOver(callable->builtin->name, expression.arguments);
        !reduction.empty()) {
      environment
          .report(Diag::TooManyArguments, expression.range, callable->builtin->name, "1 input",
                  int64_t(given.size()))
          .help(fmt::format("write `{}`", reduction));
      return Poison{};
    }
  if (auto *callable = callee.get<CallableEntity>(); callable && !callable->bound) {
    if (callable->builtin && callable->builtin->curried) {
      for (const GivenArgument &argument : given)
        if (auto *input = argument.value.get<Tensor>(); input && !input->shape.empty()) {
          reportInputAmongSettings(environment, callable->builtin->name,
                                   callable->builtin->fewest == 0, given, argument);
          return Poison{};
        }
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
        if (declaration->hasSettings && !areInputs(*declaration, given))
          return calls.construct(*callable, given, expression.range);
        break;
      case CallableKind::Init:
        // An initialiser that has no settings is applied to sizes.
        if (declaration->settings.size() <= 1 && !given.empty())
          return parameters.filled(*callable, given, expression.range);
        return calls.construct(*callable, given, expression.range);
      case CallableKind::Optimizer:
      case CallableKind::Schedule:
        return calls.construct(*callable, given, expression.range);
      default:
        break;
      }
  }
  if (auto *callable = callee.get<CallableEntity>();
      callable && callable->declaration && callable->declaration->callable == CallableKind::Init)
    return parameters.filled(*callable, given, expression.range);
  return calls.apply(callee, given, expression.range);
}

static bool hasUnknownArgument(const CallableDeclaration &declaration, const CallExpression &call) {
  return std::ranges::any_of(call.arguments, [&](const CallArgument &argument) {
    return argument.named() && std::ranges::none_of(declaration.inputs, [&](const Parameter &one) {
             return one.name.text == argument.name.text;
           });
  });
}

Entity Interpreter::evaluatePipe(const PipeExpression &expression) {
  if (auto *where = as<WhereExpression>(expression.value))
    if (Entity stage = evaluate(*expression.stage); !leavesOut(environment, stage).empty())
      return indexNotation().applyToKept(stage, "", *where, expression.stage->range);
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
      if (direct && call->arguments.empty())
        return value.poisoned() ? value
                                : calls.apply(callee, {{"", value, expression.value->range}},
                                              expression.stage->range);
      if (direct) {
        // An argument that is not known has been reported.
        if (callable->declaration && hasUnknownArgument(*callable->declaration, *call))
          return Poison{};
        std::string name = toSource(*call->callee);
        std::string arguments;
        for (const CallArgument &argument : call->arguments)
          arguments += ", " + (argument.named() ? argument.name.text + " = " : "") +
                       toSource(*argument.value);
        environment.report(Diag::PipeCall, expression.stage->range, name)
            .help(fmt::format("write `{}({}{})`", name, toSource(*expression.value), arguments));
        return Poison{};
      }
    }
  }
  Entity stage = evaluate(*expression.stage);
  if (value.poisoned() || stage.poisoned())
    return Poison{};
  if (value.is<Nothing>()) {
    environment.report(Diag::NoValue, expression.value->range);
    return Poison{};
  }
  if (!Calls::canApply(stage)) {
    std::vector<CallArgument> piped;
    DiagnosticBuilder builder =
        environment.report(Diag::NotCallable, expression.stage->range, describe(stage));
    auto *tensor = stage.get<Tensor>();
    if (tensor && tensor->shape.size() == 2)
      builder.help(fmt::format("a product of matrices is written `{} @ {}`",
                               asOperand(*expression.value), asOperand(*expression.stage)));
    return Poison{};
  }
  return calls.apply(stage, {{"", std::move(value), expression.value->range}},
                     expression.stage->range);
}

} // namespace nnc::lang
