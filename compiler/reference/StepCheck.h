// Compares the functions that nn-step derives with the function of the whole sequence.
#pragma once

#include "compiler/reference/Evaluate.h"

namespace nnc::reference {

/// Evaluates the function, which has an argument of kind `token`, and the functions that nn-step
/// makes of it, one element after the other. Returns whether each result of each step was the row of
/// that position up to a relative error of 1e-12, and a result without positions that of the last
/// step; an error at the function tells of the first that was not.
mlir::LogicalResult checkSteps(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments);

} // namespace nnc::reference
