// Places buffers whose sizes and live ranges are known into one block of memory.
#pragma once

#include "compiler/analysis/BlockLayout.h"

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <string>

namespace nnc {

struct BufferRequest {
  int64_t bytes = 0;
  /// Positions of the first and the last operation that touches the buffer.
  int64_t first = 0, last = 0;
};

struct MemoryPlan {
  llvm::SmallVector<int64_t> offsets; // of each request, in bytes
  int64_t bytes = 0;                  // of the block
};

/// Greedy best fit: buffers are placed one after the other, each into the smallest gap that those
/// alive with it leave, in several orders; the smallest result counts.
MemoryPlan planMemory(llvm::ArrayRef<BufferRequest> requests);

/// The most bytes that are alive at one position: no plan can be smaller.
int64_t largestLiveSum(llvm::ArrayRef<BufferRequest> requests);

/// Checks that buffers which are alive together share no byte, and that all are aligned and inside
/// of the block. `error` receives the first violation.
mlir::LogicalResult verifyPlan(llvm::ArrayRef<BufferRequest> requests, const MemoryPlan &plan,
                               std::string &error);

} // namespace nnc
