// Implements Sampler.
#include "runtime/generate/Sampler.h"

#include "runtime/generate/Logits.h"
#include "runtime/support/Philox.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nnc::runtime {

/// Divides a positive logit, and multiplies another, by the penalty (Keskar et al. 2019, section
/// 4.1), once for each element that occurs in the sequence.
void Sampler::penalize(std::span<const int32_t> before) {
  if (sampling.repetitionPenalty == 1)
    return;
  seen.assign(scores.size(), false);
  for (int32_t element : before) {
    size_t index = static_cast<size_t>(element);
    if (index >= scores.size() || seen[index])
      continue;
    seen[index] = true;
    double &score = scores[index];
    score = score > 0 ? score / sampling.repetitionPenalty : score * sampling.repetitionPenalty;
  }
}

/// Puts the `top_k` most likely elements into `order`, the most likely first.
void Sampler::sort() {
  order.resize(scores.size());
  std::iota(order.begin(), order.end(), 0);
  size_t kept = order.size();
  if (sampling.topK > 0)
    kept = std::min(kept, static_cast<size_t>(sampling.topK));
  auto comesFirst = [&](int32_t a, int32_t b) {
    double one = scores[static_cast<size_t>(a)], other = scores[static_cast<size_t>(b)];
    return one != other ? one > other : a < b;
  };
  std::nth_element(order.begin(), order.begin() + static_cast<ptrdiff_t>(kept), order.end(),
                   comesFirst);
  order.resize(kept);
  std::sort(order.begin(), order.end(), comesFirst);
}

int32_t Sampler::choose(std::span<const double> logits, std::span<const int32_t> before,
                        int64_t sample, int64_t position) {
  readScores(logits, excluded, position, scores);
  penalize(before);
  if (sampling.temperature == 0)
    return static_cast<int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());

  sort();
  double highest = scores[static_cast<size_t>(order[0])], total = 0;
  weights.clear();
  for (int32_t element : order) {
    double score = scores[static_cast<size_t>(element)];
    weights.push_back(score == highest ? 1 : std::exp((score - highest) / sampling.temperature));
    total += weights.back();
  }
  if (sampling.topP < 1) {
    size_t kept = 0;
    double sum = 0;
    do
      sum += weights[kept++];
    while (kept < weights.size() && sum < sampling.topP * total);
    weights.resize(kept);
    total = sum;
  }
  // Weights are shares of the most likely one.
  if (sampling.minP > 0) {
    auto less = [&](double weight) { return weight < sampling.minP; };
    weights.erase(std::find_if(weights.begin(), weights.end(), less), weights.end());
    total = std::accumulate(weights.begin(), weights.end(), 0.0);
  }
  uint64_t word = randomWord(static_cast<uint64_t>(seed), RandomStream::Sample,
                             static_cast<uint32_t>(sample), static_cast<uint64_t>(position));
  double drawn = static_cast<double>(word >> 11) * 0x1p-53 * total, sum = 0;
  for (size_t i = 0; i < weights.size(); ++i)
    if (drawn < (sum += weights[i]))
      return order[i];
  return order[weights.size() - 1]; // by rounding
}

} // namespace nnc::runtime
