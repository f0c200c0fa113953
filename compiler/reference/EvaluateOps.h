// Evaluation of one operation, by family. Each function fills `result`, which has the type of the
// operation's result and is zero, and returns false if the operation is of another family.
#pragma once

#include "compiler/dialect/NN.h"
#include "compiler/reference/Tensor.h"

namespace nnc::reference {

using Operands = llvm::ArrayRef<const Tensor *>;

bool evaluateElementwise(mlir::Operation *op, Operands operands, Tensor &result);
bool evaluateReduction(mlir::Operation *op, Operands operands, Tensor &result);
bool evaluateStructure(mlir::Operation *op, Operands operands, Tensor &result);

/// Evaluates a block on arguments; the values that its terminator hands on.
using EvaluateBlock = llvm::function_ref<mlir::FailureOr<llvm::SmallVector<Tensor>>(
    mlir::Block &block, llvm::ArrayRef<Tensor> arguments)>;

mlir::FailureOr<llvm::SmallVector<Tensor>>
evaluateAttention(nn::AttentionOp op, llvm::function_ref<const Tensor &(mlir::Value)> valueOf,
                  EvaluateBlock evaluateBlock);
mlir::FailureOr<llvm::SmallVector<Tensor>>
evaluateAttention(nn::AttentionGradientOp op,
                  llvm::function_ref<const Tensor &(mlir::Value)> valueOf,
                  EvaluateBlock evaluateBlock);

} // namespace nnc::reference
