// Loss and metrics of a model over a set of examples.
#pragma once

#include "runtime/exec/Execution.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nnc::runtime {

/// A number, or a tensor of numbers.
struct Metric {
  std::string name;
  std::vector<double> values;
  Shape shape = {};

  /// Nested lists, with the numbers as `text` writes them.
  std::string json(const std::function<std::string(double)> &text) const;
};

/// The mean loss of many examples, and their metrics.
struct Measures {
  double loss = 0;
  std::vector<Metric> metrics;

  /// "loss 0.0731, accuracy 0.9792": without tensors.
  std::string describe() const;
};

/// The scores of examples, for a total over their pairs.
struct Ranking {
  const OutputValue *score = nullptr, *positive = nullptr;
  std::vector<std::pair<double, double>> examples; ///< score, 1 if positive

  /// The number of pairs of a positive example and another one whose score is lower; those with
  /// equal scores count half.
  double orderedPairs() const;
};

/// Adds up the losses and metrics of batches, each weighing as many examples as it has.
class MeasureSum {
public:
  /// Of a function with a loss, over at most so many examples. `metrics` is the function of metrics
  /// that are computed of its totals; null if there are none.
  MeasureSum(Execution &execution, const Function &function, const Function *metrics,
             int64_t mostExamples);

  void add(const BoundFunction &function, int64_t examples);
  void clear();
  /// Overwrites the arena.
  Measures result();

  /// The sums, for a checkpoint: examples, loss, metrics.
  std::vector<double> state() const;
  /// False if the state does not fit.
  bool restore(const std::vector<double> &state);

private:
  std::vector<const OutputValue *> values; ///< the loss, then the metrics, then the totals
  std::vector<double> sums;                ///< of all elements of the values
  double examples = 0;
  std::unique_ptr<BoundFunction> formulas; ///< of the totals; null if there are none
  std::vector<Ranking> rankings;
};

/// Evaluates a model on rows of a dataset, with the averages of its parameters where it has them.
class Evaluator {
public:
  /// Of the loss and metrics of a phase. Throws Error if the dataset lacks a field.
  Evaluator(Execution &execution, const Phase &phase, const Dataset &dataset, RowSet rows);

  Measures evaluate();
  int64_t examples() const { return rows.size(); }

private:
  Execution &execution;
  BoundFunction function;
  MeasureSum sum;
  RowSet rows;
  Rows buffer;
};

} // namespace nnc::runtime
