// Element-wise kernels that a contraction computes as it reads its operand, from a tensor of the same
// layout, so that the operand itself need not go through memory.
#pragma once

#include "compiler/kernels/contraction/Contraction.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnc {

/// Cycles of the kernel's arithmetic on one vector.
int64_t prologueCycles(mlir::linalg::LinalgOp prologue);

/// The hook that computes the kernel, which must outlive it.
OperandHook buildPrologue(mlir::linalg::LinalgOp prologue);

} // namespace nnc
