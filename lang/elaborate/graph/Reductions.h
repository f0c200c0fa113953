// Reductions of a whole tensor, `sum(x)`; over dimensions that the signature names, `sum[n](x)`;
// over the leading ones, `mean[...](x)`. Those over index variables are index notation.
#pragma once

#include "lang/elaborate/environment/Evaluator.h"
#include "lang/elaborate/graph/Emitter.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

/// Whether the brackets of a reduction name index variables of its operand, not dimensions.
bool isOverIndices(const ReduceExpression &expression);
/// Visits the names in the brackets of accesses, alone or in arithmetic, in the order of the text.
void forEachIndexName(const Expression &expression,
                      const std::function<void(const std::string &)> &visit);

class Reductions {
public:
  Reductions(Environment &environment, Evaluator &evaluator, Emitter &emitter)
      : environment(environment), evaluator(evaluator), emitter(emitter) {}

  Entity reduceAxes(const std::string &reducer, const Tensor &value, std::vector<int64_t> axes,
                    SourceRange range);
  /// The reduction called `reducer` over what stands in the brackets of `expression`.
  Entity apply(const ReduceExpression &expression, const std::string &reducer,
               const Entity &operand, SourceRange range);

private:
  std::optional<std::vector<int64_t>> reducedAxes(const ReduceExpression &expression,
                                                  const Tensor &value);

  Environment &environment;
  Evaluator &evaluator;
  Emitter &emitter;
};

} // namespace nnc::lang
