// What a training step keeps in memory and where: the report of `nnc build --memory`, and the parts
// of it that executables carry for `info`.
#pragma once

#include "compiler/Conversion/BlockLayout.h"

#include "llvm/Support/raw_ostream.h"

namespace nnc {

/// The buffers that the forward pass leaves for the backward pass, the largest first.
std::vector<ArenaBuffer> savedBuffers(const FunctionBlocks &function);

/// The most bytes of all other buffers of the arena that are alive at one time.
int64_t scratchBytes(const FunctionBlocks &function);

/// Sizes by purpose, then the whole plan of the training step, or of every function if there is
/// none.
void printMemoryReport(const ModuleBlocks &blocks, llvm::raw_ostream &stream);

} // namespace nnc
