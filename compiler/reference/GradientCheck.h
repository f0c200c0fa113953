// Compares the gradients that a function computes with central finite differences of its loss, both
// by the reference evaluator in f64.
#pragma once

#include "compiler/reference/Evaluate.h"
#include <string>

namespace nnc::reference {

struct GradientCheckOptions {
  /// How many elements of each value are checked, evenly spread; 0 checks all.
  int64_t samplesPerValue = 0;
  /// Largest relative error that passes.
  double tolerance = 1e-6;
};

/// The result for one value, and its worst element.
struct GradientReport {
  std::string name;
  int64_t checkedElements = 0;
  /// Of these, elements at which finite differences of no step size settle, as next to a kink: they
  /// say nothing about the derivative.
  int64_t unsettledElements = 0;
  /// Of these, other elements whose derivative is less than ten times of what rounding the loss may
  /// make of the difference: they agree, as many wrong ones would. Rounding of less than a millionth
  /// of the largest derivative hides none.
  int64_t hiddenElements = 0;
  /// |derivative - difference| by the larger of both, but at least 1e-3 of the largest derivative
  /// of the value and 1e-6. Beyond the tolerance, it passes if rounding the loss may make as much.
  double maxRelativeError = 0;
  int64_t worstElement = 0;
  double derivative = 0, difference = 0;
  /// Of the elements that say something, none is wrong.
  bool passed = true;

  bool saysNothing() const {
    return passed && unsettledElements + hiddenElements == checkedElements;
  }
};

struct GradientCheck {
  double loss = 0;
  /// Empty if the loss is infinite or NaN: then there are no differences.
  llvm::SmallVector<GradientReport> reports;
};

/// Checks a differentiated function of f64 tensors, of which nn.stop_gradient marks what is a
/// constant to the differences as well. Its result named (`nn.name`) `loss` is a
/// scalar; each result named `grad.NAME` is compared with differences by the argument NAME. Fails,
/// with an error at the function, if it has no such results or they do not fit.
mlir::FailureOr<GradientCheck> checkGradients(mlir::func::FuncOp function,
                                              llvm::ArrayRef<Tensor> arguments,
                                              const GradientCheckOptions &options = {});

} // namespace nnc::reference
