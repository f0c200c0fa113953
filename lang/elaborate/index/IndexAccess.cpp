// Implements the accesses of index notation, `x[t - k, c]`. Indices that are sums of multiples of
// index variables become slices and windows, which are views; any other index becomes a gather.
#include "lang/elaborate/index/IndexEvaluator.h"

#include "lang/elaborate/graph/Padding.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>

namespace nnc::lang {

namespace {

bool addTo(int64_t &sum, int64_t value) { return !__builtin_add_overflow(sum, value, &sum); }

/// left + factor * right; nothing where a number leaves 64 bits.
std::optional<LinearIndex> combine(LinearIndex left, const LinearIndex &right, int64_t factor) {
  int64_t term = 0;
  if (__builtin_mul_overflow(right.constant, factor, &term) || !addTo(left.constant, term))
    return std::nullopt;
  for (const auto &[name, coefficient] : right.coefficients) {
    if (__builtin_mul_overflow(coefficient, factor, &term) || !addTo(left.coefficients[name], term))
      return std::nullopt;
    if (left.coefficients[name] == 0)
      left.coefficients.erase(name);
  }
  return left;
}

} // namespace

std::optional<LinearIndex> IndexEvaluator::linear(const Expression &expression) {
  if (isVariable(expression))
    return LinearIndex{{{as<NameExpression>(&expression)->name, 1}}, 0};
  if (!mentionsVariable(expression)) {
    // Other names may stand for constants; what else they stand for is evaluated in its own place.
    auto *name = as<NameExpression>(&expression);
    if (auto *literal = as<IntegerLiteral>(&expression))
      return LinearIndex{{}, literal->value};
    if (!name || locals.count(name->name))
      return std::nullopt;
    Entity value = evaluator.evaluate(expression);
    auto *number = value.get<IntegerConstant>();
    return number ? std::optional(LinearIndex{{}, number->value}) : std::nullopt;
  }
  if (auto *unary = as<UnaryExpression>(&expression); unary && unary->op == UnaryOperator::Negate) {
    std::optional<LinearIndex> operand = linear(*unary->operand);
    return operand ? combine({}, *operand, -1) : std::nullopt;
  }
  auto *binary = as<BinaryExpression>(&expression);
  if (!binary)
    return std::nullopt;
  std::optional<LinearIndex> left = linear(*binary->left), right = linear(*binary->right);
  if (!left || !right)
    return std::nullopt;
  switch (binary->op) {
  case BinaryOperator::Add:
    return combine(*left, *right, 1);
  case BinaryOperator::Subtract:
    return combine(*left, *right, -1);
  case BinaryOperator::Multiply:
    if (left->coefficients.empty())
      return combine({}, *right, left->constant);
    if (right->coefficients.empty())
      return combine({}, *left, right->constant);
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

std::optional<std::pair<int64_t, int64_t>> IndexEvaluator::reach(const LinearIndex &index) const {
  int64_t low = index.constant, high = index.constant;
  for (const auto &[name, coefficient] : index.coefficients) {
    const Variable &variable = variables.at(name);
    if (!variable.known)
      return std::nullopt;
    int64_t first = 0, last = 0;
    if (__builtin_mul_overflow(coefficient, variable.begin, &first) ||
        __builtin_mul_overflow(coefficient, variable.begin + variable.extent.size - 1, &last) ||
        !addTo(low, std::min(first, last)) || !addTo(high, std::max(first, last)))
      return std::nullopt;
  }
  return std::pair(low, high);
}

std::optional<std::pair<int64_t, int64_t>> IndexEvaluator::bounds(const Expression &expression) {
  constexpr std::pair<int64_t, int64_t> anything(INT64_MIN, INT64_MAX);
  if (std::optional<LinearIndex> index = linear(expression)) {
    bool known = std::all_of(index->coefficients.begin(), index->coefficients.end(),
                             [&](auto &term) { return variables[term.first].known; });
    if (!known)
      return std::nullopt;
    return reach(*index).value_or(anything);
  }
  auto *binary = as<BinaryExpression>(&expression);
  auto left = binary ? bounds(*binary->left) : std::nullopt;
  auto right = binary ? bounds(*binary->right) : std::nullopt;
  if (!left || !right)
    return std::nullopt;
  // The remainder has the sign of the left side.
  if (binary->op == BinaryOperator::Remainder && right->first > 0)
    return std::pair(std::min<int64_t>(0, std::max(left->first, 1 - right->second)),
                     std::max<int64_t>(0, std::min(left->second, right->second - 1)));
  if (binary->op != BinaryOperator::Add && binary->op != BinaryOperator::Subtract &&
      binary->op != BinaryOperator::Multiply)
    return std::nullopt;
  int64_t low = INT64_MAX, high = INT64_MIN;
  for (int64_t a : {left->first, left->second})
    for (int64_t b : {right->first, right->second}) {
      int64_t value = 0;
      bool overflows = binary->op == BinaryOperator::Add ? __builtin_add_overflow(a, b, &value)
                       : binary->op == BinaryOperator::Subtract
                           ? __builtin_sub_overflow(a, b, &value)
                           : __builtin_mul_overflow(a, b, &value);
      if (overflows)
        return anything;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  return std::pair(low, high);
}

void IndexEvaluator::reportReach(const Expression &item, std::pair<int64_t, int64_t> ends,
                                 const Extent &extent) {
  DiagnosticBuilder builder = environment.report(Diag::IndexReach, item.range, toSource(item),
                                                 ends.first, ends.second, extent.size);
  environment.addOrigins(builder, {extent});
  builder.help("give the index a shorter range, `y[i in 0..n] = ...`, or choose where it counts: "
               "`if condition { ... } else { 0 }` reads 0 out of range");
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

bool IndexEvaluator::bringIntoRange(Tensor &value, int64_t axis, LinearIndex &index,
                                    const Expression &item, SourceRange range) {
  const Extent extent = value.shape[size_t(axis)];
  auto ends = reach(index);
  if (ends && ends->first >= 0 && ends->second < extent.size)
    return true;
  if (!ends || !guarded) {
    reportReach(item, ends.value_or(std::pair<int64_t, int64_t>(INT64_MIN, INT64_MAX)), extent);
    return false;
  }
  int64_t before = std::max<int64_t>(0, -ends->first);
  int64_t after = std::max<int64_t>(0, ends->second - (extent.size - 1));
  if (before > maximumElements || after > maximumElements) {
    environment.report(Diag::TooLarge, item.range, toSource(item), maximumElements);
    return false;
  }
  std::vector<int64_t> low(value.shape.size(), 0), high(value.shape.size(), 0);
  low[size_t(axis)] = before;
  high[size_t(axis)] = after;
  Shape padded = value.shape;
  padded[size_t(axis)] = {extent.size + before + after, nullptr};
  value = emitter.emit("pad", {value}, value.element, padded,
                       {{"low", low}, {"high", high}, {"value", 0.0}}, range);
  index.constant += before;
  return true;
}

bool IndexEvaluator::accessLinear(Tensor &value, Labels &labels, int64_t axis, LinearIndex index,
                                  const Expression &item, SourceRange range) {
  for (const auto &[name, coefficient] : index.coefficients)
    if (!variables[name].known) {
      if (!failed)
        environment.report(Diag::IndexUnknown, item.range, name)
            .help(fmt::format("give its range where it is declared: `{} in 0..n`", name));
      return false;
    }
  // The padding of the value reads as 0; the index variables have their own lengths.
  Padding padding(environment, emitter);
  auto lengthOf = [&](const std::string &name) {
    return paddedLength(variables[name].extent.origin);
  };
  if (std::any_of(index.coefficients.begin(), index.coefficients.end(),
                  [&](auto &term) { return lengthOf(term.first) != nullptr; }))
    value = padding.fill(value, axis, 0, range);
  if (!bringIntoRange(value, axis, index, item, range))
    return false;
  // Each variable counts from 0, upwards; those that the index goes down with are reversed later.
  struct Step {
    std::string name;
    int64_t step, count;
    bool reversed;
  };
  std::vector<Step> steps;
  int64_t begin = index.constant, length = 1;
  for (const auto &[name, coefficient] : index.coefficients) {
    const Variable &variable = variables[name];
    bool reversed = coefficient < 0;
    begin += coefficient * (reversed ? variable.begin + variable.extent.size - 1 : variable.begin);
    steps.push_back({name, std::abs(coefficient), variable.extent.size, reversed});
    length += (variable.extent.size - 1) * std::abs(coefficient);
  }
  if (steps.empty()) {
    std::optional<Tensor> one = padding.position(value, axis, begin, item.range);
    if (!one)
      return false;
    value = *one;
    labels.erase(labels.begin() + axis);
    return true;
  }
  // The variable with the largest step counts positions, the others elements of windows.
  std::stable_sort(steps.begin(), steps.end(), [](const Step &a, const Step &b) {
    return std::pair(a.step, a.count) > std::pair(b.step, b.count);
  });
  bool single = steps.size() == 1;
  value = emitter.slice(value, axis, {single ? steps[0].count : length, nullptr}, begin, range,
                        single ? steps[0].step : 1);
  std::vector<int64_t> reversed;
  for (size_t at = steps.size(); at-- > 1;) {
    const Step &step = steps[at];
    int64_t stride = at == 1 ? steps[0].step : 1;
    Shape shape = value.shape;
    Extent &positions = shape[size_t(axis)];
    positions = {(positions.size - (step.count - 1) * step.step - 1) / stride + 1, nullptr};
    shape.push_back({step.count, nullptr});
    value = emitter.emit("windows", {value}, value.element, shape,
                         {{"dims", std::vector<int64_t>{axis}},
                          {"sizes", std::vector<int64_t>{step.count}},
                          {"strides", std::vector<int64_t>{stride}},
                          {"dilations", std::vector<int64_t>{step.step}}},
                         range);
    if (step.reversed)
      reversed.push_back(int64_t(labels.size()));
    labels.push_back(step.name);
  }
  labels[size_t(axis)] = steps[0].name;
  for (size_t at = 0; at < steps.size(); ++at)
    if (LengthPtr length = lengthOf(steps[at].name))
      padding.set(value, at == 0 ? axis : int64_t(value.shape.size() - at), length);
  if (steps[0].reversed)
    reversed.insert(reversed.begin(), axis);
  if (!reversed.empty())
    value =
        emitter.emit("reverse", {value}, value.element, value.shape, {{"dims", reversed}}, range);
  return true;
}

/// `value[i, ..., i, ...]`, both at `first` and `second`, as one dimension at `first`.
void IndexEvaluator::takeDiagonal(Tensor &value, Labels &labels, size_t first, size_t second,
                                  SourceRange range) {
  std::vector<int64_t> permutation;
  for (size_t axis = 0; axis < labels.size(); ++axis) {
    if (axis == second)
      continue;
    permutation.push_back(int64_t(axis));
    if (axis == first)
      permutation.push_back(int64_t(second));
  }
  value = emitter.transpose(value, permutation, range);
  // In one row, the elements of the diagonal are size + 1 apart.
  int64_t size = value.shape[first].size;
  Shape shape = value.shape;
  shape[first] = {size * size, nullptr};
  shape.erase(shape.begin() + int64_t(first) + 1);
  value = emitter.reshape(value, shape, range);
  value = emitter.slice(value, int64_t(first), {size, nullptr}, 0, range, size + 1);
  labels.erase(labels.begin() + int64_t(second));
}

bool IndexEvaluator::accessGathered(Tensor &value, Labels &labels, size_t axis, const Term &index,
                                    SourceRange range) {
  Tensor positions = *index.value.get<Tensor>();
  Padding padding(environment, emitter);
  if (LengthPtr length = padding.masked(value, int64_t(axis)))
    positions = padding.clamped(positions, length, range);
  // Where the labels of the index are dimensions of the value already, each position has its own.
  Labels shared;
  for (const std::string &label : index.labels)
    if (std::find(labels.begin(), labels.end(), label) != labels.end())
      shared.push_back(label);
  if (shared.empty() || shared.size() != index.labels.size()) {
    Entity gathered = emitter.gather(value, int64_t(axis), positions, 0, range);
    value = *gathered.get<Tensor>();
    labels.erase(labels.begin() + int64_t(axis));
    labels.insert(labels.begin() + int64_t(axis), index.labels.begin(), index.labels.end());
    return true;
  }
  std::vector<int64_t> permutation;
  Labels left;
  for (const std::string &label : shared) {
    permutation.push_back(std::find(labels.begin(), labels.end(), label) - labels.begin());
    left.push_back(label);
  }
  permutation.push_back(int64_t(axis));
  for (size_t other = 0; other < labels.size(); ++other)
    if (other != axis && std::find(shared.begin(), shared.end(), labels[other]) == shared.end()) {
      permutation.push_back(int64_t(other));
      left.push_back(labels[other]);
    }
  int64_t batch = int64_t(shared.size());
  value =
      emitter.gather(emitter.transpose(value, permutation, range), batch, positions, batch, range);
  labels = std::move(left);
  return true;
}

IndexEvaluator::Factors IndexEvaluator::evaluateAccess(const IndexExpression &expression) {
  bool indexed = std::any_of(expression.items.begin(), expression.items.end(),
                             [&](const ExpressionPtr &item) { return mentionsVariable(*item); });
  if (!indexed)
    return one(evaluator.evaluate(expression));
  Term base{Poison{}, {}};
  if (auto *name = as<NameExpression>(expression.base); name && locals.count(name->name)) {
    environment.report(Diag::CannotIndex, expression.range, "a value of this definition")
        .help(fmt::format("`{0}` has the indices of its definition already: write `{0}`",
                          name->name));
    return failure();
  }
  base.value = emitter.listed(evaluator.evaluate(*expression.base), expression.base->range);
  if (base.value.poisoned())
    return failure();
  auto *tensor = base.value.get<Tensor>();
  if (!tensor) {
    environment.report(Diag::CannotIndex, expression.range, describe(base.value));
    return failure();
  }
  if (!emitter.usable(*tensor, expression.range))
    return failure();
  if (tensor->shape.size() != expression.items.size()) {
    DiagnosticBuilder builder =
        environment.report(Diag::TooManyIndices, expression.range, describe(base.value),
                           int64_t(tensor->shape.size()), int64_t(expression.items.size()));
    environment.addOrigins(builder, tensor->shape);
    if (tensor->shape.size() > expression.items.size())
      builder.help("each dimension has an index here; to reduce whole rows, name the dimension by "
                   "its position, as in `norm[-1](x)`");
    return failure();
  }
  Tensor value = *tensor;
  value.reduction = {};
  // The dimensions that have no label yet are those of the items to come, in their order.
  Labels labels(expression.items.size());
  struct Gathered {
    std::string mark;
    Term index;
  };
  std::vector<Gathered> gathers;
  bool good = true;
  size_t axis = 0;
  for (const ExpressionPtr &item : expression.items) {
    const Extent extent = value.shape[axis];
    if (isVariable(*item)) {
      const std::string &name = as<NameExpression>(item)->name;
      if (!variables[name].ranged) {
        good &= bindVariable(name, extent, item->range, expression);
        labels[axis++] = name;
        continue;
      }
    }
    if (std::optional<LinearIndex> index = mentionsVariable(*item) ? linear(*item) : std::nullopt) {
      size_t dimensions = value.shape.size();
      if (!accessLinear(value, labels, int64_t(axis), *index, *item, expression.range))
        return failure();
      axis += value.shape.size() >= dimensions;
      continue;
    }
    std::optional<Term> index = force(evaluate(*item), item->range);
    if (!index)
      return failure();
    if (auto *number = index->value.get<IntegerConstant>()) {
      if (number->value < -extent.size || number->value >= extent.size) {
        DiagnosticBuilder builder =
            environment.report(Diag::IndexRange, item->range, number->value, extent.size);
        environment.addOrigins(builder, {extent});
        return failure();
      }
      std::optional<Tensor> one =
          Padding(environment, emitter).position(value, int64_t(axis), number->value, item->range);
      if (!one)
        return failure();
      value = *one;
      labels.erase(labels.begin() + int64_t(axis));
      continue;
    }
    auto *positions = index->value.get<Tensor>();
    if (!positions || positions->element != Element::Int) {
      DiagnosticBuilder builder =
          environment.report(Diag::NotAnIndex, item->range, describe(index->value));
      if (positions && positions->element == Element::Float)
        builder.help(fmt::format("`int(...)` rounds towards 0: `int({})`", toSource(*item)));
      return failure();
    }
    if (auto ends = guarded || !mentionsVariable(*item) ? std::nullopt : bounds(*item);
        ends && (ends->first < 0 || ends->second >= extent.size)) {
      reportReach(*item, *ends, extent);
      return failure();
    }
    gathers.push_back({fmt::format(" {}", gathers.size()), *index});
    labels[axis++] = gathers.back().mark;
  }
  for (const Gathered &gathered : gathers) {
    size_t at = size_t(std::find(labels.begin(), labels.end(), gathered.mark) - labels.begin());
    if (!accessGathered(value, labels, at, gathered.index, expression.range))
      return failure();
  }
  for (size_t second = 1; good && second < labels.size();) {
    auto earlier = std::find(labels.begin(), labels.begin() + int64_t(second), labels[second]);
    size_t first = size_t(earlier - labels.begin());
    if (first == second)
      ++second;
    else
      takeDiagonal(value, labels, first, second, expression.range);
  }
  for (size_t first = 0; good && first < labels.size(); ++first)
    value.shape[first] = variables[labels[first]].extent;
  return good ? one(value, labels) : failure();
}

} // namespace nnc::lang
