// The first lanes of a vector as a few shorter vectors, for processors on which masks are slow.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace nnc {

/// Calls `piece` with the powers of two, at most `lanes`, that make up `count`: (first lane,
/// width).
void forEachPiece(int64_t lanes, int64_t count,
                  llvm::function_ref<void(int64_t lane, int64_t width)> piece);

/// Stores the first `count` lanes of `vector`; `position` says where in `memref` a lane goes.
void storePieces(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value vector,
                 mlir::Value memref, int64_t count,
                 llvm::function_ref<mlir::Value(int64_t lane)> position);

} // namespace nnc
