// Implements `require`, `require_batch` and `discourage`.
#include "lang/elaborate/builtins/Requirements.h"

#include "lang/elaborate/builtins/Builtins.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>
#include <utility>

namespace nnc::lang::builtins {

/// The text of a requirement; {name} stands for the value of a name.
static std::string requirementText(Environment &environment, const std::string &text) {
  std::string message;
  for (size_t at = 0; at < text.size();) {
    size_t open = text.find('{', at),
           close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos)
      return message + text.substr(at);
    message += text.substr(at, open - at);
    Binding *binding = environment.findLocal(text.substr(open + 1, close - open - 1));
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

static Entity require(const BuiltinCall &call) {
  auto *condition = call.inputs[0].value.get<bool>();
  auto *text = call.inputs[1].value.get<std::string>();
  // On numbers of the recipe: checked of the values that are written, by checkRequirements.
  if (text && !condition && call.environment.inRecipe && call.inputs[0].value.is<Tensor>())
    return Nothing{};
  if (!condition || !text) {
    call.environment.report(Diag::NotConstant, call.inputs[condition ? 1 : 0].range,
                            condition ? "the text of `require`" : "the condition of `require`");
    return Poison{};
  }
  if (*condition)
    return Nothing{};
  call.environment.diagnostics.report(Diag::RequirementFailed, call.environment.place(call.range),
                                      requirementText(call.environment, *text));
  return Poison{};
}

/// Whether all names in an expression have a meaning here.
static bool isKnown(Environment &environment, const Expression &expression) {
  // Counters have names of their own only while a recipe is evaluated; `step` is also a function.
  static constexpr std::string_view counters[] = {
      "step", "steps", "epoch", "epochs", "steps_per_epoch", "validation_loss", "layer", "layers"};
  bool known = true;
  if (auto *name = as<NameExpression>(&expression); name && !environment.findLocal(name->name))
    known = std::find(std::begin(counters), std::end(counters), name->name) == std::end(counters) &&
            (isBuiltinName(name->name) ||
             environment.globals.find(name->name, environment.inStandard(name->range)));
  forEachChild(expression,
               [&](const Expression &child) { known = known && isKnown(environment, child); });
  return known;
}

static Entity requireBatch(const BuiltinCall &call) {
  auto *examples = call.inputs[0].value.get<IntegerConstant>();
  auto *text = call.inputs[1].value.get<std::string>();
  if (!examples || !text) {
    call.environment.report(Diag::NotConstant, call.inputs[examples ? 1 : 0].range,
                            examples ? "the text of `require_batch`" : "the number of examples");
    return Poison{};
  }
  if (call.emitter.pass->training)
    call.emitter.pass->batchRequirements.push_back({examples->value,
                                                    requirementText(call.environment, *text),
                                                    call.environment.place(call.range)});
  return Nothing{};
}

/// Whether an operation only moves elements of its first operand.
static bool movesElements(const Operation &operation) {
  static constexpr std::string_view moves[] = {"reshape", "broadcast", "transpose",    "reverse",
                                               "slice",   "gather",    "stop_gradient"};
  return std::find(std::begin(moves), std::end(moves), operation.name) != std::end(moves);
}

static Entity discourage(const BuiltinCall &call) {
  auto *text = call.inputs.back().value.get<std::string>();
  auto *tensor = call.inputs[0].value.get<Tensor>();
  if (!text) {
    call.environment.report(Diag::NotConstant, call.inputs.back().range,
                            "the text of `discourage`");
    return Poison{};
  }
  if (!tensor || tensor->graph != &call.emitter.pass->graph)
    return Nothing{};
  ValueId value = tensor->id;
  for (size_t index = 1; index + 1 < call.inputs.size(); ++index) {
    auto *callable = call.inputs[index].value.get<CallableEntity>();
    if (!callable || !callable->declaration) {
      call.environment.report(Diag::NotCallable, call.inputs[index].range,
                              describe(call.inputs[index].value));
      return Poison{};
    }
    auto isResult = [&] {
      auto known = call.emitter.pass->resultOf.find(value);
      return known != call.emitter.pass->resultOf.end() &&
             known->second.count(callable->declaration);
    };
    const Operation *producer = call.emitter.pass->graph.producer(value);
    while (!isResult()) {
      if (!producer || !movesElements(*producer))
        return Nothing{};
      value = producer->operands[0];
      producer = call.emitter.pass->graph.producer(value);
    }
    bool isLast = index + 2 == call.inputs.size();
    if (!isLast && (!producer || producer->operands.empty()))
      return Nothing{};
    if (!isLast)
      value = producer->operands[0];
  }
  call.environment.diagnostics.report(Diag::Discouraged, call.environment.place(call.range), *text);
  return Nothing{};
}

static constexpr Builtin requirementTable[] = {
    {"require", false, 2, 2, require},
    {"require_batch", false, 2, 2, requireBatch},
    {"discourage", false, 3, -1, discourage},
};
const std::span<const Builtin> requirementFunctions = requirementTable;

} // namespace nnc::lang::builtins

namespace nnc::lang {

bool checkRequirements(Environment &environment, Evaluator &evaluator, const Block &body) {
  // A setting may be computed from counters of the run, as `3 * steps_per_epoch`.
  struct InRecipe {
    bool &place, outer = std::exchange(place, true);
    ~InRecipe() { place = outer; }
  } inRecipe{environment.inRecipe};
  for (const StatementPtr &statement : body.statements) {
    auto *alone = as<ExpressionStatement>(statement);
    auto *call = alone ? as<CallExpression>(alone->value) : nullptr;
    auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
    if (callee && callee->name == "require" && builtins::isKnown(environment, *call) &&
        evaluator.evaluate(*call).poisoned())
      return false;
  }
  return true;
}

} // namespace nnc::lang
