#include "tests/parity/Array.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace nnc::parity {

int64_t elementCount(std::span<const int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

Array filled(std::vector<int64_t> shape, double value) {
  size_t count = static_cast<size_t>(elementCount(shape));
  return {std::move(shape), std::vector<double>(count, value)};
}

Array transposed(const Array &array, std::span<const int64_t> permutation) {
  if (permutation.empty())
    return array;
  size_t rank = array.shape.size();
  assert(permutation.size() == rank && "a permutation of all dimensions");
  std::vector<int64_t> strides(rank, 1);
  for (size_t dim = rank; dim-- > 1;)
    strides[dim - 1] = strides[dim] * array.shape[dim];

  Array result;
  for (int64_t dim : permutation)
    result.shape.push_back(array.shape[static_cast<size_t>(dim)]);
  result.values.reserve(array.values.size());
  std::vector<int64_t> index(rank, 0);
  for (int64_t element = 0; element < array.size(); ++element) {
    int64_t offset = 0;
    for (size_t dim = 0; dim < rank; ++dim)
      offset += index[dim] * strides[static_cast<size_t>(permutation[dim])];
    result.values.push_back(array.values[static_cast<size_t>(offset)]);
    for (size_t dim = rank; dim-- > 0 && ++index[dim] == result.shape[dim];)
      index[dim] = 0;
  }
  return result;
}

Array repeated(const Array &array, int64_t count) {
  Array result;
  result.shape = array.shape;
  result.shape.insert(result.shape.begin(), count);
  for (int64_t i = 0; i < count; ++i)
    result.values.insert(result.values.end(), array.values.begin(), array.values.end());
  return result;
}

Array resized(const Array &array, int64_t count) {
  assert(!array.shape.empty() && array.shape[0] > 0);
  auto stride = static_cast<std::ptrdiff_t>(array.size() / array.shape[0]);
  Array result;
  result.shape = array.shape;
  result.shape[0] = count;
  for (int64_t i = 0; i < count; ++i) {
    auto begin = array.values.begin() + stride * (i < array.shape[0] ? i : 0);
    result.values.insert(result.values.end(), begin, begin + stride);
  }
  return result;
}

std::string describeShape(std::span<const int64_t> shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

} // namespace nnc::parity
