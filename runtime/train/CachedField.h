// A value that a phase's training steps take as a field of the data: computed once for each example
// instead of in every step.
#pragma once

#include "runtime/exec/Execution.h"

namespace nnc::runtime {

/// Computes it for all examples of the dataset by the function of the phase's `cache`, whose
/// persistent block is that of the execution, and adds it to the fields or replaces it there. No
/// function may be bound to the dataset.
void addCachedField(Execution &execution, const Function &function, Dataset &dataset);

} // namespace nnc::runtime
