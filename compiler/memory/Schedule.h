// The order in which the kernels of a function run, and which of its results are written in place
// of the arguments that they replace. Internal to assign-arena.
#pragma once

#include "compiler/analysis/BufferAnalysis.h"
#include "compiler/analysis/EpilogueLegality.h"

#include "llvm/ADT/SmallPtrSet.h"

namespace nnc {

/// A result that replaces a persistent argument: the storage of the former is that of the latter.
struct Update {
  mlir::BlockArgument argument; // null if the function is not given the old value
  mlir::Operation *writer;      // the one kernel that writes the result
  unsigned result = 0;          // number of the function's result
};

using ContractionSet = llvm::SmallPtrSet<mlir::Operation *, 8>;

/// Every kernel is in one group; groups are in program order of their first kernels and do not
/// depend on each other in a circle. Contractions of `apart` get no epilogue, and come right behind
/// their operands. `decisions` gets one entry for each reader of a contraction.
llvm::SmallVector<KernelGroup> groupKernels(const BufferAnalysis &analysis,
                                            llvm::ArrayRef<Update> updates,
                                            const ContractionSet &apart,
                                            llvm::SmallVectorImpl<EpilogueDecision> &decisions);

/// Orders the groups: operands first; kernels that read the old value of an argument before the
/// kernel that writes the new one; updates as soon as they can be made, since they free what they
/// are made from; otherwise in the order of `groups`. Empty if an update cannot be made in place, whose
/// number goes to `offender`: something needs both the new value and the old one.
llvm::SmallVector<KernelGroup> scheduleKernels(const BufferAnalysis &analysis,
                                               llvm::ArrayRef<KernelGroup> groups,
                                               llvm::ArrayRef<Update> updates, unsigned &offender);

} // namespace nnc
