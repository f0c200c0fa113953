// Finds softmaxes whose mask keeps nothing at all: a condition of indices and constants that is false
// everywhere. All their results are 0, and no gradient passes them.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <optional>

namespace nnc {

/// The place of the first such mask in functions of one example; nothing if there is none.
std::optional<mlir::Location> findEmptyMask(mlir::ModuleOp module);

} // namespace nnc
