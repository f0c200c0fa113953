// Predictions drawn several times with random layers on: what they are on average, and how far they
// differ.
#pragma once

#include "runtime/cli/Predictions.h"

#include <map>
#include <vector>

namespace nnc::runtime {

class SampledPredictions {
public:
  /// `outputs` are those of one sample, still without examples.
  explicit SampledPredictions(const std::vector<Prediction> &outputs);

  /// Adds the outputs of all examples in one sample.
  void add(const std::vector<Prediction> &sample);

  /// Of an output of floats its mean and, called NAME_deviation, its standard deviation. Of one of
  /// integers the most frequent one, the smallest of several, and, called NAME_entropy, the entropy
  /// of their frequencies.
  std::vector<Prediction> results() const;

private:
  struct Element {
    double mean = 0, squares = 0; ///< of the differences from the mean
    std::map<int64_t, int64_t> counts;
  };
  std::vector<Prediction> last; ///< the latest sample
  std::vector<std::vector<Element>> elements;
  int64_t samples = 0;
};

} // namespace nnc::runtime
