// Compares the functions that nn-step derives with the function of the whole sequence.
#pragma once

#include "compiler/reference/Evaluate.h"

namespace nnc::reference {

/// Evaluates the function, which has an argument of kind `token`, and the functions that nn-step
/// derives from it, step by step. Each result of a step must equal the row of its position, and a
/// result without positions that of the last step, up to an error of 1e-12, absolute or relative.
/// Fails with an error at the function for the first result that differs.
mlir::LogicalResult checkSteps(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments);

} // namespace nnc::reference
