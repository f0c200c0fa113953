// The choice of the next element of a sequence by its logits.
#pragma once

#include "runtime/model/Description.h"

#include <cstdint>
#include <span>
#include <vector>

namespace nnc::runtime {

/// Chooses elements as docs/runtime.md states: repetition penalty, temperature, top_k, top_p,
/// min_p, then a draw, with sums in double precision. Elements are ordered by (logit descending,
/// number ascending), which breaks ties. A choice depends only on the logits, the elements before,
/// the settings, the seed, the number of the sample and the position.
class Sampler {
public:
  Sampler(const Sampling &sampling, int64_t seed) : sampling(sampling), seed(seed) {}

  /// Excludes an element from all choices. At least one must remain.
  void exclude(int32_t element) { excluded.push_back(element); }

  /// The element at `position` of sample `sample`, after the elements `before`. Throws Error if a
  /// logit is not a number.
  int32_t choose(std::span<const double> logits, std::span<const int32_t> before, int64_t sample,
                 int64_t position);

private:
  void penalize(std::span<const int32_t> before);
  void sort();

  Sampling sampling;
  int64_t seed;
  std::vector<int32_t> excluded;
  std::vector<double> scores, weights;
  std::vector<bool> seen;     ///< by element: it occurs in the sequence
  std::vector<int32_t> order; ///< the remaining elements, the most likely first
};

} // namespace nnc::runtime
