// A contraction on memrefs with its prologues and its epilogue, between the decision how it is computed and its
// loops.
#pragma once

#include "compiler/analysis/MemoryAccess.h"
#include "compiler/kernels/contraction/Contraction.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnc {

/// A contraction on memrefs with all that has been decided about it.
struct ContractionKernel {
  mlir::linalg::LinalgOp op;
  mlir::linalg::LinalgOp epilogue; // null: none
  /// Of operands, at most one each.
  llvm::SmallVector<mlir::linalg::LinalgOp, 2> prologues;
  ContractionProblem problem; // with the epilogue's companions
  ContractionOperands operands;
  ContractionTiling tiling;
  bool everyThread = false; // else the first does it alone
  int64_t panelOffset = 0;  // bytes, in the function's memory for panels
};

/// Sets the epilogue and the prologues among the kernels that stand right behind `kernel.op`, or in a
/// copy of it, behind each other: those that assign-arena has marked as such.
void addMarked(ContractionKernel &kernel, llvm::ArrayRef<mlir::linalg::LinalgOp> behind);

/// Reads the problem and the operands of `kernel.op`, `kernel.prologues` and `kernel.epilogue`; `accumulate` and
/// `usesResult` as in ContractionProblem.
void describeKernel(ContractionKernel &kernel, bool accumulate, bool usesResult);

/// The memory that the kernel reads and writes: A, B, C if it is used, the companions in the order
/// of ContractionOperands, and the epilogue's scalars.
llvm::SmallVector<Access> operandAccesses(const ContractionKernel &kernel);

/// Emits the loops of a kernel at the builder's insertion point.
mlir::LogicalResult emitKernel(mlir::OpBuilder &builder, const ContractionKernel &kernel,
                               const TargetDescription &target);

} // namespace nnc
