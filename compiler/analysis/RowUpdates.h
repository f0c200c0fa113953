// Updates of tables of which a step needs to touch only the rows that were looked up, since the
// update leaves a row without a gradient as it is.
#pragma once

#include "compiler/dialect/NN.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace nnc {

/// On a linalg.generic by update-rows: a row update, whose operand `looked` says which rows have a
/// gradient.
inline constexpr llvm::StringLiteral rowUpdateAttrName = "nn.rows";

/// An update that leaves rows without a gradient as they are.
struct RowUpdate {
  nn::ScatterAddOp gradient;
  mlir::OpOperand *gradientOperand = nullptr;
  /// By result: the operand with the old value.
  llvm::SmallVector<mlir::OpOperand *> old;
  /// Values of the body, of numbers of the run alone, that have to be 0 for that, such as a decay.
  llvm::SmallVector<mlir::Value> zeros;
};

/// Matches an element-wise kernel that updates tables [rows, elements] by a sum of rows, the result
/// of nn.scatter_add, which nothing else reads. Numbers are taken to be finite, and divisors not to
/// be 0: 0 times a number, or divided by one, is 0, and a number plus 0 is that number.
std::optional<RowUpdate> matchRowUpdate(mlir::linalg::GenericOp op);

} // namespace nnc
