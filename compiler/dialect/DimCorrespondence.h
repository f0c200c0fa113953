// The correspondence between dimensions of the operands and of the result of one operation.
#pragma once

#include "compiler/dialect/NN.h"

namespace nnc::nn {

/// Of a contraction, or of an operation that ties its dimensions (Permutable).
class DimCorrespondence : public DimTies {
public:
  explicit DimCorrespondence(mlir::Operation *op);

  void tie(mlir::Value a, int64_t aDim, mlir::Value b, int64_t bDim, Strength strength) override;

  /// The dimension of the result that dimension `dim` of operand number `operand` becomes.
  std::optional<int64_t> inResult(unsigned operand, int64_t dim) const;
  /// The dimension of operand number `operand` that dimension `dim` of the result comes from.
  std::optional<int64_t> inOperand(unsigned operand, int64_t dim) const;
  /// The dimension of operand number `to` that a contraction multiplies and sums with dimension
  /// `dim` of operand number `from`.
  std::optional<int64_t> inOther(unsigned from, int64_t dim, unsigned to) const;

private:
  std::optional<int64_t> find(mlir::Value value, int64_t dim, mlir::Value other) const;
  llvm::ArrayRef<int64_t> labelsOf(unsigned operand) const;

  mlir::Operation *op;
  mutable ContractOp contract;
  llvm::SmallVector<std::pair<std::pair<mlir::Value, int64_t>, std::pair<mlir::Value, int64_t>>>
      ties;
};

} // namespace nnc::nn
