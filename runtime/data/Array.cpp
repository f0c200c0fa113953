// Implements takeElements(): sizes are checked, bytes swapped, small types widened.
#include "runtime/data/Array.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <bit>

namespace nnc::runtime {

static_assert(std::endian::native == std::endian::little, "files are little-endian, and so are we");

namespace {

void swapBytes(char *data, int64_t count, int size) {
  for (int64_t i = 0; i < count; ++i)
    std::reverse(data + i * size, data + (i + 1) * size);
}

template <typename From, typename Convert>
Bytes widen(const Bytes &data, int64_t count, Convert convert) {
  Bytes result(static_cast<size_t>(count) * sizeof(convert(From())));
  convertEach<From>(data.data(), result.data(), count, convert);
  return result;
}

template <typename From> int32_t toInteger(From value) { return value; }

} // namespace

void takeElements(Array &array, Bytes content, size_t start, FileType type, bool bigEndian) {
  // Also of an array without elements, the size of a part is counted.
  int64_t count = 1;
  bool empty = false;
  for (int64_t size : array.shape) {
    empty |= size == 0;
    if (__builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count))
      fail("%s: its dimensions are too large", array.origin.c_str());
  }
  if (empty)
    count = 0;
  size_t bytes;
  if (__builtin_mul_overflow(static_cast<size_t>(count), static_cast<size_t>(type.size), &bytes))
    fail("%s: its dimensions are too large", array.origin.c_str());
  size_t have = content.size() - start;
  if (have < bytes)
    fail("%s: truncated, its header promises %zu bytes of data (%s) and it has %zu",
         array.origin.c_str(), bytes, describe(array.shape).c_str(), have);
  if (have > bytes)
    fail("%s: it has %zu bytes more than its header promises (%s)", array.origin.c_str(),
         have - bytes, describe(array.shape).c_str());
  content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(start));
  if (bigEndian && type.size > 1)
    swapBytes(content.data(), count, type.size);
  if (type.kind == 'f' && type.size == 2) {
    array.dtype = DType::F32;
    array.bytes = widen<uint16_t>(content, count, halfToFloat);
  } else if (type.kind == 'f') {
    array.dtype = type.size == 4 ? DType::F32 : DType::F64;
    array.bytes = std::move(content);
  } else if (type.kind == 'u' && type.size == 1) {
    array.dtype = DType::U8;
    array.bytes = std::move(content);
  } else if (type.size == 8) {
    array.dtype = DType::I64;
    array.bytes = std::move(content);
  } else {
    array.dtype = DType::I32;
    if (type.size == 4)
      array.bytes = std::move(content);
    else if (type.size == 2)
      array.bytes = type.kind == 'u' ? widen<uint16_t>(content, count, toInteger<uint16_t>)
                                     : widen<int16_t>(content, count, toInteger<int16_t>);
    else if (type.kind == 'b')
      array.bytes =
          widen<uint8_t>(content, count, [](uint8_t value) { return int32_t(value != 0); });
    else
      array.bytes = widen<int8_t>(content, count, toInteger<int8_t>);
  }
}

} // namespace nnc::runtime
