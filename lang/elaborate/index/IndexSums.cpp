// Implements sums and other reductions over index variables.
#include "lang/elaborate/index/IndexEvaluator.h"

#include "lang/elaborate/index/Where.h"

#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <cmath>

namespace nnc::lang {

IndexEvaluator::Factors IndexEvaluator::reduceTerm(const std::string &reducer, Term term,
                                                   const Labels &over, SourceRange range) {
  auto *value = term.value.get<Tensor>();
  std::vector<int64_t> axes;
  Labels left;
  for (size_t axis = 0; axis < term.labels.size(); ++axis)
    if (std::find(over.begin(), over.end(), term.labels[axis]) != over.end())
      axes.push_back(int64_t(axis));
    else
      left.push_back(term.labels[axis]);
  if (!value || axes.size() != over.size()) {
    for (const std::string &label : over)
      if (std::find(term.labels.begin(), term.labels.end(), label) == term.labels.end())
        environment.report(Diag::IndexUnused, range, label);
    return failure();
  }
  Entity reduced = reductions.reduceAxes(reducer, *value, axes, range);
  // Positions are values of the index variable.
  if (int64_t begin = variables[over[0]].begin; begin != 0 && reducer.starts_with("arg"))
    reduced =
        operators.binary(BinaryOperator::Add, reduced, IntegerConstant{begin, nullptr}, range);
  if (keepsDimensions(reducer))
    left = term.labels;
  if (auto *tensor = reduced.get<Tensor>())
    tensor->reduction = {};
  return one(reduced, left);
}

IndexEvaluator::Factors IndexEvaluator::sum(Factors operand, const Labels &summed,
                                            SourceRange range) {
  if (operand.failed)
    return operand;
  Factors result; // numbers go outside of the sum
  std::vector<Term> factors;
  for (Term &term : operand.terms) {
    auto *tensor = term.value.get<Tensor>();
    if (term.labels.empty() && (!tensor || tensor->shape.empty())) {
      result.terms.push_back(term);
      continue;
    }
    if (term.labels.empty() || !tensor) {
      environment.report(Diag::NotIndexed, range, describe(term.value));
      return failure();
    }
    factors.push_back({emitter.convert(*tensor, Element::Float, range), term.labels});
  }
  auto contains = [](const Labels &labels, const std::string &label) {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
  };
  for (const std::string &label : summed)
    if (std::none_of(factors.begin(), factors.end(),
                     [&](const Term &term) { return contains(term.labels, label); })) {
      environment.report(Diag::IndexUnused, range, label);
      return failure();
    }
  while (factors.size() > 1) {
    // The pair with the smallest product goes first: what it alone knows is summed away at once.
    size_t bestLeft = 0, bestRight = 1;
    double bestCost = HUGE_VAL;
    Labels bestLabels;
    for (size_t left = 0; left < factors.size(); ++left)
      for (size_t right = left + 1; right < factors.size(); ++right) {
        Labels kept;
        double cost = 1;
        for (const std::string &label : unite({factors[left], factors[right]})) {
          bool needed = !contains(summed, label);
          for (size_t other = 0; other < factors.size(); ++other)
            needed |= other != left && other != right && contains(factors[other].labels, label);
          if (needed) {
            kept.push_back(label);
            cost *= double(variables[label].extent.size);
          }
        }
        if (cost < bestCost) {
          bestCost = cost;
          bestLeft = left;
          bestRight = right;
          bestLabels = kept;
        }
      }
    std::map<std::string, int64_t> numbers;
    auto number = [&](const Labels &labels) {
      std::vector<int64_t> list;
      for (const std::string &label : labels)
        list.push_back(numbers.emplace(label, int64_t(numbers.size())).first->second);
      return list;
    };
    const Term &a = factors[bestLeft], &b = factors[bestRight];
    std::vector<int64_t> left = number(a.labels), right = number(b.labels),
                         kept = number(bestLabels);
    Tensor product =
        emitter.contract(*a.value.get<Tensor>(), left, *b.value.get<Tensor>(), right, kept, range);
    factors[bestLeft] = {product, bestLabels};
    factors.erase(factors.begin() + int64_t(bestRight));
  }
  Labels left;
  for (const std::string &label : summed)
    if (contains(factors[0].labels, label))
      left.push_back(label);
  if (left.empty()) {
    result.terms.insert(result.terms.begin(), factors[0]);
    return result;
  }
  Factors reduced = reduceTerm("sum", factors[0], left, range);
  if (reduced.failed)
    return reduced;
  result.terms.insert(result.terms.begin(), reduced.terms[0]);
  return result;
}

IndexEvaluator::Factors IndexEvaluator::evaluateReduce(const ReduceExpression &expression) {
  Labels over;
  std::vector<std::pair<std::string, std::optional<Variable>>> hidden;
  if (expression.keep) {
    environment.report(Diag::NotSupported, expression.range, "`keep` over an index variable");
    return failure();
  }
  if (keepsDimensions(expression.reducer.text)) {
    // The index goes on outside: it is one of the definition.
    for (const ExpressionPtr &item : expression.items) {
      if (as<IndexVariableExpression>(item)) {
        environment.report(Diag::NotSupported, item->range,
                           fmt::format("a range in the brackets of `{}`", expression.reducer.text));
        return failure();
      }
      auto *name = as<NameExpression>(item);
      if (!name || !isVariable(*item)) {
        environment.report(Diag::IndexUnknown, item->range, toSource(*item));
        return failure();
      }
      over.push_back(name->name);
    }
  } else if (!declareItems(expression.items, over, hidden)) {
    return failure();
  }
  learnRanges(*expression.operand);
  const std::string &reducer = expression.reducer.text;
  Factors result;
  if (auto *where = as<WhereExpression>(expression.operand);
      where && leavesOut(environment, ReducerEntity{&expression}).empty()) {
    reportWhere(environment, *where, reducer);
    result = failure();
  } else if (where) {
    std::optional<Kept> kept = keep(*where);
    Labels left;
    Entity reduced = kept ? leaveOut(
                                reducer, *kept,
                                [&](const std::string &name, const Entity &value) {
                                  Factors factors = reduceTerm(name, {value, kept->labels}, over,
                                                               expression.range);
                                  if (factors.failed)
                                    return Entity(Poison{});
                                  left = factors.terms[0].labels;
                                  return factors.terms[0].value;
                                },
                                expression.range)
                          : Entity(Poison{});
    result = one(reduced, left);
  } else if (Factors operand = evaluate(*expression.operand); reducer == "sum") {
    result = sum(std::move(operand), over, expression.range);
  } else {
    std::optional<Term> term = force(std::move(operand), expression.range);
    result = term ? reduceTerm(reducer, *term, over, expression.range) : failure();
  }
  for (auto &[name, variable] : hidden)
    variable ? void(variables[name] = *variable) : void(variables.erase(name));
  return result;
}

} // namespace nnc::lang
