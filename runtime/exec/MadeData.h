// The compiled functions that make data, bound to the splits that they make.
#pragma once

#include "runtime/model/Model.h"

namespace nnc::runtime {

/// Gives each split of made data its function.
void bindMadeData(Description &description);

} // namespace nnc::runtime
