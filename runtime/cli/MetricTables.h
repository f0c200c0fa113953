// Metrics that are tensors, such as a confusion matrix, on the standard output.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/train/Evaluation.h"

namespace nnc::runtime {

/// Prints each tensor among the metrics as a table. A dimension as long as a class field has classes
/// has their names.
void printMetricTables(const Measures &measures, const DataBlock &block,
                       const DataConventions &conventions);

} // namespace nnc::runtime
