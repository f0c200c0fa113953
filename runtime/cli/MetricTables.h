// Measures on the standard output: tensors, such as a confusion matrix, as tables, and all of them as
// JSON.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/support/Json.h"
#include "runtime/train/Evaluation.h"

namespace nnc::runtime {

/// Prints each tensor among the metrics as a table. A dimension as long as a class field has classes
/// has their names.
void printMetricTables(const Measures &measures, const DataBlock &block,
                       const DataConventions &conventions);

/// {"loss": ..., METRIC: ...}, tensors as nested lists.
Json toJson(const Measures &measures);

} // namespace nnc::runtime
