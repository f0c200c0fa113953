// The first nan or infinity of a call of profiled code: after each region, memory is searched for
// one that was not there before.
#pragma once

#include "runtime/exec/Execution.h"

namespace nnc::runtime {

/// Calls the function on one thread, with a batch of these rows, and returns the region that makes
/// the first nan, or the first infinity if `infinite`. Returns null if no region makes one or if the
/// code is not profiled. Overwrites the persistent block.
const Region *findFirstNan(Execution &execution, BoundFunction &function, const int64_t *rows,
                           int64_t count, bool infinite);

} // namespace nnc::runtime
