// The part that loops over steps have in the plan of memory: how long buffers live that a loop uses,
// and which emitted sequences take over the memory of sequences that die in their loop. Internal to
// assign-arena.
#pragma once

#include "compiler/analysis/BufferAnalysis.h"

namespace nnc {

/// Extends the lifetimes of buffers, which count kernels once, through loops: a buffer that a loop
/// reads and did not write is live until the loop's last kernel, and one that is read behind the
/// loop from the loop's first kernel on. Before that, a sequence that a loop computes row by row
/// takes over the memory of one that dies there, if in each step the row of the latter has been
/// read where that of the former is written.
void extendThroughLoops(BufferAnalysis &analysis, llvm::ArrayRef<KernelGroup> order);

/// Lets the temporaries of each step live through all of its outermost loop: threads that run
/// through the steps without waiting for each other must not meet in memory that was used again.
void separateTemporaries(BufferAnalysis &analysis, llvm::ArrayRef<KernelGroup> order);

} // namespace nnc
