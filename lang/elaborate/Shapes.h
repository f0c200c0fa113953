// Shapes whose dimensions remember where their numbers came from, so that an error can say so. Two
// dimensions with the same origin are the same dimension: that is how `sum[n](x)` finds the axis
// that `n` names.
#pragma once

#include "lang/Diagnostics.h"
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

/// How two operands of an elementwise operation meet: for each, the place of its axes in the
/// result.
struct Alignment {
  Shape shape;
  std::vector<int64_t> left, right;
};

/// Aligns at the last dimension; missing leading dimensions broadcast. `leftHoles` and `rightHoles`
/// say for an operand that a reduction made which axes of the unreduced shape are gone (empty:
/// none), so that `x - max[n](x)` finds its rows again. False when the shapes do not fit.
bool align(const Shape &left, const std::vector<bool> &leftHoles, const Shape &right,
           const std::vector<bool> &rightHoles, Alignment &result, std::vector<bool> &holes);

} // namespace nnc::lang
