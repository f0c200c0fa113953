// A value that the training steps and evaluations of a phase take as a field of the data: computed
// once for each example instead of in every step.
#pragma once

#include "runtime/exec/Execution.h"

namespace nnc::runtime {

/// If the phase caches a value, computes it for all examples of the dataset from the persistent block
/// of the execution, and adds it to the fields or replaces it there. No function may be bound to the
/// dataset.
void addCachedField(Execution &execution, const Phase &phase, Dataset &dataset);

} // namespace nnc::runtime
