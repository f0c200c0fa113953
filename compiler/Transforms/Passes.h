// The passes from nn to nn; Passes.td describes each of them.
#pragma once

#include "compiler/Dialect/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace nnc {

#define GEN_PASS_DECL
#include "compiler/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/Transforms/Passes.h.inc"

/// What `nn-add-batch` does, for use without a pass manager.
llvm::LogicalResult addBatch(mlir::ModuleOp module, int64_t batch);

/// What `nn-differentiate` does, for use without a pass manager.
llvm::LogicalResult differentiate(mlir::func::FuncOp function);

} // namespace nnc
