// Implements BeamSearch.
#include "runtime/generate/BeamSearch.h"

#include "runtime/generate/Logits.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace nnc::runtime {

namespace {

struct Candidate {
  double score;
  size_t parent;
  int32_t element;
};

/// The logarithms of the softmax of the logits; that of excluded elements is -inf.
std::vector<double> logProbabilities(std::span<const double> logits,
                                     std::span<const int32_t> excluded, int64_t position) {
  std::vector<double> result;
  readScores(logits, excluded, position, result);
  double greatest = *std::max_element(result.begin(), result.end()), sum = 0;
  for (double value : result)
    sum += std::exp(value - greatest);
  for (double &value : result)
    value -= greatest + std::log(sum);
  return result;
}

} // namespace

double BeamSearch::rankOf(double score, int64_t length) const {
  return score / std::pow(static_cast<double>(length), settings.lengthPenalty);
}

void BeamSearch::finish(Hypothesis hypothesis) {
  hypothesis.rank = rankOf(hypothesis.score, static_cast<int64_t>(hypothesis.elements.size()));
  auto place =
      std::upper_bound(ended.begin(), ended.end(), hypothesis,
                       [](const Hypothesis &a, const Hypothesis &b) { return a.rank > b.rank; });
  ended.insert(place, std::move(hypothesis));
  if (ended.size() > static_cast<size_t>(settings.width))
    ended.pop_back();
}

std::vector<BeamSearch::Extension>
BeamSearch::advance(std::span<const std::vector<double>> logits) {
  std::vector<Candidate> candidates;
  for (size_t parent = 0; parent < beams.size(); ++parent) {
    std::vector<double> next =
        logProbabilities(logits[parent], settings.excluded, settings.begin + length);
    for (size_t element = 0; element < next.size(); ++element)
      if (next[element] > -HUGE_VAL)
        candidates.push_back(
            {beams[parent].score + next[element], parent, static_cast<int32_t>(element)});
  }
  // Half of twice as many candidates as beams may end.
  const auto width = static_cast<size_t>(settings.width);
  const size_t kept = std::min(candidates.size(), 2 * width);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(kept),
                    candidates.end(), [](const Candidate &a, const Candidate &b) {
                      if (a.score != b.score)
                        return a.score > b.score;
                      return std::pair(a.parent, a.element) < std::pair(b.parent, b.element);
                    });
  candidates.resize(kept);

  ++length;
  std::vector<Hypothesis> next;
  std::vector<Extension> extensions;
  for (const Candidate &candidate : candidates) {
    Hypothesis hypothesis = {beams[candidate.parent].elements, candidate.score};
    hypothesis.elements.push_back(candidate.element);
    if (candidate.element == settings.end || length == settings.longest) {
      finish(std::move(hypothesis));
    } else if (next.size() < width) {
      next.push_back(std::move(hypothesis));
      extensions.push_back({candidate.parent, candidate.element});
    }
  }
  beams = std::move(next);
  // A beam can only lose score, and ranks best at the greatest length.
  if (ended.size() == width && !beams.empty() &&
      ended.back().rank >= rankOf(beams.front().score, settings.longest)) {
    beams.clear();
    extensions.clear();
  }
  return extensions;
}

std::vector<BeamSearch::Hypothesis> BeamSearch::best(int64_t count) const {
  const auto size = std::min(ended.size(), static_cast<size_t>(count));
  return {ended.begin(), ended.begin() + static_cast<ptrdiff_t>(size)};
}

} // namespace nnc::runtime
