// Compares a function that nn-add-batch has rebuilt with the function of one example it was made
// from, applied to each example.
#pragma once

#include "compiler/reference/Evaluate.h"

namespace nnc::reference {

/// `examples` holds the arguments of each example. For every choice of arguments that belong to the
/// example (the others are taken from the first one) the function is given a batch dimension and
/// evaluated for all examples at once. Returns whether all results were equal up to a relative
/// error of 1e-12; an error at the function tells of the first that was not.
mlir::LogicalResult checkBatching(mlir::func::FuncOp function,
                                  llvm::ArrayRef<llvm::SmallVector<Tensor>> examples);

} // namespace nnc::reference
