// Runs of kernels that all threads share and that need no barrier between them: each thread goes through
// its part of all of them in chunks that a cache holds, so that a kernel finds there what the one before has
// read or written. A softmax then takes a row's maximum, exponentials and sum while the row is near.
#pragma once

#include "compiler/analysis/MemoryAccess.h"
#include "compiler/target/TargetDescription.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nnc {

/// A call of a kernel that divides `units` among threads.
struct SharedCall {
  mlir::func::CallOp call;
  llvm::SmallVector<Access> accesses;
  int64_t units = 1;
};

/// Makes loops over chunks of runs of calls in the function's block. `thread` and `threads` are the
/// values by which the calls divide their units: a chunk is the part of one of so many times more threads.
/// That is right for any number of threads, and so for more of them.
void chunkKernels(mlir::Block &block, llvm::ArrayRef<SharedCall> calls, mlir::Value thread,
                  mlir::Value threads, const TargetDescription &target);

} // namespace nnc
