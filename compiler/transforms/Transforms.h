// The transforms that are also called without a pass manager, by the reference evaluator's checks.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace nnc {

/// Applies `nn-add-batch`.
llvm::LogicalResult addBatch(mlir::ModuleOp module, int64_t batch);

/// Applies `nn-step`.
llvm::LogicalResult deriveSteps(mlir::ModuleOp module);

/// Applies `nn-differentiate`.
llvm::LogicalResult differentiate(mlir::func::FuncOp function);

} // namespace nnc
