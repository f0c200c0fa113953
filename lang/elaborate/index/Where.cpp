// Implements `where`. Each thing that can leave values out has a number that changes nothing in its
// result, but for `mean`, which is a sum and a count.
#include "lang/elaborate/index/Where.h"

#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/index/IndexEvaluator.h"
#include "lang/syntax/ASTPrinter.h"
#include "lang/support/Names.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <utility>

namespace nnc::lang {

namespace {

constexpr std::string_view reducingNames[] = {"sum", "mean",   "prod",   "max", "min",
                                              "any", "argmax", "argmin", "all", "norm"};
constexpr std::string_view libraryFunctions[] = {"softmax", "log_softmax", "logsumexp"};

/// The number that changes nothing in the result of `by`, of the value's element type.
Entity neutral(std::string_view by, const Entity &value) {
  auto *tensor = value.get<Tensor>();
  bool whole = tensor && tensor->element == Element::Int;
  if (by == "any" || by == "all")
    return by == "all";
  if (by == "sum" || by == "prod" || by == "norm")
    return IntegerConstant{by == "prod" ? 1 : 0, nullptr};
  bool low = by != "min" && by != "argmin";
  if (whole && contains(reducingNames, by))
    return IntegerConstant{low ? INT32_MIN : INT32_MAX, nullptr};
  return low ? -HUGE_VAL : HUGE_VAL;
}

} // namespace

std::string_view leavesOut(const Environment &environment, const Entity &callee) {
  if (auto *reducer = callee.get<ReducerEntity>()) {
    std::string_view name = reducer->expression->reducer.text;
    return contains(reducingNames, name) || contains(libraryFunctions, name) ? name
                                                                             : std::string_view();
  }
  auto *callable = callee.get<CallableEntity>();
  if (!callable)
    return {};
  if (callable->builtin)
    return contains(reducingNames, callable->builtin->name) ? callable->builtin->name
                                                            : std::string_view();
  const CallableDeclaration &declaration = *callable->declaration;
  std::string_view name = declaration.name.text;
  // `max` and `min` of one operand are reductions.
  bool known = declaration.callable == CallableKind::Primitive
                   ? contains(reducingNames, name)
                   : environment.inStandard(declaration.range) && contains(libraryFunctions, name);
  return known ? name : std::string_view();
}

void reportWhere(Environment &environment, const WhereExpression &expression,
                 std::string_view reducer) {
  DiagnosticBuilder builder = environment.report(Diag::WhereHere, expression.range);
  if (!reducer.empty())
    builder.note(fmt::format("`{}` cannot leave elements out; {} can", reducer,
                             fmt::join(reducingNames, ", ")));
  else
    builder.note(fmt::format("arithmetic on the values that are kept stands behind the colon: "
                             "`sum(where {}: ...)`",
                             toSource(*expression.condition)));
}

std::optional<IndexEvaluator::Kept> IndexEvaluator::keep(const WhereExpression &where) {
  // A side that only compares indices learns their ranges from the other one.
  bool conditionFirst = !hasAccess(*where.value) && hasAccess(*where.condition);
  std::optional<Term> value, condition;
  auto evaluateValue = [&] {
    bool outside = std::exchange(guarded, true);
    value = force(evaluate(*where.value), where.value->range);
    guarded = outside;
    learnFromComparisons(*where.condition);
  };
  if (!conditionFirst)
    evaluateValue();
  condition = force(evaluate(*where.condition), where.condition->range);
  if (conditionFirst)
    evaluateValue();
  if (!value || !condition)
    return std::nullopt;
  Kept kept;
  kept.labels = unite({*value, *condition});
  std::optional<Entity> aligned = alignTerm(*value, kept.labels, where.range),
                        test = alignTerm(*condition, kept.labels, where.range);
  if (!aligned || !test)
    return std::nullopt;
  auto *truths = test->get<Tensor>();
  if (!test->is<bool>() && !(truths && truths->element == Element::Bool)) {
    environment.report(Diag::ConditionType, where.condition->range, describe(*test));
    return std::nullopt;
  }
  kept.value = *aligned;
  kept.condition = *test;
  // Also where the condition is known, what is left out has a shape.
  if (test->is<bool>())
    kept.condition = *emitter.tensor(*test, Element::Bool, "where", where.condition->range);
  return kept;
}

Entity
IndexEvaluator::leaveOut(const std::string &by, const Kept &kept,
                         const std::function<Entity(const std::string &, const Entity &)> &apply,
                         SourceRange range) {
  auto chosen = [&](const Entity &value, const Entity &other) {
    return operators.select(kept.condition, value, other, range, "where");
  };
  if (by != "mean") {
    Entity value = chosen(kept.value, neutral(by, kept.value));
    return value.poisoned() ? value : apply(by, value);
  }
  Entity value = chosen(kept.value, 0.0);
  auto *tensor = value.get<Tensor>();
  if (!tensor)
    return Poison{};
  Tensor ones =
      emitter.broadcastTo(emitter.constant(1.0, Element::Float, range), tensor->shape, range);
  Entity sum = apply("sum", value), count = apply("sum", chosen(ones, 0.0));
  return operators.elementwise("div", sum, count, range);
}

Entity IndexEvaluator::applyToKept(const Entity &callee, const std::string &name, const Kept &kept,
                                   SourceRange range) {
  std::string by(leavesOut(environment, callee));
  auto *reducer = callee.get<ReducerEntity>();
  const Builtin *reduction = contains(reducingNames, by) ? findBuiltin(by) : nullptr;
  return leaveOut(
      by, kept,
      [&](const std::string &part, const Entity &value) {
        if (reducer)
          return reductions.apply(*reducer->expression, part, value, range);
        std::vector<GivenArgument> given{{name, value, range}};
        return reduction ? calls.applyBuiltin(*findBuiltin(part), {}, given, range)
                         : calls.apply(callee, given, range);
      },
      range);
}

Entity IndexEvaluator::applyToKept(const Entity &callee, const std::string &name,
                                   const WhereExpression &where, SourceRange range) {
  declareFree(where);
  learnRanges(where);
  std::optional<Kept> kept = keep(where);
  return kept ? applyToKept(callee, name, *kept, range) : Entity(Poison{});
}

} // namespace nnc::lang
