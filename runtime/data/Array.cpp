// Implements the elements of files: sizes are checked, bytes swapped, types widened.
#include "runtime/data/Array.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace nnc::runtime {

static_assert(std::endian::native == std::endian::little, "files are little-endian, and so are we");

namespace {

template <typename T> T load(const char *from, bool swapped) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, from, sizeof(T));
  if (swapped)
    std::reverse(bytes, bytes + sizeof(T));
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <typename From, typename Convert>
void convert(const char *from, char *to, int64_t count, bool swapped, Convert convert) {
  for (int64_t i = 0; i < count; ++i) {
    const auto value = convert(load<From>(from + i * int64_t(sizeof(From)), swapped));
    std::memcpy(to + i * int64_t(sizeof value), &value, sizeof value);
  }
}

template <typename From, typename To>
void copy(const char *from, char *to, int64_t count, bool swapped) {
  if (std::is_same_v<From, To> && !swapped)
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(From));
  else
    convert<From>(from, to, count, swapped, [](From value) { return static_cast<To>(value); });
}

/// Puts the elements of an array whose first index varies fastest into the order in which the last
/// one does.
Bytes toRowMajor(const Bytes &data, const Shape &shape, size_t size) {
  Bytes result(data.size());
  std::vector<int64_t> index(shape.size()), steps(shape.size());
  int64_t step = 1, from = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    steps[axis] = step;
    step *= shape[axis];
  }
  for (size_t to = 0; to < data.size(); to += size) {
    std::memcpy(result.data() + to, data.data() + static_cast<size_t>(from) * size, size);
    for (size_t axis = shape.size(); axis-- > 0;) {
      from += steps[axis];
      if (++index[axis] < shape[axis])
        break;
      from -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

} // namespace

size_t ArrayLayout::bytes(const std::string &origin) const {
  // Also of an array without elements, the size of a part is counted.
  int64_t count = 1;
  bool empty = false;
  for (int64_t size : shape) {
    empty |= size == 0;
    if (__builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count))
      fail("%s: its dimensions are too large", origin.c_str());
  }
  // An element may take twice as many bytes in memory.
  int64_t bytes;
  if (__builtin_mul_overflow(count, int64_t{8}, &bytes))
    fail("%s: its dimensions are too large", origin.c_str());
  return empty ? 0 : static_cast<size_t>(count) * static_cast<size_t>(type.size);
}

DType ArrayLayout::dtype() const {
  if (type.kind == 'f' || type.kind == 'h')
    return type.size == 8 ? DType::F64 : DType::F32;
  if (type.kind == 'u' && type.size == 1)
    return DType::U8;
  return type.size == 8 || (type.kind == 'u' && type.size == 4) ? DType::I64 : DType::I32;
}

void convertStored(const char *from, char *to, int64_t count, const ArrayLayout &layout,
                   const std::string &origin) {
  const bool swapped = layout.bigEndian;
  switch (layout.type.kind) {
  case 'h':
    return convert<uint16_t>(from, to, count, swapped, bfloat16ToFloat);
  case 'f':
    if (layout.type.size == 2)
      return convert<uint16_t>(from, to, count, swapped, halfToFloat);
    return layout.type.size == 4 ? copy<float, float>(from, to, count, swapped)
                                 : copy<double, double>(from, to, count, swapped);
  case 'b':
    return convert<uint8_t>(from, to, count, false,
                            [](uint8_t value) { return int32_t(value != 0); });
  case 'u':
    if (layout.type.size == 1)
      return copy<uint8_t, uint8_t>(from, to, count, false);
    if (layout.type.size == 2)
      return copy<uint16_t, int32_t>(from, to, count, swapped);
    if (layout.type.size == 4)
      return copy<uint32_t, int64_t>(from, to, count, swapped);
    return convert<uint64_t>(from, to, count, swapped, [&](uint64_t value) {
      if (value > INT64_MAX)
        fail("%s: it holds %llu, which is too large", origin.c_str(),
             static_cast<unsigned long long>(value));
      return static_cast<int64_t>(value);
    });
  default:
    if (layout.type.size == 1)
      return copy<int8_t, int32_t>(from, to, count, false);
    if (layout.type.size == 2)
      return copy<int16_t, int32_t>(from, to, count, swapped);
    return layout.type.size == 4 ? copy<int32_t, int32_t>(from, to, count, swapped)
                                 : copy<int64_t, int64_t>(from, to, count, swapped);
  }
}

Array takeElements(Bytes content, const ArrayLayout &layout, const std::string &origin) {
  const size_t bytes = layout.bytes(origin), have = content.size() - layout.start;
  if (have < bytes)
    fail("%s: truncated, its header promises %zu bytes of data (%s) and it has %zu", origin.c_str(),
         bytes, describe(layout.shape).c_str(), have);
  if (have > bytes)
    fail("%s: it has %zu bytes more than its header promises (%s)", origin.c_str(), have - bytes,
         describe(layout.shape).c_str());
  content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(layout.start));
  const size_t size = static_cast<size_t>(layout.type.size);
  if (layout.columnMajor)
    content = toRowMajor(content, layout.shape, size);
  Array array{layout.dtype(), layout.shape, {}, origin};
  // The same in memory, but for unsigned numbers that may be too large.
  if (size == 1 ? array.dtype == DType::U8
                : size == sizeOf(array.dtype) && !layout.bigEndian && layout.type.kind != 'u') {
    array.bytes = std::move(content);
    return array;
  }
  array.bytes.resize(bytes / size * sizeOf(array.dtype));
  convertStored(content.data(), array.bytes.data(), static_cast<int64_t>(bytes / size), layout,
                origin);
  return array;
}

} // namespace nnc::runtime
