// Comparing what was computed with what is expected, and the bounds that a difference must keep.
#pragma once

#include "compiler/import/ImportProgram.h"
#include "tests/parity/Array.h"

#include <string>
#include <vector>

namespace nnc::parity {

/// How differences are measured: `difference / max(expected, scale)`, element by element.
enum class Scale {
  Unit,    ///< scale 1: absolute below 1, relative above
  Largest, ///< scale is the largest element of the expected tensor, but at most 1
  Exact,   ///< scale 0: relative throughout; for numbers that are f64 in every build, and so not
           ///< rounded
};

/// The largest difference of two tensors of the same size; infinite where only one of two elements
/// is finite or a number. With `precision` f32 the expected values are rounded to it first, so that
/// what overflows there may be infinite.
double largestDifference(const Array &computed, const Array &expected, Scale scale,
                         FloatPrecision precision);

/// The expectations of a case: numbers that come out of the forward pass or a step, and
/// derivatives.
enum class Aspect { Value, Gradient };

/// The differences found while one case is checked in one precision.
class Measurement {
public:
  /// `exactness` is how exact the golden values themselves are; 0: more than the bounds ask for.
  explicit Measurement(FloatPrecision precision, double exactness = 0)
      : precision(precision), exactness(exactness) {}

  /// Compares, with the bound of the precision and aspect, or with one of its own.
  void check(const std::string &what, const Array &computed, const Array &expected, Aspect aspect,
             Scale scale);
  void check(const std::string &what, const Array &computed, const Array &expected, Aspect aspect,
             Scale scale, double bound);
  /// Something that is wrong apart from numbers.
  void fail(const std::string &message) { failures.push_back(message); }

  /// The largest difference of an aspect; negative when nothing of it was compared.
  double largest(Aspect aspect) const { return aspect == Aspect::Value ? value : gradient; }
  bool passed() const { return failures.empty(); }

  const FloatPrecision precision;
  std::vector<std::string> failures;
  /// Further notes for the report.
  std::vector<std::string> remarks;

private:
  double exactness;
  double value = -1, gradient = -1;
};

/// 1e-9 in f64; 1e-5 for values and 1e-4 for gradients in f32.
double boundOf(FloatPrecision precision, Aspect aspect);

} // namespace nnc::parity
