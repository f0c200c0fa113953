// The loss around trained weights, along two random directions (Li et al. 2018), for pictures.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/exec/Execution.h"
#include "runtime/support/Json.h"

namespace nnc::runtime {

/// The loss of a phase on some of the rows, with the weights moved by -1 to 1 in each direction. A
/// direction is as long as the weights of each unit or filter; vectors, such as biases, stay. The
/// weights in the execution are as before.
Json lossLandscape(Execution &execution, const Phase &phase, const Dataset &dataset,
                   const RowSet &rows);

} // namespace nnc::runtime
