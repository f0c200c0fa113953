// The order of dimensions in functions with scans: the dimension of the steps comes in front of
// that of the batch, as in the scans themselves.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nnc {

/// Gives every value of a function that has a dimension of steps and one of the batch an order in
/// which the former comes right in front of the latter. A dimension counts steps if it corresponds
/// (BatchDims.h) to the first dimension of a sequence or a result of a scan. Functions without
/// scans stay as they are.
void putStepsFirst(mlir::func::FuncOp function);

} // namespace nnc
