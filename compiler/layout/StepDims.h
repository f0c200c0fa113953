// Which dimensions of a function's values count the steps of its scans: they come in front of that of the
// batch, as in the scans themselves.
#pragma once

#include "compiler/dialect/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/IntEqClasses.h"

namespace nnc {

/// Dimensions that correspond (BatchDims.h) to the first one of a sequence or a result of a scan count its
/// steps.
class StepDims : private nn::DimTies {
public:
  explicit StepDims(mlir::func::FuncOp function);

  /// Whether the function has scans.
  bool hasSteps() const { return !stepClasses.empty(); }

  /// The order of the dimensions of a value in which the one of the steps comes right in front of the one
  /// of the batch; that in which they come already if it has not both, or several.
  nn::DimOrder orderOf(mlir::Value value) const;

private:
  void tie(mlir::Value a, int64_t aDim, mlir::Value b, int64_t bDim, Strength strength) override;
  void number(mlir::Value value);

  llvm::DenseMap<mlir::Value, unsigned> firstNode; // of the nodes that stand for its dimensions
  llvm::IntEqClasses corresponding;
  llvm::DenseSet<unsigned> stepClasses, batchClasses;
  unsigned nodes = 0;
};

} // namespace nnc
