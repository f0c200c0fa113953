// Which element-wise kernels can be computed where a contraction reads its operand: of each element the
// contraction reads the kernel's own input, which stays in memory anyway, and the kernel's result
// needs none. kernels/contraction/Prologue.h emits them.
#pragma once

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnc {

/// On an element-wise kernel that the one contraction that reads its result computes as it reads; behind
/// assign-arena the number of the contraction's operand, on a kernel behind the contraction.
inline constexpr llvm::StringLiteral prologueAttrName = "nn.prologue";

/// The operand of a contraction that can be computed as it is read: the result of `kernel`, an
/// element-wise function of one tensor of the same shape, which another kernel computes. Null if the
/// kernel has another form, or other readers.
mlir::OpOperand *prologueOperand(mlir::linalg::LinalgOp kernel);

/// The marked kernels among the producers of a contraction's operands, which still have that form.
llvm::SmallVector<mlir::linalg::LinalgOp, 2> prologuesOf(mlir::linalg::LinalgOp contraction);

} // namespace nnc
