// The processor's multiply-add peak: what the speed of compiled code is compared with.
#pragma once

#include "runtime/support/Tensor.h"
#include "runtime/exec/ThreadPool.h"

namespace nnc::runtime {

/// GFLOP/s of all threads of the pool together, in the widest vectors that the processor has. The
/// best of several runs, about 50 ms in all: what the processor can do when nothing disturbs it.
double measureFmaPeak(ThreadPool &pool, DType type);

} // namespace nnc::runtime
