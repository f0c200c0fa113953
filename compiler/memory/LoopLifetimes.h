// Loops over steps in the memory plan: the live ranges of the buffers that loops use, and the
// sequences that a loop writes into the memory of those it is the last to read. Internal to
// assign-arena.
#pragma once

#include "compiler/analysis/BufferAnalysis.h"

namespace nnc {

/// Extends the live ranges of buffers, which do not know of repetition, through loops: a buffer
/// that is written in front of a loop and read in it is live until the loop's last kernel, and one
/// that is written in it and read behind it is live from the loop's first kernel on. Before that, a
/// sequence that a loop computes row by row takes over the memory of one that the loop is the last
/// to read, if each step has read its row of the latter when it writes that of the former.
void extendThroughLoops(BufferAnalysis &analysis, llvm::ArrayRef<KernelGroup> order);

/// Extends the live ranges of temporaries through their outermost loop: threads that share it by
/// rows do not wait for each other, so temporaries of one step must not share memory.
void separateTemporaries(BufferAnalysis &analysis, llvm::ArrayRef<KernelGroup> order);

} // namespace nnc
