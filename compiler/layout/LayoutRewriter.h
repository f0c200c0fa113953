// Rebuilds a function so that its values have other orders of dimensions.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>

namespace nnc {

/// An order of a value's dimensions: entry i is the dimension that comes i-th.
using DimOrder = llvm::SmallVector<int64_t>;

/// Gives every value that `function` computes the order that `orderOf` names (of rank 0, 1, ...:
/// always a permutation of the value's dimensions). The signature stays: arguments are transposed
/// where the function begins, returned values where it ends. Operations that have no form for the
/// orders of their operands get them transposed.
void rewriteLayouts(mlir::func::FuncOp function,
                    const std::function<DimOrder(mlir::Value)> &orderOf);

} // namespace nnc
