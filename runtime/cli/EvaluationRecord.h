// The evaluation of trained weights in a run's folder, for reports: loss and metrics of a split, the
// confusion of classes, the calibration of their probabilities, the examples with the largest loss,
// outputs that are pictures, and the predictions over a plane or a line of inputs.
#pragma once

#include "runtime/cli/RunFolder.h"
#include "runtime/data/Dataset.h"
#include "runtime/exec/Execution.h"
#include "runtime/train/Evaluation.h"

namespace nnc::runtime {

/// Writes metrics.json and evaluation.json of the weights in the execution's persistent block, for
/// these rows of the split `split`: a function of the weights and the data. Returns the measures.
/// `landscape` is what lossLandscape() returned, or null.
Measures recordEvaluation(const RunFolder &folder, Execution &execution, const Recipe &recipe,
                          const Dataset &dataset, const RowSet &rows, const std::string &split,
                          const DataConventions &conventions, const Json &landscape = {});

} // namespace nnc::runtime
