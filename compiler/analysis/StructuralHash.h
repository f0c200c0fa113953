// Equality of operations by structure: kind, attributes, operands and bodies, not their place.
#pragma once

#include "mlir/IR/Operation.h"
#include "llvm/ADT/Hashing.h"

namespace nnc {

/// A hash of the operation, its attributes, operands and regions, without locations. Operations
/// that OperationEquivalence takes for equal have equal hashes; values of a region count by their
/// number in it.
llvm::hash_code structuralHash(mlir::Operation *op);

/// The same for the operations of a region.
llvm::hash_code structuralHash(mlir::Region &region);

} // namespace nnc
