// Shapes whose dimensions remember where their numbers came from, so that an error can say so. Two
// dimensions with the same origin are the same dimension: that is how `sum[n](x)` finds the axis
// that `n` names.
#pragma once

#include "lang/support/Diagnostics.h"
#include "lang/Program.h"

#include <memory>
#include <string>
#include <vector>

namespace nnc::lang {

struct Extent;

/// Where a number came from: a place in the user's text (maybe none) and a sentence.
struct Origin {
  SourceRange range;
  std::string text;
  std::shared_ptr<const Extent> unpadded = nullptr; ///< of a padded dimension: what it was before
};
using OriginPtr = std::shared_ptr<const Origin>;

OriginPtr makeOrigin(SourceRange range, std::string text);

/// One dimension of a shape.
struct Extent {
  int64_t size = 1;
  OriginPtr origin;
  /// Written as a dimension of one element, `x[..., new]` or `mean[n, keep](x)`: it is repeated
  /// where it meets another size.
  bool repeats = false;
};
using Shape = std::vector<Extent>;

/// The most elements that a tensor may have.
inline constexpr int64_t maximumElements = int64_t(1) << 32;
/// The most bytes that it may have for all examples of a batch together, floats in f32. Sums over
/// all tensors of a program stay far below the range of 64 bits.
inline constexpr int64_t maximumBatchBytes = int64_t(1) << 42;

std::vector<int64_t> sizes(const Shape &shape);
bool sameSizes(const Shape &left, const Shape &right);
/// The number of elements; at most maximumElements + 1, which stands for everything above.
int64_t elementCount(const Shape &shape);

/// `float[28, 28]`, `class[10]`, `int`; Real reads as float.
std::string describe(Element element, const Shape &shape, int64_t classes = 0);
/// `[28, 28]`
std::string describe(const Shape &shape);
/// `28 * 28`; of a scalar `1`
std::string product(const Shape &shape);

/// The origin of a result's dimensions, for the results of reductions and of index notation.
struct Reduction {
  /// Index notation named the dimensions: each meets the same dimension of another operand, at any
  /// position.
  bool byName = false;
  /// For a reduction: which axes of the operand were reduced. Otherwise empty.
  std::vector<bool> holes;
};

/// How two operands of an elementwise operation meet: for each, the place of its axes in the
/// result.
struct Alignment {
  Shape shape;
  std::vector<int64_t> left, right;
  Reduction reduction; ///< of the result
  /// When the operand with fewer dimensions fits the other one in two ways: its axes in either.
  std::vector<int64_t> oneWay, otherWay;
};

/// `name[i, k]`: an element of a tensor by the index variables of some axes.
std::string indexed(std::string_view name, const std::vector<int64_t> &axes);

/// The same dimension, not just one of the same size.
bool sameDimension(const Extent &left, const Extent &right);

struct AlignedOperand {
  const Shape &shape;
  const Reduction &reduction;
};

enum class Meeting { Fits, Unfit, Ambiguous };

/// Aligns two operands. Operands of equal rank have equal sizes. An operand of lower rank meets the
/// last dimensions of the other; the result of a reduction meets the dimensions that it kept, so
/// that `x - max[n](x)` subtracts each row's maximum from that row.
Meeting align(AlignedOperand left, AlignedOperand right, Alignment &result);

} // namespace nnc::lang
