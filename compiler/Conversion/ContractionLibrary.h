// Contractions as functions of their own: equal ones (in shapes, layouts, tiling and epilogue) of a
// module share one, so that a network of repeated blocks is compiled once for each kind of block.
#pragma once

#include "compiler/Conversion/Contraction.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace nnc {

/// On a function that computes one contraction: it is lowered already.
inline constexpr llvm::StringLiteral kernelAttrName = "nn.kernel";

/// A contraction on memrefs with all that has been decided about it.
struct ContractionKernel {
  mlir::linalg::LinalgOp op;
  mlir::linalg::LinalgOp epilogue; // null: none
  ContractionProblem problem;      // with the epilogue's companions
  ContractionOperands operands;
  ContractionTiling tiling;
};

/// Reads the problem and the operands of `kernel.op` and `kernel.epilogue`; `accumulate` and
/// `usesResult` as in ContractionProblem.
void describeKernel(ContractionKernel &kernel, bool accumulate, bool usesResult);

/// Emits the loops of a kernel at the builder's insertion point.
mlir::LogicalResult emitKernel(mlir::OpBuilder &builder, const ContractionKernel &kernel,
                               const TargetDescription &target);

class ContractionLibrary {
public:
  ContractionLibrary(mlir::ModuleOp module, const TargetDescription &target)
      : module(module), target(target) {}

  /// Emits a call of the function that computes the kernel, which is made if there is none yet.
  /// Fails, and emits nothing, where an operand is no part of a block that a function is given.
  mlir::LogicalResult call(mlir::OpBuilder &builder, const ContractionKernel &kernel);

private:
  mlir::ModuleOp module;
  const TargetDescription &target;
  llvm::StringMap<mlir::func::FuncOp> functions; // by the text of what they compute
};

} // namespace nnc
