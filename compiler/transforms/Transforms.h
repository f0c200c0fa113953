// The transforms that are also called without a pass manager, by the reference evaluator's checks.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace nnc {

/// What `nn-add-batch` does, for use without a pass manager.
llvm::LogicalResult addBatch(mlir::ModuleOp module, int64_t batch);

/// What `nn-differentiate` does, for use without a pass manager.
llvm::LogicalResult differentiate(mlir::func::FuncOp function);

} // namespace nnc
