// The metrics of a train block: means over examples, and formulas of sums over all examples of a
// split. A function of the program computes such sums for a batch; the runtime adds them up, and
// the function `metrics` computes the formulas.
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

/// A number of each example, as the loss is; std::nullopt, with an error that names `what`, if
/// `value` is something else.
std::optional<Tensor> exampleScalar(Elaboration &elaboration, const Entity &value,
                                    std::string_view what, SourceRange range);

class Metrics {
public:
  explicit Metrics(Elaboration &elaboration)
      : elaboration(elaboration), emitter(elaboration.emitter),
        diagnostics(elaboration.environment.diagnostics) {}

  /// Another function is built: it has no metrics yet.
  void begin() { metrics.clear(); }
  /// Of the function that is being built.
  void add(const MetricStatement &statement);
  /// Makes results of the function of the metrics that were added to it.
  void finish();

  /// Of the training step, once it was built.
  struct Known {
    std::string name;
    bool isNumber = false;
    std::optional<bool> highest; ///< whether a higher or a lower one is better, if that is known
  };
  const std::vector<Known> &known() const { return ofStep; }

  /// The function `metrics` that belongs to a function with metrics; std::nullopt if these are
  /// means over the examples alone.
  static std::optional<Function> formulas(const Pass &pass);

private:
  struct Metric {
    std::string name;
    Tensor value;
    SourceRange range;
    bool ofSplit = false; // computed of sums over the split
  };
  void addTotals();
  void warnOfMean(const std::string &name, const Tensor &value, const Expression &expression);

  Elaboration &elaboration;
  Emitter &emitter;
  Diagnostics &diagnostics;
  std::vector<Metric> metrics; // of the function at hand
  std::vector<Known> ofStep;
  std::vector<Shape> shapesOfStep; // of the sums of the training step
};

} // namespace nnc::lang
