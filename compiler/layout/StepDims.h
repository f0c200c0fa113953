// The order of dimensions in functions with scans: that of the steps comes in front of that of the batch,
// as in the scans themselves.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nnc {

/// Gives every value of a function that has a dimension of the steps of its scans and one of the batch
/// an order in which the former comes right in front of the latter. Dimensions count steps that
/// correspond (BatchDims.h) to the first one of a sequence or a result of a scan. Does nothing in
/// functions without scans.
void putStepsFirst(mlir::func::FuncOp function);

} // namespace nnc
