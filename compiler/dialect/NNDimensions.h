// The types of the interface Permutable: the dimensions of an operation's values that correspond,
// and operands whose dimensions come in another order.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

namespace nnc::nn {

/// The dimensions of a value in memory order: `order[i]` is the dimension that comes at place i.
using DimOrder = llvm::SmallVector<int64_t>;

/// Receives the dimensions that correspond.
class DimTies {
public:
  enum class Strength {
    Together,   // the values have one layout
    Corresponds // each may have its own: the operation reads and writes any
  };
  virtual ~DimTies() = default;
  virtual void tie(mlir::Value a, int64_t aDim, mlir::Value b, int64_t bDim, Strength strength) = 0;

  /// Ties the dimensions `from` of one value to the dimensions `to` of another, together.
  void tieAll(mlir::Value a, llvm::ArrayRef<int64_t> from, mlir::Value b,
              llvm::ArrayRef<int64_t> to);
  /// Ties all dimensions of two values of one rank.
  void tieAll(mlir::Value a, mlir::Value b);
};

/// The operands of an operation that is rebuilt.
class PermutedOperands {
public:
  virtual ~PermutedOperands() = default;
  /// The order in which the dimensions of operand `number` come.
  virtual DimOrder orderOf(unsigned number) const = 0;
  /// The operand with its dimensions in `order`: transposed where they come in another one.
  virtual mlir::Value inOrder(unsigned number, llvm::ArrayRef<int64_t> order) = 0;
  /// The operand in its own order.
  mlir::Value operator[](unsigned number) { return inOrder(number, orderOf(number)); }
};

/// Where a dimension comes in an order.
int64_t placeIn(llvm::ArrayRef<int64_t> order, int64_t dim);
llvm::SmallVector<int64_t> placesIn(llvm::ArrayRef<int64_t> order, llvm::ArrayRef<int64_t> dims);
llvm::SmallVector<int64_t> sortedPlacesIn(llvm::ArrayRef<int64_t> order,
                                          llvm::ArrayRef<int64_t> dims);

/// A list with one entry for each dimension, in another order.
llvm::SmallVector<int64_t> permuted(llvm::ArrayRef<int64_t> order, llvm::ArrayRef<int64_t> list);
mlir::RankedTensorType permuted(llvm::ArrayRef<int64_t> order, mlir::RankedTensorType type);

namespace detail {

/// Rebuilds an operation with the same dimensions in operands and result: all come in `order`, and
/// `attributes` replace those that list dimensions.
mlir::Value buildInOrder(mlir::Operation *op, mlir::OpBuilder &builder, PermutedOperands &operands,
                         llvm::ArrayRef<int64_t> order,
                         llvm::ArrayRef<mlir::NamedAttribute> attributes);

} // namespace detail
} // namespace nnc::nn
