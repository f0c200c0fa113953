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

} // namespace nnc::reference
