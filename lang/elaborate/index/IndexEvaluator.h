// Index notation: `y[i, k] = sum[j] x[i, j] * w[j, k]`.
//
// An expression is evaluated to a tensor whose dimensions are labelled by index variables. Products
// stay lists of factors until something needs their value, so that a sum over them becomes
// contractions. Everything else is elementwise: the operands are brought to the union of their
// labels by transposing and broadcasting.
#pragma once

#include "lang/elaborate/calls/Calls.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace nnc::lang {

/// An index as a sum of multiples of index variables and a number.
struct LinearIndex {
  std::map<std::string, int64_t> coefficients;
  int64_t constant = 0;
};

class IndexEvaluator {
public:
  IndexEvaluator(Environment &environment, Evaluator &evaluator, Emitter &emitter,
                 Operators &operators, Reductions &reductions, Calls &calls)
      : environment(environment), evaluator(evaluator), emitter(emitter), operators(operators),
        reductions(reductions), calls(calls) {}

  /// `name[indices] = value`
  Entity define(const IndexDefinition &statement);
  /// A reduction over indices that stands in ordinary code.
  Entity alone(const Expression &expression);
  /// `callee(where ...)` in ordinary code, of a callee that leaves values out. The indices of the
  /// operand that mean nothing outside of it are its own; the dimensions of the operand are theirs,
  /// in the order in which they first stand.
  Entity applyToKept(const Entity &callee, const std::string &name, const WhereExpression &where,
                     SourceRange range);

private:
  using Labels = std::vector<std::string>;

  /// A value and the index variables of its dimensions. Without labels: a number, or whatever
  /// ordinary code gives.
  struct Term {
    Entity value;
    Labels labels;
  };
  /// A product.
  struct Factors {
    std::vector<Term> terms;
    bool failed = false;
  };
  /// From `begin` on, as many values as `extent` says.
  struct Variable {
    Extent extent;
    int64_t begin = 0;
    SourceRange range;
    std::string use;
    bool known = false;
    bool ranged = false; // its range is written; else it follows from the dimensions it stands for
  };

  Factors failure() {
    failed = true;
    return {{}, true};
  }
  Factors one(Entity value, Labels labels = {}) {
    if (value.poisoned())
      return failure();
    return {{{std::move(value), std::move(labels)}}, false};
  }

  Factors evaluate(const Expression &expression);
  Factors evaluateBlock(const Block &block);
  Factors evaluateBinary(const BinaryExpression &expression);
  Factors evaluateCall(const Entity &callee, const std::vector<const Expression *> &inputs,
                       const std::vector<std::string> &names, SourceRange range);
  Factors evaluateReduce(const ReduceExpression &expression);
  Factors evaluateIf(const IfExpression &expression);
  Factors sum(Factors operand, const Labels &summed, SourceRange range);
  Factors labelled(const Entity &result, const Labels &labels, SourceRange range);

  // IndexAccess.cpp
  Factors evaluateAccess(const IndexExpression &expression);
  /// The sum that an index is, if it is one.
  std::optional<LinearIndex> linear(const Expression &expression);
  /// The smallest and the largest value; nothing where a range is unknown or the sum overflows.
  std::optional<std::pair<int64_t, int64_t>> reach(const LinearIndex &index) const;
  /// The smallest and the largest value of arithmetic that `linear` does not cover; nothing where an
  /// operand is unknown.
  std::optional<std::pair<int64_t, int64_t>> bounds(const Expression &expression);
  void reportReach(const Expression &item, std::pair<int64_t, int64_t> ends, const Extent &extent);
  /// Behind a condition, adds the zeros that an index reads out of range; else that is an error.
  bool bringIntoRange(Tensor &value, int64_t axis, LinearIndex &index, const Expression &item,
                      SourceRange range);
  /// Replaces the dimension at `axis` by those of the variables of its index.
  bool accessLinear(Tensor &value, Labels &labels, int64_t axis, LinearIndex index,
                    const Expression &item, SourceRange range);
  bool accessGathered(Tensor &value, Labels &labels, size_t axis, const Term &index,
                      SourceRange range);
  void takeDiagonal(Tensor &value, Labels &labels, size_t first, size_t second, SourceRange range);

  // IndexRanges.cpp
  /// Ranges of variables from the accesses to named values, before anything is evaluated: from the
  /// dimensions where they stand alone, else as far as all sums that they stand in are in range.
  void learnRanges(const Expression &expression);
  void learnRanges(const Expression &expression, bool plain, std::set<std::string> &hidden,
                   std::map<std::string, int64_t> &longest);
  /// `j <= i`: a variable of unknown range runs as far as the one that it is compared with.
  void learnFromComparisons(const Expression &condition);
  bool setRange(const std::string &name, const Expression &values);

  // Where.cpp
  /// The value behind a `where`, aligned with the condition.
  struct Kept {
    Entity value, condition;
    Labels labels;
  };
  std::optional<Kept> keep(const WhereExpression &where);
  Entity leaveOut(const std::string &by, const Kept &kept,
                  const std::function<Entity(const std::string &, const Entity &)> &apply,
                  SourceRange range);
  Entity applyToKept(const Entity &callee, const std::string &name, const Kept &kept,
                     SourceRange range);

  Factors reduceTerm(const std::string &reducer, Term term, const Labels &over, SourceRange range);

  std::optional<Term> force(Factors factors, SourceRange range);
  std::optional<Entity> alignTerm(const Term &term, const Labels &labels, SourceRange range);
  Labels unite(const std::vector<Term> &terms);
  bool bindVariable(const std::string &name, const Extent &extent, SourceRange range,
                    const Expression &use);
  bool isVariable(const Expression &expression) const {
    auto *name = as<NameExpression>(&expression);
    return name && variables.count(name->name);
  }
  bool mentionsVariable(const Expression &expression) const;
  bool hasAccess(const Expression &expression) const;
  bool declareItems(const std::vector<ExpressionPtr> &items, Labels &names,
                    std::vector<std::pair<std::string, std::optional<Variable>>> &hidden);
  void declareFree(const Expression &expression);

  Environment &environment;
  Evaluator &evaluator;
  Emitter &emitter;
  Operators &operators;
  Reductions &reductions;
  Calls &calls;
  std::map<std::string, Variable> variables;
  std::map<std::string, Term> locals; // of blocks
  bool guarded = false;               // a condition chooses: what is out of range reads 0
  Labels preferred;                   // the order of the result's dimensions
  bool failed = false;                // what an index runs over may be unknown for that reason
};

} // namespace nnc::lang
