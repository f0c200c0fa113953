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
struct Length;
/// Padded dimensions have equal lengths in each example if they share one Length.
using LengthPtr = std::shared_ptr<const Length>;

/// Where a number came from: a place in the user's text (maybe none) and a sentence.
struct Origin {
  SourceRange range;
  std::string text;
  std::shared_ptr<const Extent> unpadded = nullptr; ///< of a dimension with margins: without them
  LengthPtr length = nullptr;                       ///< of a padded dimension
  bool ofPadded = false; ///< computed from the size of a padded dimension
};
using OriginPtr = std::shared_ptr<const Origin>;

/// The length of a dimension of this origin; null if it is not padded.
inline LengthPtr paddedLength(const OriginPtr &origin) { return origin ? origin->length : nullptr; }
/// Whether a number is the size of a padded dimension, or computed from it.
inline bool isOfPadded(const OriginPtr &origin) {
  return origin && (origin->length || origin->ofPadded);
}
/// A copy of an origin, with the length of a padded dimension.
OriginPtr withLength(const OriginPtr &origin, LengthPtr length);
/// A copy of an origin, of a number that is computed from the size of a padded dimension.
OriginPtr withPaddedSize(const OriginPtr &origin);

OriginPtr makeOrigin(SourceRange range, std::string text);

/// How a length is computed from another one. `Add` clamps at 0, `Divide` rounds down.
enum class LengthStep { Declared, Add, Multiply, Divide, AtMost };

/// The length of a padded dimension, which differs from example to example.
struct Length {
  ValueId value = 0;           ///< an int per example, in the function that is being built
  int64_t least = 1, most = 1; ///< in any example
  bool grows = false; ///< of the sequence that `generate` extends: no position so far is padding
  SourceRange range;  ///< of the declaration
  std::string text;   ///< `length(frames) - 1`
  LengthPtr from = nullptr; ///< the length that it is computed from; null if declared
  LengthStep step = LengthStep::Declared;
  int64_t number = 0;
};

/// Whether a dimension of this length, null if it is not padded, has positions beyond the length.
inline bool needsMask(const LengthPtr &length) { return length && !length->grows; }

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

/// `float[28, 28]`, `float[up to 29, 12]`, `class[10]`, `int`; Real reads as float.
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
