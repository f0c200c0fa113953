// Implements Reductions: which axes are meant, and means as sums divided by counts.
#include "lang/elaborate/graph/Reductions.h"

#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

namespace nnc::lang {

Entity Reductions::reduceAxes(const std::string &reducer, const Tensor &given,
                              std::vector<int64_t> axes, SourceRange range) {
  Tensor value = given;
  if (value.element == Element::Bool) {
    environment.report(Diag::OperandType, range, reducer, describe(given));
    return Poison{};
  }
  if (reducer == "argmax") {
    if (axes.size() != 1) {
      environment.report(Diag::ArgmaxAxes, range, describe(value.element, value.shape));
      return Poison{};
    }
    Shape shape = value.shape;
    int64_t classes = shape[size_t(axes[0])].size;
    shape.erase(shape.begin() + axes[0]);
    Tensor result = emitter.emit("argmax", {value}, Element::Int, shape, {{"dim", axes[0]}}, range);
    result.classes = classes;
    return result;
  }
  if (reducer == "mean" && value.element == Element::Int)
    value = emitter.convert(value, Element::Float, range);
  if (axes.empty())
    return value;
  int64_t count = 1;
  for (int64_t axis : axes)
    count *= value.shape[size_t(axis)].size;
  if (reducer != "mean")
    return emitter.reduce("reduce_" + reducer, value, axes, range);
  Tensor sum = emitter.reduce("reduce_sum", value, axes, range);
  Tensor divisor =
      emitter.broadcastTo(emitter.constant(double(count), sum.element, range), sum.shape, range);
  Tensor mean = emitter.emit("div", {sum, divisor}, sum.element, sum.shape, {}, range);
  mean.reduction = sum.reduction;
  return mean;
}

std::optional<std::vector<int64_t>> Reductions::reducedAxes(const ReduceExpression &expression,
                                                            const Tensor &value) {
  std::vector<int64_t> axes;
  for (const ExpressionPtr &item : expression.items) {
    if (as<EllipsisExpression>(item)) {
      size_t count = environment.frame().leading ? environment.frame().leading->size() : 0;
      if (!environment.frame().leading) {
        environment.report(Diag::NoLeading, item->range);
        return std::nullopt;
      }
      for (size_t axis = 0; axis < std::min(count, value.shape.size()); ++axis)
        axes.push_back(int64_t(axis));
      continue;
    }
    Entity dimension = evaluator.evaluate(*item);
    if (dimension.poisoned())
      return std::nullopt;
    auto *known = dimension.get<IntegerConstant>();
    std::vector<int64_t> same, equal;
    for (size_t axis = 0; known && axis < value.shape.size(); ++axis) {
      if (sameDimension(value.shape[axis], {known->value, known->origin}))
        same.push_back(int64_t(axis));
      if (value.shape[axis].size == known->value)
        equal.push_back(int64_t(axis));
    }
    // The dimension itself, else the only one of its size.
    const std::vector<int64_t> &found = same.empty() ? equal : same;
    if (!known || found.size() != 1) {
      DiagnosticBuilder builder = environment.report(
          Diag::UnknownAxis, item->range, toSource(*item), describe(value.element, value.shape));
      if (found.size() > 1) {
        auto *operand = as<NameExpression>(expression.operand);
        std::vector<int64_t> all(value.shape.size());
        std::iota(all.begin(), all.end(), 0);
        std::vector<std::string> spellings;
        for (int64_t axis : found)
          spellings.push_back(fmt::format("`{} {}`", indexed(expression.reducer.text, {axis}),
                                          indexed(operand ? operand->name : "x", all)));
        builder.help(
            fmt::format("{} of its dimensions could be meant; index notation says which: {}",
                        found.size(), fmt::join(spellings, " or ")));
      } else
        environment.addOrigins(builder, value.shape);
      return std::nullopt;
    }
    axes.push_back(found[0]);
  }
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

bool isOverIndices(const ReduceExpression &expression) {
  // An index variable stands in the brackets of something in the operand; a dimension does not.
  std::set<std::string> names;
  for (const ExpressionPtr &item : expression.items)
    if (auto *name = as<NameExpression>(item))
      names.insert(name->name);
    else if (as<IndexVariableExpression>(item))
      return true;
  bool found = false;
  if (expression.operand)
    forEachIndexName(*expression.operand,
                     [&](const std::string &name) { found |= names.count(name) != 0; });
  return found;
}

void forEachIndexName(const Expression &expression,
                      const std::function<void(const std::string &)> &visit) {
  std::function<void(const Expression &)> inItem = [&](const Expression &node) {
    if (auto *name = as<NameExpression>(&node))
      visit(name->name);
    else if (as<BinaryExpression>(&node) || as<UnaryExpression>(&node))
      forEachChild(node, inItem);
    else if (!as<RangeExpression>(&node))
      forEachIndexName(node, visit);
  };
  if (auto *access = as<IndexExpression>(&expression)) {
    forEachIndexName(*access->base, visit);
    for (const ExpressionPtr &item : access->items)
      inItem(*item);
    return;
  }
  forEachChild(expression, [&](const Expression &child) { forEachIndexName(child, visit); });
}

Entity Reductions::apply(const ReduceExpression &expression, const std::string &reducer,
                         const Entity &operand, SourceRange range) {
  if (operand.poisoned())
    return Poison{};
  std::optional<Tensor> value = emitter.tensor(operand, Element::Float, reducer, range);
  if (!value)
    return Poison{};
  std::optional<std::vector<int64_t>> axes = reducedAxes(expression, *value);
  if (!axes)
    return Poison{};
  return reduceAxes(reducer, *value, *axes, range);
}

} // namespace nnc::lang
