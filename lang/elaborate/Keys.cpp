// The keys of a train block.
#include "lang/elaborate/Training.h"

namespace nnc::lang {

std::optional<int64_t> TrainingElaborator::positiveInteger(const std::string &key,
                                                           const Expression &value) {
  Entity given = elaborator.evaluate(value);
  auto *integer = given.get<IntegerConstant>();
  if (integer && integer->value >= 1 && integer->value <= INT32_MAX)
    return integer->value;
  if (!given.poisoned())
    diagnostics.report(Diag::KeyValue, value.range, key,
                       fmt::format("a whole number from 1 to {}", INT32_MAX), describe(given));
  return std::nullopt;
}

void TrainingElaborator::readStop(const Expression &value) {
  auto *call = as<CallExpression>(&value);
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  if (!callee || callee->name != "patience" || call->arguments.size() != 1 ||
      call->arguments[0].named()) {
    if (!as<ErrorExpression>(&value))
      diagnostics.report(Diag::KeyValue, value.range, "stop",
                         "patience(n), with n the epochs to wait for a better loss",
                         toSource(value));
    return;
  }
  if (std::optional<int64_t> epochs = positiveInteger("patience", *call->arguments[0].value))
    program.recipe.patience = *epochs;
}

void TrainingElaborator::readKey(const std::string &key, const Identifier &,
                                 const Expression &value) {
  Recipe &recipe = program.recipe;
  if (key == "batch") {
    recipe.batch = positiveInteger(key, value).value_or(recipe.batch);
  } else if (key == "epochs") {
    recipe.epochs = positiveInteger(key, value);
  } else if (key == "steps") {
    recipe.steps = positiveInteger(key, value);
  } else if (key == "validate") {
    Entity given = elaborator.evaluate(value);
    if (given.isNumber() && given.number() >= 0 && given.number() < 1)
      recipe.validate = given.number();
    else if (!given.poisoned())
      diagnostics.report(Diag::KeyValue, value.range, key, "a part of the training data, as 10%",
                         describe(given));
  } else if (key == "stop") {
    readStop(value);
  } else if (key == "optimizer") {
    optimizer = elaborator.evaluate(value);
    optimizerRange = value.range;
    auto *callable = optimizer.get<CallableEntity>();
    if (!optimizer.poisoned() && !(callable && callable->declaration &&
                                   callable->declaration->callable == CallableKind::Optimizer)) {
      diagnostics.report(Diag::KeyValue, value.range, key, "an optimizer, as sgd(0.1)",
                         describe(optimizer));
      optimizer = Poison{};
    }
  } else if (key == "clip") {
    clip = elaborator.evaluate(value);
    clipRange = value.range;
    auto *callable = clip.get<CallableEntity>();
    if (!clip.poisoned() && !(callable && callable->declaration &&
                              callable->declaration->callable == CallableKind::Function)) {
      diagnostics.report(Diag::KeyValue, value.range, key,
                         "a function of a gradient, as global_norm(1.0)", describe(clip));
      clip = Poison{};
    }
  }
}

} // namespace nnc::lang
