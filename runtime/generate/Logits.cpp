// Implements readScores.
#include "runtime/generate/Logits.h"

#include "runtime/support/Error.h"

#include <cmath>

namespace nnc::runtime {

void readScores(std::span<const double> logits, std::span<const int32_t> excluded, int64_t position,
                std::vector<double> &scores) {
  for (size_t i = 0; i < logits.size(); ++i)
    if (std::isnan(logits[i]))
      fail("the logit of element %zu at position %lld is not a number", i,
           static_cast<long long>(position));
  scores.assign(logits.begin(), logits.end());
  for (int32_t element : excluded)
    if (static_cast<size_t>(element) < scores.size())
      scores[static_cast<size_t>(element)] = -HUGE_VAL;
}

} // namespace nnc::runtime
