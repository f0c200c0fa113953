// Training steps for batches of short examples, and the choice among them.
#pragma once

#include "runtime/exec/Execution.h"

#include <deque>
#include <string>
#include <vector>

namespace nnc::runtime {

/// A training step: a function for all lengths and, with `bucket = true`, some for shorter
/// examples. All of them update the same parameters and have the same outputs.
class Buckets {
public:
  /// `step` is the training step for all lengths, `symbols` are the functions for shorter examples,
  /// the shortest first. All arguments must live as long.
  Buckets(Execution &execution, BoundFunction &step, const std::vector<std::string> &symbols,
          const Dataset &dataset);

  /// Whether there are steps for shorter examples.
  bool any() const { return !shorter.empty(); }
  /// For each row of the dataset, the number of the shortest step that takes it.
  const std::vector<uint8_t> &ofRows() const { return bucketOf; }
  /// The shortest step that takes these rows.
  BoundFunction &forRows(const int64_t *rows, int64_t count);

private:
  BoundFunction &step;
  std::deque<BoundFunction> shorter; ///< the shortest first
  std::vector<uint8_t> bucketOf;     ///< empty if there are none
};

} // namespace nnc::runtime
