// Implements element types: sizes, names, conversions and overflow.
#include "runtime/support/Tensor.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <utility>

namespace nnc::runtime {

size_t sizeOf(DType dtype) {
  switch (dtype) {
  case DType::F32:
  case DType::I32:
    return 4;
  case DType::F64:
  case DType::I64:
    return 8;
  case DType::U8:
    return 1;
  }
  return 0;
}

static constexpr std::pair<DType, const char *> names[] = {{DType::F32, "f32"},
                                                           {DType::F64, "f64"},
                                                           {DType::I32, "i32"},
                                                           {DType::I64, "i64"},
                                                           {DType::U8, "u8"}};

const char *nameOf(DType dtype) {
  for (auto [candidate, name] : names)
    if (candidate == dtype)
      return name;
  return "";
}

std::optional<DType> parseDType(std::string_view name) {
  for (auto [dtype, candidate] : names)
    if (name == candidate)
      return dtype;
  return std::nullopt;
}

bool isFloat(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

int64_t elementCount(const Shape &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

bool agree(const Shape &a, const Shape &b) {
  auto squeeze = [](Shape shape) {
    std::erase(shape, 1);
    return shape;
  };
  Shape left = squeeze(a), right = squeeze(b);
  return left == right ||
         ((left.size() <= 1 || right.size() <= 1) && elementCount(left) == elementCount(right));
}

std::string describe(const Shape &shape) {
  if (shape.empty())
    return "scalar";
  std::string result;
  for (int64_t size : shape)
    result += (result.empty() ? "" : "x") + std::to_string(size);
  return result;
}

/// Calls `visit` with a null pointer of the element type.
template <typename Visitor> static void withType(DType dtype, Visitor visit) {
  switch (dtype) {
  case DType::F32:
    return visit(static_cast<const float *>(nullptr));
  case DType::F64:
    return visit(static_cast<const double *>(nullptr));
  case DType::I32:
    return visit(static_cast<const int32_t *>(nullptr));
  case DType::I64:
    return visit(static_cast<const int64_t *>(nullptr));
  case DType::U8:
    return visit(static_cast<const uint8_t *>(nullptr));
  }
}

double loadElement(const char *data, DType dtype, int64_t index) {
  double result = 0;
  withType(dtype, [&]<typename T>(const T *) {
    T value;
    std::memcpy(&value, data + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
    result = static_cast<double>(value);
  });
  return result;
}

void convertElements(const char *source, DType from, char *destination, DType to, int64_t count) {
  if (from == to) {
    std::memcpy(destination, source, static_cast<size_t>(count) * sizeOf(from));
    return;
  }
  withType(from, [&]<typename From>(const From *) {
    withType(to, [&]<typename To>(const To *) {
      convertEach<From>(source, destination, count,
                        [](From value) { return static_cast<To>(value); });
    });
  });
}

int64_t firstOverflow(const char *data, DType from, DType to, int64_t count) {
  if (from != DType::F64 || to != DType::F32)
    return count;
  for (int64_t i = 0; i < count; ++i) {
    double value = loadElement(data, from, i);
    if (std::isfinite(value) && !std::isfinite(static_cast<float>(value)))
      return i;
  }
  return count;
}

float halfToFloat(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 0) {
    float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  exponent = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | exponent << 23 | fraction << 13);
}

float bfloat16ToFloat(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

/// Infinities and NaN have all bits of the exponent set. The inner loop has no exit, so that it is
/// vectorised.
template <typename Bits> static bool anyWithAll(const char *data, Bits exponent, int64_t count) {
  constexpr int64_t block = 1024;
  for (int64_t first = 0; first < count; first += block) {
    bool found = false;
    for (int64_t i = first; i < std::min(first + block, count); ++i) {
      Bits bits;
      std::memcpy(&bits, data + i * static_cast<int64_t>(sizeof(Bits)), sizeof(Bits));
      found |= (bits & exponent) == exponent;
    }
    if (found)
      return true;
  }
  return false;
}

bool allFinite(const char *data, DType dtype, int64_t count) {
  return !(dtype == DType::F32   ? anyWithAll(data, uint32_t{0x7f800000}, count)
           : dtype == DType::F64 ? anyWithAll(data, uint64_t{0x7ff0000000000000}, count)
                                 : false);
}

AlignedBuffer::AlignedBuffer(size_t size) : bytes(size) {
  if (size == 0)
    return;
  constexpr size_t hugePage = size_t(2) << 20;
  size_t alignment = size >= 2 * hugePage ? hugePage : 64;
  if (size > SIZE_MAX - alignment)
    throw Error("not enough memory");
  size_t rounded = (size + alignment - 1) / alignment * alignment;
  memory = static_cast<char *>(std::aligned_alloc(alignment, rounded));
  if (!memory)
    fail("not enough memory: %.1f MB needed", static_cast<double>(size) / 1e6);
  if (alignment == hugePage) {
    // A huge page of which less than half is used would take more memory than it saves time.
    const size_t whole = (size + hugePage / 2) / hugePage * hugePage;
    madvise(memory, whole, MADV_HUGEPAGE);
    if (whole < rounded)
      madvise(memory + whole, rounded - whole, MADV_NOHUGEPAGE);
  }
  std::memset(memory, 0, size);
}

AlignedBuffer::AlignedBuffer(AlignedBuffer &&other) noexcept
    : memory(std::exchange(other.memory, nullptr)), bytes(std::exchange(other.bytes, 0)) {}

AlignedBuffer &AlignedBuffer::operator=(AlignedBuffer &&other) noexcept {
  std::swap(memory, other.memory);
  std::swap(bytes, other.bytes);
  return *this;
}

AlignedBuffer::~AlignedBuffer() { std::free(memory); }

} // namespace nnc::runtime
