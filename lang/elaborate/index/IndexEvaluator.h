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
#include <string>
#include <utility>
#include <vector>

namespace nnc::lang {

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
  struct Variable {
    Extent extent;
    SourceRange range;
    std::string use;
    bool known = false;
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
  Factors evaluateAccess(const IndexExpression &expression);
  Factors evaluateBinary(const BinaryExpression &expression);
  Factors evaluateCall(const Entity &callee, const std::vector<const Expression *> &inputs,
                       const std::vector<std::string> &names, SourceRange range);
  Factors evaluateReduce(const ReduceExpression &expression);
  Factors evaluateIf(const IfExpression &expression);
  Factors sum(Factors operand, const Labels &summed, SourceRange range);
  Factors labelled(const Entity &result, const Labels &labels, SourceRange range);

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
  Labels preferred;    // the order of the result's dimensions
  bool failed = false; // what an index runs over may be unknown for that reason
};

} // namespace nnc::lang
