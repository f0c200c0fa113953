// The memory that a kernel of element-wise loops touches, with the thread that touches each part.
#pragma once

#include "compiler/analysis/MemoryAccess.h"
#include "compiler/kernels/nest/KernelPlan.h"

namespace nnc {

/// Everything the kernel touches, if its partition is shared by the threads (or not: thread 0).
llvm::SmallVector<Access> kernelAccesses(const KernelNest &nest, const KernelPlan &plan,
                                         bool partitioned);

} // namespace nnc
