// Reverse-mode differentiation of a block of nn operations: of a function's, or of a scan's.
#pragma once

#include "compiler/dialect/NN.h"
#include "compiler/dialect/ValueRanges.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace nnc::nn {

/// Adds to `values` the floats of the block before `end` that depend on them by way of floats;
/// returns the operations that compute those, in program order. Integers and truth values are
/// steps: their derivative is 0.
llvm::SmallVector<mlir::Operation *> activate(mlir::Block &block, mlir::Operation *end,
                                              llvm::DenseSet<mlir::Value> &values);

/// Builds derivatives by values of a block where the builder stands, through the operations that
/// stand in front of it.
///
/// An element that the loss does not depend on has a derivative of exactly 0. Its cotangent is 0,
/// but 0 times an infinite or NaN local derivative is NaN. Where a local derivative may be one of
/// these, 0 is selected instead of the product.
class ReverseSweep {
public:
  /// `isDifferentiatedAgain`: whether the derivatives may themselves be differentiated.
  ReverseSweep(mlir::OpBuilder builder, mlir::ValueRange wanted, bool isDifferentiatedAgain);

  /// Adds to the derivative of the loss by a value. `isChosen`: whether elements of it may be 0
  /// since the loss does not depend on those of the value.
  void seed(mlir::Value value, mlir::Value cotangent, bool isChosen) {
    accumulate(value, cotangent, isChosen);
  }
  /// Goes through the operations; once, behind all seeds. Fails, with an error, at an operation
  /// without a derivative.
  llvm::LogicalResult run();
  /// The derivative by a value; null where the loss does not depend on it.
  mlir::Value of(mlir::Value value) const { return cotangents.lookup(value).value; }

private:
  /// The derivative of the loss by a value, so far.
  struct Cotangent {
    mlir::Value value;
    /// Whether all uses of the value choose among its elements: those that are never chosen have
    /// 0.
    bool isChosen = true;
  };

  llvm::LogicalResult propagate(mlir::Operation *op);
  void keepZeros(mlir::Operation *op, mlir::Value cotangent, mlir::Operation *before,
                 llvm::MutableArrayRef<mlir::Value> operandCotangents);
  void accumulate(mlir::Value value, mlir::Value cotangent, bool isChosen);
  llvm::LogicalResult reportNoDerivative(mlir::Operation *op) const;

  mlir::OpBuilder builder;
  mlir::Operation *end; // behind what is built; null at the end of the block
  nnc::ValueRanges ranges;
  llvm::DenseSet<mlir::Value> wanted, active;
  llvm::SmallVector<mlir::Operation *> activeOps;
  llvm::DenseMap<mlir::Value, Cotangent> cotangents;
  bool isDifferentiatedAgain;
};

} // namespace nnc::nn
