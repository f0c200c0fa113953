// Loss and metrics of a model over a set of examples.
#pragma once

#include "runtime/exec/Execution.h"

#include <string>
#include <utility>
#include <vector>

namespace nnc::runtime {

/// Means over the examples.
struct Measures {
  double loss = 0;
  std::vector<std::pair<std::string, double>> metrics;

  /// "loss 0.0731, accuracy 0.9792"
  std::string describe() const;
};

/// Adds up the losses and metrics of batches, each weighing as many examples as it has.
class MeasureSum {
public:
  explicit MeasureSum(const Function &function);

  void add(const BoundFunction &function, int64_t examples);
  void clear();
  Measures mean() const;

  /// The sums, for a checkpoint: examples, loss, metrics.
  std::vector<double> state() const;
  /// False if the state does not fit.
  bool restore(const std::vector<double> &state);

private:
  std::vector<const OutputValue *> values; ///< the loss, then the metrics
  std::vector<double> sums;
  double examples = 0;
};

/// Evaluates a model on rows of a dataset.
class Evaluator {
public:
  /// Throws Error if the model has no nnc_evaluate or the dataset lacks a field.
  Evaluator(Execution &execution, const Dataset &dataset, Rows rows);

  Measures evaluate();
  int64_t examples() const { return static_cast<int64_t>(rows.size()); }

private:
  BoundFunction function;
  Rows rows;
};

} // namespace nnc::runtime
