// The search for the most likely sequence: which sequences are extended by which elements.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace nnc::runtime {

/// Keeps the `width` most likely sequences of each length, the beams. The score of a sequence is
/// the sum of the logarithms of the probabilities of its elements. Ended sequences, of different
/// lengths, are compared by score / length ^ penalty. Ties are broken by the number of the beam,
/// then of the element.
class BeamSearch {
public:
  struct Settings {
    int64_t width = 1;               ///< at least 1
    double lengthPenalty = 0;        ///< at least 0
    int64_t longest = 0;             ///< the most elements of a sequence, at least 1
    std::optional<int32_t> end = {}; ///< the element that ends a sequence
    std::vector<int32_t> excluded;   ///< elements that no sequence has
    int64_t begin = 0;               ///< the position of the first element, for messages
  };
  struct Hypothesis {
    std::vector<int32_t> elements; ///< with the one that ends it
    double score = 0;              ///< the logarithm of its probability
    double rank = 0;               ///< score / length ^ penalty
  };
  /// The next beam is beam `parent` with `element` behind.
  struct Extension {
    size_t parent;
    int32_t element;
  };

  explicit BeamSearch(Settings settings) : settings(std::move(settings)), beams(1) {}

  /// Extends all beams by the logits of each. The result describes the new beams; it is empty if
  /// none can become better than the ended sequences. The first call has one beam. Throws Error if
  /// a logit is not a number.
  std::vector<Extension> advance(std::span<const std::vector<double>> logits);

  /// The best sequences that have ended, or have `longest` elements; at most `count`, the best
  /// first.
  std::vector<Hypothesis> best(int64_t count) const;

private:
  void finish(Hypothesis hypothesis);
  double rankOf(double score, int64_t length) const;

  Settings settings;
  std::vector<Hypothesis> beams, ended; ///< `ended`: at most `width`, the best first
  int64_t length = 0;                   ///< of the beams
};

} // namespace nnc::runtime
