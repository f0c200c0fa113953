// The output of a predict block that says the class of an example, by its number or by scores, and the
// field of the data that holds the true one.
#pragma once

#include "runtime/exec/Execution.h"

#include <cstdint>

namespace nnc::runtime {

struct Classification {
  const Function *function = nullptr; ///< null: no predict block says a class
  const OutputValue *output = nullptr;
  const DataField *field = nullptr;

  bool hasScores() const { return isFloat(output->dtype); }
  /// Of an output with scores: that of a class.
  double score(const BoundFunction &bound, int64_t example, int64_t number) const;
  int64_t predicted(const BoundFunction &bound, int64_t example) const;
};

/// The class that the data has for a row.
int64_t classOf(const Dataset &dataset, const DataField &field, int64_t row);

/// The first such output of the predict blocks of which the dataset has all inputs: one of the
/// preferred kind, else one of the other. The field is not an input of the block, and has at most so
/// many classes.
Classification findClassification(const Description &description, const DataBlock &block,
                                  const Dataset &dataset, bool prefersScores,
                                  int64_t mostClasses = INT64_MAX);

} // namespace nnc::runtime
