// Puts the blocks of scans among the kernels of the function.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nnc {

/// Replaces each nn.scan of the function by the operations of its block, once, on the rows of the
/// first step, with the marks of StepLoops.h. A trace is one tensor: each step reads a row of it
/// that the step before has written. The result means what the scan did as soon as each tensor has
/// one place in memory.
void flattenScans(mlir::func::FuncOp function);

/// Marks the kernels that have been added between those of a loop.
void markLoops(mlir::func::FuncOp function);

} // namespace nnc
