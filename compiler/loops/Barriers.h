// Decides where the threads of a compiled function have to meet. Kernels are recorded in order with
// the memory that each of their threads touches; a barrier is needed only between two kernels that
// touch the same bytes from different threads, one of them writing.
#pragma once

#include "compiler/analysis/MemoryAccess.h"

#include "llvm/ADT/SmallVector.h"

namespace nnc {

class BarrierTracker {
public:
  /// True if a barrier must precede a kernel with these accesses.
  bool conflicts(llvm::ArrayRef<Access> accesses) const;
  void record(llvm::ArrayRef<Access> accesses);
  void barrier() { since.clear(); }
  /// Whether thread 0 alone has run kernels since the last barrier.
  bool isOfFirstThread() const;
  /// Takes the accesses so far for accesses to all of their blocks: of a loop, the kernels' in the
  /// first step are recorded.
  void widen();

private:
  llvm::SmallVector<Access> since; // accesses since the last barrier
};

} // namespace nnc
