// Reductions of a whole tensor, `sum(x)`; over dimensions that the signature names, `sum[n](x)`;
// over the leading ones, `mean[...](x)`. Those over index variables are index notation.
#pragma once

#include "lang/elaborate/environment/Evaluator.h"
#include "lang/elaborate/graph/Emitter.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

/// Whether a function of the brackets keeps the dimensions that it works along, as `cumsum[n](x)`.
bool keepsDimensions(std::string_view reducer);

/// Whether the brackets of a reduction name index variables of its operand, not dimensions.
bool isOverIndices(const ReduceExpression &expression);
/// Visits the names in the brackets of accesses, alone or in arithmetic, in the order of the text.
void forEachIndexName(const Expression &expression,
                      const std::function<void(const std::string &)> &visit);

class Reductions {
public:
  Reductions(Environment &environment, Evaluator &evaluator, Emitter &emitter)
      : environment(environment), evaluator(evaluator), emitter(emitter) {}

  /// `axes` are in ascending order. `cumsum`, `softmax` and their like keep these axes.
  Entity reduceAxes(const std::string &reducer, const Tensor &value, std::vector<int64_t> axes,
                    SourceRange range);
  /// The reduction called `reducer` over what stands in the brackets of `expression`.
  Entity apply(const ReduceExpression &expression, const std::string &reducer,
               const Entity &operand, SourceRange range);

private:
  /// Functions that are made of other reductions: var, std, norm, logsumexp, softmax, ...
  Entity composed(const std::string &reducer, const Tensor &value, const std::vector<int64_t> &axes,
                  SourceRange range);
  Entity anyOrAll(const std::string &reducer, const Tensor &value, std::vector<int64_t> axes,
                  SourceRange range);
  Tensor mean(const Tensor &value, const std::vector<int64_t> &axes, SourceRange range);
  /// An elementwise operation of a value and of what is left of it without `axes`.
  Tensor combine(const std::string &operation, const Tensor &value, const Tensor &reduced,
                 const std::vector<int64_t> &axes, SourceRange range);
  Tensor unary(const std::string &operation, const Tensor &value, SourceRange range);
  /// The square root, with the derivative 0 at 0.
  Tensor root(const Tensor &value, SourceRange range);
  std::optional<std::vector<int64_t>> reducedAxes(const ReduceExpression &expression,
                                                  const Tensor &value);

  Environment &environment;
  Evaluator &evaluator;
  Emitter &emitter;
};

} // namespace nnc::lang
