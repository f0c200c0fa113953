// Implements the ranges of index variables: written, from the accesses where they stand, or from
// comparisons.
#include "lang/elaborate/index/IndexEvaluator.h"

#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>

namespace nnc::lang {

void IndexEvaluator::learnRanges(const Expression &expression) {
  std::map<std::string, int64_t> longest; // of variables that stand in arithmetic only
  std::set<std::string> hidden;
  for (bool plain : {true, false})
    learnRanges(expression, plain, hidden, longest);
  for (const auto &[name, size] : longest)
    if (Variable &variable = variables[name]; !variable.known && size > 0) {
      variable.extent = {size, nullptr};
      variable.known = true;
      variable.use = "its longest range";
    }
}

void IndexEvaluator::learnRanges(const Expression &expression, bool plain,
                                 std::set<std::string> &hidden,
                                 std::map<std::string, int64_t> &longest) {
  std::function<bool(const Expression &)> mentionsHidden = [&](const Expression &node) {
    auto *name = as<NameExpression>(&node);
    bool found = name && hidden.count(name->name);
    forEachChild(node, [&](const Expression &child) { found = found || mentionsHidden(child); });
    return found;
  };
  auto *access = as<IndexExpression>(&expression);
  // Bases that only name a value: others would be computed twice.
  if (auto *base = access ? as<NameExpression>(access->base) : nullptr) {
    const Binding *binding = environment.findLocal(base->name);
    auto *tensor = binding ? binding->value.get<Tensor>() : nullptr;
    bool fits = tensor && tensor->shape.size() == access->items.size();
    for (size_t axis = 0; fits && axis < access->items.size(); ++axis) {
      const Expression &item = *access->items[axis];
      if (mentionsHidden(item))
        continue;
      auto *name = as<NameExpression>(&item);
      const Extent &extent = tensor->shape[axis];
      if (plain) {
        if (name && isVariable(item) && !variables[name->name].known)
          bindVariable(name->name, extent, item.range, expression);
        continue;
      }
      std::optional<LinearIndex> index =
          !name && mentionsVariable(item) ? linear(item) : std::nullopt;
      // The one unknown variable runs as far as the index stays within the dimension.
      std::string unknown;
      LinearIndex others;
      bool good = index.has_value();
      for (auto &[variable, coefficient] : index ? index->coefficients : others.coefficients) {
        if (variables[variable].known) {
          others.coefficients[variable] = coefficient;
          continue;
        }
        good &= unknown.empty() && coefficient > 0;
        unknown = variable;
      }
      if (!good || unknown.empty())
        continue;
      others.constant = index->constant;
      auto ends = reach(others);
      if (!ends || ends->first < 0)
        continue;
      int64_t left = extent.size - 1 - ends->second;
      int64_t size = left < 0 ? 0 : left / index->coefficients[unknown] + 1;
      auto [known, isNew] = longest.emplace(unknown, size);
      known->second = std::min(known->second, size);
    }
  }
  // Inner reductions hide variables of the same name.
  std::set<std::string> before = hidden;
  if (auto *reduce = as<ReduceExpression>(&expression); reduce && isOverIndices(*reduce))
    for (const ExpressionPtr &item : reduce->items) {
      if (auto *name = as<NameExpression>(item))
        hidden.insert(name->name);
      else if (auto *ranged = as<IndexVariableExpression>(item))
        hidden.insert(ranged->variable.text);
    }
  forEachChild(expression,
               [&](const Expression &child) { learnRanges(child, plain, hidden, longest); });
  hidden = before;
}

void IndexEvaluator::learnFromComparisons(const Expression &condition) {
  auto *binary = as<BinaryExpression>(&condition);
  if (binary && isVariable(*binary->left) && isVariable(*binary->right)) {
    Variable &left = variables[as<NameExpression>(binary->left)->name];
    Variable &right = variables[as<NameExpression>(binary->right)->name];
    if (left.known != right.known)
      (left.known ? right : left) = left.known ? left : right;
    return;
  }
  forEachChild(condition, [&](const Expression &child) { learnFromComparisons(child); });
}

bool IndexEvaluator::setRange(const std::string &name, const Expression &values) {
  Entity range = evaluator.evaluate(values);
  auto *known = range.get<RangeConstant>();
  if (!known) {
    if (!range.poisoned())
      environment.report(Diag::CannotIterate, values.range, describe(range));
    return false;
  }
  int64_t size = 0;
  if (__builtin_sub_overflow(known->end, known->begin, &size) || size < 1 ||
      size > maximumElements) {
    environment.report(Diag::BadDimension, values.range,
                       fmt::format("{}..{}", known->begin, known->end));
    return false;
  }
  Variable &variable = variables[name];
  variable.extent = {size, makeOrigin(environment.place(values.range),
                                      fmt::format("`{}` runs over {} elements", name, size))};
  if (known->origin)
    variable.extent.origin = withLength(variable.extent.origin, known->origin->length);
  variable.begin = known->begin;
  variable.range = values.range;
  variable.use = toSource(values);
  variable.known = variable.ranged = true;
  return true;
}

} // namespace nnc::lang
