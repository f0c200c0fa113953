// A dense row-major tensor in f64: wide enough to hold f32, f64 and 32-bit integers exactly, and so
// what golden files are read into and what compiled functions are given and give back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nnc::parity {

struct Array {
  std::vector<int64_t> shape;
  std::vector<double> values;

  int64_t size() const { return static_cast<int64_t>(values.size()); }
};

/// The number of elements of a shape; 1 for a scalar.
int64_t elementCount(std::span<const int64_t> shape);

Array filled(std::vector<int64_t> shape, double value);
inline Array scalar(double value) { return {{}, {value}}; }

/// Dimension i of the result is dimension permutation[i] of the array. An empty permutation changes
/// nothing.
Array transposed(const Array &array, std::span<const int64_t> permutation);

/// The array `count` times, in a new first dimension.
Array repeated(const Array &array, int64_t count);

/// Exactly `count` entries of the first dimension: the first ones, or all of them and then the
/// first entry again and again.
Array resized(const Array &array, int64_t count);

/// `5x7x3`, or `scalar`.
std::string describeShape(std::span<const int64_t> shape);

} // namespace nnc::parity
