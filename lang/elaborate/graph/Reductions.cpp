// Implements Reductions: which axes are meant, and means as sums divided by counts.
#include "lang/elaborate/graph/Reductions.h"

#include "lang/elaborate/graph/Padding.h"
#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

namespace nnc::lang {

bool keepsDimensions(std::string_view reducer) {
  return reducer == "cumsum" || reducer == "reverse" || reducer == "softmax" ||
         reducer == "log_softmax";
}

Tensor Reductions::unary(const std::string &operation, const Tensor &value, SourceRange range) {
  Tensor result = emitter.emit(operation, {value}, value.element, value.shape, {}, range);
  result.reduction = value.reduction;
  return result;
}

Tensor Reductions::combine(const std::string &operation, const Tensor &value, const Tensor &reduced,
                           const std::vector<int64_t> &axes, SourceRange range) {
  std::vector<int64_t> places;
  for (int64_t axis = 0; axis < int64_t(value.shape.size()); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end())
      places.push_back(axis);
  Tensor repeated = emitter.broadcast(reduced, value.shape, places, range);
  Tensor result = emitter.emit(operation, {value, repeated}, value.element, value.shape, {}, range);
  result.reduction = value.reduction;
  return result;
}

Tensor Reductions::root(const Tensor &value, SourceRange range) {
  Tensor zero =
      emitter.broadcastTo(emitter.constant(0.0, value.element, range), value.shape, range);
  Tensor positive = emitter.emit("compare", {value, zero}, Element::Bool, value.shape,
                                 {{"predicate", std::string("gt")}}, range);
  Tensor result = emitter.emit("select", {positive, unary("sqrt", value, range), zero},
                               value.element, value.shape, {}, range);
  result.reduction = value.reduction;
  return result;
}

Tensor Reductions::mean(const Tensor &value, const std::vector<int64_t> &axes, SourceRange range) {
  int64_t count = 1;
  for (int64_t axis : axes)
    count *= value.shape[size_t(axis)].size;
  Tensor sum = emitter.reduce("reduce_sum", value, axes, range);
  std::optional<Tensor> ofExample = Padding(environment, emitter).count(value, axes, range);
  Tensor divisor = emitter.broadcastTo(
      ofExample ? *ofExample : emitter.constant(double(count), sum.element, range), sum.shape,
      range);
  Tensor mean = emitter.emit("div", {sum, divisor}, sum.element, sum.shape, {}, range);
  mean.reduction = sum.reduction;
  return mean;
}

Entity Reductions::composed(const std::string &reducer, const Tensor &value,
                            const std::vector<int64_t> &axes, SourceRange range) {
  auto squares = [&](const Tensor &of) {
    return emitter.emit("mul", {of, of}, of.element, of.shape, {}, range);
  };
  if (reducer == "norm")
    return root(emitter.reduce("reduce_sum", squares(value), axes, range), range);
  if (reducer == "var" || reducer == "std") {
    Tensor centred = combine("sub", value, mean(value, axes, range), axes, range);
    Tensor variance = mean(squares(centred), axes, range);
    return reducer == "var" ? variance : root(variance, range);
  }
  if (reducer == "cumsum" || reducer == "reverse") {
    Tensor result = value;
    for (int64_t axis : axes)
      result = reducer == "cumsum" ? emitter.emit("cumulative_sum", {result}, result.element,
                                                  result.shape, {{"dim", axis}}, range)
                                   : Padding(environment, emitter).reverse(result, axis, range);
    return result;
  }
  if (reducer == "softmax") {
    Tensor result =
        emitter.emit("softmax", {value}, value.element, value.shape, {{"dims", axes}}, range);
    result.reduction = value.reduction;
    return result;
  }
  // The largest exponential is 1, so that nothing overflows; the maximum has no part in the
  // derivative.
  Tensor largest = unary("stop_gradient", emitter.reduce("reduce_max", value, axes, range), range);
  Tensor shifted = combine("sub", value, largest, axes, range);
  Tensor exponentials = unary("exp", shifted, range);
  Tensor sum = emitter.reduce("reduce_sum", exponentials, axes, range);
  Tensor logarithm = unary("log", sum, range);
  if (reducer == "log_softmax")
    return combine("sub", shifted, logarithm, axes, range);
  Tensor result = emitter.emit("add", {largest, logarithm}, sum.element, sum.shape, {}, range);
  result.reduction = sum.reduction;
  return result;
}

Entity Reductions::anyOrAll(const std::string &reducer, const Tensor &value,
                            std::vector<int64_t> axes, SourceRange range) {
  if (value.element != Element::Bool) {
    environment.report(Diag::OperandType, range, reducer, describe(value))
        .help(fmt::format("it takes truth values, as `{}(x > 0)`", reducer));
    return Poison{};
  }
  if (axes.empty())
    return value;
  Tensor numbers = emitter.convert(value, Element::Int, range);
  Tensor reduced = emitter.reduce(reducer == "any" ? "reduce_max" : "reduce_min", numbers,
                                  std::move(axes), range);
  Tensor zero =
      emitter.broadcastTo(emitter.constant(0.0, Element::Int, range), reduced.shape, range);
  Tensor result = emitter.emit("compare", {reduced, zero}, Element::Bool, reduced.shape,
                               {{"predicate", std::string("gt")}}, range);
  result.reduction = reduced.reduction;
  return result;
}

Entity Reductions::reduceAxes(const std::string &reducer, const Tensor &given,
                              std::vector<int64_t> axes, SourceRange range) {
  Tensor value = given;
  if (reducer == "any" || reducer == "all")
    return anyOrAll(reducer, value, std::move(axes), range);
  // The truth values that hold are counted.
  if (value.element == Element::Bool && (reducer == "sum" || reducer == "mean"))
    value = emitter.convert(value, reducer == "sum" ? Element::Int : Element::Float, range);
  if (value.element == Element::Bool) {
    environment.report(Diag::OperandType, range, reducer, describe(given));
    return Poison{};
  }
  if (reducer == "argmax" || reducer == "argmin") {
    if (axes.size() != 1) {
      environment.report(Diag::ArgmaxAxes, range, reducer, describe(value.element, value.shape));
      return Poison{};
    }
    if (reducer == "argmin")
      value = unary("neg", value, range);
    Shape shape = value.shape;
    int64_t classes = shape[size_t(axes[0])].size;
    shape.erase(shape.begin() + axes[0]);
    Tensor result = emitter.emit("argmax", {value}, Element::Int, shape, {{"dim", axes[0]}}, range);
    result.classes = classes;
    return result;
  }
  bool simple = reducer == "sum" || reducer == "prod" || reducer == "max" || reducer == "min";
  if (!simple && reducer != "reverse" && value.element == Element::Int)
    value = emitter.convert(value, Element::Float, range);
  if (simple || reducer == "mean")
    return axes.empty()        ? Entity(value)
           : reducer == "mean" ? mean(value, axes, range)
                               : emitter.reduce("reduce_" + reducer, value, axes, range);
  return composed(reducer, value, axes, range);
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
    // A number that is written is a position, from the end if it is negative.
    auto *minus = as<UnaryExpression>(item);
    if (auto *position = as<IntegerLiteral>(minus ? minus->operand.get() : item.get())) {
      int64_t rank = int64_t(value.shape.size());
      int64_t axis = minus ? rank - position->value : position->value;
      if (axis < 0 || axis >= rank) {
        environment.report(Diag::UnknownAxis, item->range, toSource(*item),
                           describe(value.element, value.shape));
        return std::nullopt;
      }
      axes.push_back(axis);
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
  // The dimensions of `where condition: value` come in the order that the value has.
  if (auto *where = as<WhereExpression>(&expression); where && where->value && where->condition) {
    forEachIndexName(*where->value, visit);
    forEachIndexName(*where->condition, visit);
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
  Entity result = reduceAxes(reducer, *value, *axes, range);
  auto *reduced = result.get<Tensor>();
  if (!reduced || !expression.keep || keepsDimensions(reducer))
    return result;
  Shape shape = value->shape;
  for (int64_t axis : *axes)
    shape[size_t(axis)] = {1, nullptr, true};
  return emitter.reshape(*reduced, shape, range);
}

} // namespace nnc::lang
