// Decides where the threads of a compiled function have to meet. Kernels are recorded in order with
// the memory that each of their threads touches; a barrier is needed only between two kernels that
// touch the same bytes from different threads, one of them writing.
#pragma once

#include "compiler/Conversion/KernelNest.h"
#include "compiler/Conversion/KernelPlan.h"

namespace nnc {

/// Which thread touches which part of a range of memory.
struct Ownership {
  enum Kind {
    FirstThread, // all of it by thread 0
    Units,       // byte (offset - base) / unitBytes % units by the thread that has this unit
    Everyone     // any of it by any thread
  };
  Kind kind = Everyone;
  int64_t base = 0;
  int64_t unitBytes = 0;
  int64_t units = 0;
  int64_t periodBytes = 0;
  bool operator==(const Ownership &) const = default;
};

struct Access {
  mlir::Value block; // what the range is counted in: a block of the function, or some other memref
  int64_t begin = 0, end = 0; // bytes
  bool write = false;
  Ownership ownership;
};

/// The bytes that a memref covers; the whole of its root where that is not known.
Access wholeAccess(mlir::Value memref, bool write);

/// Everything the kernel touches, if its partition is shared by the threads (or not: thread 0).
llvm::SmallVector<Access> kernelAccesses(const KernelNest &nest, const KernelPlan &plan,
                                         bool partitioned);

class BarrierTracker {
public:
  /// True if a barrier must precede a kernel with these accesses.
  bool conflicts(llvm::ArrayRef<Access> accesses) const;
  void record(llvm::ArrayRef<Access> accesses);
  void barrier() { since.clear(); }

private:
  llvm::SmallVector<Access> since; // accesses since the last barrier
};

} // namespace nnc
