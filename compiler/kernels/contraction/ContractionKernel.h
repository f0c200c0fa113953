// A contraction on memrefs with its epilogue, between the decision how it is computed and its
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
  ContractionProblem problem;      // with the epilogue's companions
  ContractionOperands operands;
  ContractionTiling tiling;
  bool everyThread = false; // else the first does it alone
  int64_t panelOffset = 0;  // bytes, in the function's memory for panels
};

/// Reads the problem and the operands of `kernel.op` and `kernel.epilogue`; `accumulate` and
/// `usesResult` as in ContractionProblem.
void describeKernel(ContractionKernel &kernel, bool accumulate, bool usesResult);

/// The memory that the kernel reads and writes: A, B, C if it is used, the companions in the order
/// of ContractionOperands, and the epilogue's scalars.
llvm::SmallVector<Access> operandAccesses(const ContractionKernel &kernel);

/// Emits the loops of a kernel at the builder's insertion point.
mlir::LogicalResult emitKernel(mlir::OpBuilder &builder, const ContractionKernel &kernel,
                               const TargetDescription &target);

} // namespace nnc
