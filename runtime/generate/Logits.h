// The scores of the elements that may be the next one of a sequence.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace nnc::runtime {

/// Copies logits to `scores`, with -inf for the elements in `excluded`. Throws Error if a logit is
/// not a number; `position` is that of the next element.
void readScores(std::span<const double> logits, std::span<const int32_t> excluded, int64_t position,
                std::vector<double> &scores);

} // namespace nnc::runtime
