// Which dimensions of a function's values count the examples of the batch, and which values must
// have the same layout: the units of the choice of nn-assign-layout.
#pragma once

#include "compiler/dialect/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/IntEqClasses.h"

namespace nnc {

/// Whether the first dimension of an argument counts the examples of the batch: an argument of kind
/// `input` or `example_weight`, or a per-example state.
bool hasBatch(mlir::BlockArgument argument);

/// Dimensions correspond if an operation takes elements at one index of them to elements at that
/// index. Those that correspond to dimension 0 of an argument with a batch (hasBatch) are
/// dimensions of the batch.
class BatchDims : private nn::DimTies {
public:
  explicit BatchDims(mlir::func::FuncOp function);

  /// How many examples the batch has; 0 in a function without inputs.
  int64_t examples() const { return batch; }

  /// The dimension of the value that counts examples; none if it has none or several.
  std::optional<int64_t> of(mlir::Value value) const;

  /// Values with one dimension of the batch fall into groups: what operations other than
  /// contractions tie together. A contraction reads and writes any layout, so that the groups on
  /// its sides are free to differ.
  llvm::ArrayRef<unsigned> groups() const { return groupList; }
  std::optional<unsigned> groupOf(mlir::Value value) const;

private:
  void tie(mlir::Value a, int64_t aDim, mlir::Value b, int64_t bDim, Strength strength) override;
  void number(mlir::Value value);
  bool isBatch(unsigned node) const { return batchClasses.contains(corresponding[node]); }

  llvm::DenseMap<mlir::Value, unsigned> firstNode; // of the nodes that stand for its dimensions
  llvm::IntEqClasses corresponding, together;
  llvm::DenseSet<unsigned> batchClasses, fixedGroups;
  llvm::SmallVector<unsigned> groupList;
  unsigned nodes = 0;
  int64_t batch = 0;
};

/// True for operations that nn-assign-layout leaves as they are, because their results depend
/// on the order of dimensions: their operands and results have the batch where it was.
bool keepsOrder(mlir::Operation *op);

} // namespace nnc
