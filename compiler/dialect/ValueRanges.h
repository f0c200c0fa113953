// Interval analysis of the elements of values. It decides where arithmetic may give an infinity or
// a NaN.
#pragma once

#include "compiler/dialect/NN.h"
#include "llvm/ADT/DenseMap.h"
#include <limits>

namespace nnc {

/// Every element lies between `low` and `high`, or is NaN if that is possible. An infinite bound
/// says that an element may be infinite.
struct Interval {
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  double low = -infinity, high = infinity;
  bool maybeNan = true;

  bool isFinite() const { return !maybeNan && low > -infinity && high < infinity; }
  bool isZero() const { return !maybeNan && low == 0 && high == 0; }
  bool contains(double value) const { return low <= value && value <= high; }
};

/// The ranges of the values of a block; each result's follows from the operands'. The analysis
/// assumes that arguments and sums of finite numbers are finite and of ordinary size: at most the
/// type's largest number to the power 0.4 (2.5e15 in f32), so that a product of two does not
/// overflow. Quotients, logarithms, roots, exponentials and high powers may then still be infinite
/// or NaN.
class ValueRanges {
public:
  /// Computes the ranges of all values before `end`, or of the whole block.
  explicit ValueRanges(mlir::Block &block, mlir::Operation *end = nullptr);

  Interval of(mlir::Value value) const;
  /// From now on the value counts as having this range.
  void assume(mlir::Value value, Interval range) { ranges[value] = range; }
  /// Computes the ranges of the results of an operation.
  void add(mlir::Operation *op);

private:
  void addScan(nn::ScanOp scan);
  Interval compute(mlir::Operation *op) const;
  Interval ofSelected(mlir::Value value, nn::CompareOp condition, bool holds) const;

  llvm::DenseMap<mlir::Value, Interval> ranges;
};

} // namespace nnc
