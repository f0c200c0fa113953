// Checks that several verifiers and shape functions of the nn dialect share. Each reports a failure
// at the location, if there is one, prefixed with the operation's name.
#pragma once

#include "compiler/dialect/NN.h"

namespace nnc::nn {

/// Reports `message` as MLIR's emitOpError does, and returns failure.
template <typename... Parts>
llvm::LogicalResult reportOpError(std::optional<mlir::Location> location, llvm::StringRef operation,
                                  Parts &&...message) {
  return mlir::emitOptionalError(location, "'", operation, "' op ",
                                 std::forward<Parts>(message)...);
}

/// Checks that `dims` increase strictly and lie in [0, rank). `what` names them in the message.
llvm::LogicalResult checkIncreasingDims(std::optional<mlir::Location> location,
                                        llvm::StringRef operation, llvm::StringRef what,
                                        llvm::ArrayRef<int64_t> dims, int64_t rank);

/// Checks that the list `what` has one entry for each of `rank` dimensions.
llvm::LogicalResult checkOnePerDim(std::optional<mlir::Location> location,
                                   llvm::StringRef operation, llvm::StringRef what,
                                   llvm::ArrayRef<int64_t> list, int64_t rank);

/// Checks that `dim` lies in [0, rank).
llvm::LogicalResult checkDim(std::optional<mlir::Location> location, llvm::StringRef operation,
                             int64_t dim, int64_t rank);

} // namespace nnc::nn
