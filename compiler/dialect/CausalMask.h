// Decides what a value is at pairs of positions (t, s) with s above t: whether a mask keeps position t from
// seeing later ones.
#pragma once

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace nnc::nn {

/// t * index in dimension t + s * index in dimension s + constant.
struct IndexForm {
  double t = 0, s = 0, constant = 0;
};

/// The expression of two indices that a value is, if its type holds all of the expression's numbers
/// exactly; nothing for another value. A dimension that the value does not have is -1.
std::optional<IndexForm> readIndexForm(mlir::Value value, int64_t t, int64_t s);

class CausalMask {
public:
  /// The number that all elements of a value are whose index in dimension `s` is greater than that in
  /// dimension `t`; false is 0 and true is 1. Nothing if they differ, or if this is not known. The
  /// analysis takes factors and divisors for finite numbers, as where they are not, these elements
  /// are NaN.
  std::optional<double> valueAhead(mlir::Value value, int64_t t, int64_t s);
  /// Whether these elements are all `number`, or there are none.
  bool isAhead(mlir::Value value, int64_t t, int64_t s, double number);

private:
  std::optional<double> compute(mlir::Value value, int64_t t, int64_t s);
  std::optional<double> ofDims(mlir::Operation *op, unsigned operand, int64_t t, int64_t s);

  llvm::DenseMap<std::pair<mlir::Value, std::pair<int64_t, int64_t>>, std::optional<double>> known;
};

} // namespace nnc::nn
