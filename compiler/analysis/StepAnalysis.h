// The facts about the kernels of a function that memory plans and profiles show: source lines,
// work, and whether they belong to the forward or the backward pass. Internal to assign-arena.
#pragma once

#include "compiler/analysis/BufferAnalysis.h"

#include "llvm/ADT/DenseSet.h"

namespace nnc {

/// The user's name of a value; empty if it has none.
std::string nameOf(mlir::Location location);
/// The line of the source that a location leads to; 0 if there is none.
int64_t lineOf(mlir::Location location);

/// Floating-point operations of one execution.
int64_t floatOperations(mlir::Operation *kernel);

/// Assigns the kernels of a training step to its passes. The forward pass computes the output
/// `loss`; the backward pass, with the optimizer's update, consists of the other kernels from which
/// the new parameters and slots are computed. Functions without a loss have neither.
class StepAnalysis {
public:
  explicit StepAnalysis(mlir::func::FuncOp function);

  bool isForward(mlir::Operation *kernel) const { return forward.contains(kernel); }
  bool isBackward(mlir::Operation *kernel) const { return backward.contains(kernel); }

  /// Marks the storages that a kernel of the forward pass writes and one of the backward pass
  /// reads.
  void markSaved(BufferAnalysis &analysis) const;

  /// One region for each group of kernels, in order.
  std::vector<KernelRegion> regions(const BufferAnalysis &analysis,
                                    llvm::ArrayRef<KernelGroup> order) const;

private:
  llvm::DenseSet<mlir::Operation *> forward, backward;
};

} // namespace nnc
