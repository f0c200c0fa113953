// The sizes that values have once they are computed for a whole batch.
#pragma once

#include "lang/Program.h"
#include "lang/support/Diagnostics.h"

namespace nnc::lang {

/// Reports the first value that would be too large for the batch of the program's recipe.
void checkBatchSizes(const Program &program, Diagnostics &diagnostics);

} // namespace nnc::lang
