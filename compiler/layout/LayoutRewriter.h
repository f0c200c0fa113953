// Rebuilds a function so that its values have other orders of dimensions.
#pragma once

#include "compiler/dialect/NNDimensions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <functional>

namespace nnc {

using nn::DimOrder;

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// Gives every value that `function` computes the order that `orderOf` names (of rank 0, 1, ...:
/// always a permutation of the value's dimensions). The signature stays: arguments are transposed
/// where the function begins, returned values where it ends. Operations that have no form for the
/// orders of their operands get them transposed.
void rewriteLayouts(mlir::func::FuncOp function,
                    const std::function<DimOrder(mlir::Value)> &orderOf);

} // namespace nnc
