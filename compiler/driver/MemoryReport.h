// The tensors that a training step keeps in memory, and their places: the report of `nnc build
// --memory`, and the parts of it that executables carry for `info`.
#pragma once

#include "compiler/analysis/BlockLayout.h"

#include "llvm/Support/raw_ostream.h"

namespace nnc {

/// The buffers that the forward pass leaves for the backward pass, the largest first.
std::vector<ArenaBuffer> savedBuffers(const FunctionBlocks &function);

/// The most bytes of all other buffers of the arena that are alive at one time.
int64_t scratchBytes(const FunctionBlocks &function);

/// Bytes to which a limit of memory applies: those that are kept through the run, and the arena of
/// the training step, or the largest arena if there is no training step.
int64_t plannedBytes(const ModuleBlocks &blocks);

/// Prints sizes by purpose, the cache of a generated sequence, the recomputed values, then the
/// whole plan of the training step, or of every function of a module without one. The module is one
/// behind `assign-arena`.
void printMemoryReport(mlir::ModuleOp module, llvm::raw_ostream &stream);

} // namespace nnc
