// `require`, `require_batch` and `discourage`: conditions that definitions put on their settings,
// on the batch and on the values that they are applied to.
#include "lang/syntax/ASTWalk.h"
#include "lang/elaborate/Elaborator.h"

#include <algorithm>

namespace nnc::lang {

/// The text of a requirement; {name} stands for the value of a name.
std::string Elaborator::requirementText(const std::string &text) {
  std::string message;
  for (size_t at = 0; at < text.size();) {
    size_t open = text.find('{', at),
           close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos)
      return message + text.substr(at);
    message += text.substr(at, open - at);
    Binding *binding = findLocal(text.substr(open + 1, close - open - 1));
    if (binding && binding->value.isNumber())
      message += binding->value.is<double>()
                     ? fmt::format("{}", binding->value.number())
                     : fmt::format("{}", binding->value.get<IntegerConstant>()->value);
    else
      message += binding ? describe(binding->value) : text.substr(open, close - open + 1);
    at = close + 1;
  }
  return message;
}

Entity Elaborator::builtinRequire(const Builtin &, const std::vector<GivenArgument> &,
                                  const std::vector<GivenArgument> &inputs, SourceRange range) {
  auto *condition = inputs[0].value.get<bool>();
  auto *text = inputs[1].value.get<std::string>();
  // On numbers of the recipe: checked of the values that are written, by checkRequirements.
  if (text && !condition && inRecipe && inputs[0].value.is<Tensor>())
    return Nothing{};
  if (!condition || !text) {
    report(Diag::NotConstant, inputs[condition ? 1 : 0].range,
           condition ? "the text of `require`" : "the condition of `require`");
    return Poison{};
  }
  if (*condition)
    return Nothing{};
  diagnostics.report(Diag::RequirementFailed, place(range), requirementText(*text));
  return Poison{};
}

bool Elaborator::isKnown(const Expression &expression) {
  // Counters have names of their own only while a recipe is evaluated; `step` is also a function.
  static constexpr std::string_view counters[] = {"step", "steps", "epoch", "epochs",
                                                  "steps_per_epoch"};
  bool known = true;
  if (auto *name = as<NameExpression>(&expression); name && !findLocal(name->name))
    known = std::find(std::begin(counters), std::end(counters), name->name) == std::end(counters) &&
            (findBuiltin(name->name) || contextual(name->name) ||
             findGlobal(name->name, inStandard(name->range)));
  forEachChild(expression, [&](const Expression &child) { known = known && isKnown(child); });
  return known;
}

bool Elaborator::checkRequirements(const Block &body) {
  for (const StatementPtr &statement : body.statements) {
    auto *alone = as<ExpressionStatement>(statement);
    auto *call = alone ? as<CallExpression>(alone->value) : nullptr;
    auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
    if (callee && callee->name == "require" && isKnown(*call) && evaluate(*call).poisoned())
      return false;
  }
  return true;
}

Entity Elaborator::builtinRequireBatch(const Builtin &, const std::vector<GivenArgument> &,
                                       const std::vector<GivenArgument> &inputs,
                                       SourceRange range) {
  auto *examples = inputs[0].value.get<IntegerConstant>();
  auto *text = inputs[1].value.get<std::string>();
  if (!examples || !text) {
    report(Diag::NotConstant, inputs[examples ? 1 : 0].range,
           examples ? "the text of `require_batch`" : "the number of examples");
    return Poison{};
  }
  if (pass->training)
    pass->batchRequirements.push_back({examples->value, requirementText(*text), place(range)});
  return Nothing{};
}

/// Whether an operation only moves elements of its first operand.
static bool movesElements(const Operation &operation) {
  static constexpr std::string_view moves[] = {"reshape", "broadcast", "transpose",    "reverse",
                                               "slice",   "gather",    "stop_gradient"};
  return std::find(std::begin(moves), std::end(moves), operation.name) != std::end(moves);
}

Entity Elaborator::builtinDiscourage(const Builtin &, const std::vector<GivenArgument> &,
                                     const std::vector<GivenArgument> &inputs, SourceRange range) {
  auto *text = inputs.back().value.get<std::string>();
  auto *tensor = inputs[0].value.get<Tensor>();
  if (!text) {
    report(Diag::NotConstant, inputs.back().range, "the text of `discourage`");
    return Poison{};
  }
  if (!tensor || tensor->graph != &pass->graph)
    return Nothing{};
  ValueId value = tensor->id;
  for (size_t index = 1; index + 1 < inputs.size(); ++index) {
    auto *callable = inputs[index].value.get<CallableEntity>();
    if (!callable || !callable->declaration) {
      report(Diag::NotCallable, inputs[index].range, describe(inputs[index].value));
      return Poison{};
    }
    auto isResult = [&] {
      auto known = pass->resultOf.find(value);
      return known != pass->resultOf.end() && known->second.count(callable->declaration);
    };
    const Operation *producer = pass->graph.producer(value);
    while (!isResult()) {
      if (!producer || !movesElements(*producer))
        return Nothing{};
      value = producer->operands[0];
      producer = pass->graph.producer(value);
    }
    bool isLast = index + 2 == inputs.size();
    if (!isLast && (!producer || producer->operands.empty()))
      return Nothing{};
    if (!isLast)
      value = producer->operands[0];
  }
  diagnostics.report(Diag::Discouraged, place(range), *text);
  return Nothing{};
}

} // namespace nnc::lang
