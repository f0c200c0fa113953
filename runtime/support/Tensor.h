// Element types and shapes as the runtime sees them, and the buffers that hold tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::runtime {

enum class DType { F32, F64, I32, I64, U8 };

using Shape = std::vector<int64_t>;

/// Bytes of one element.
size_t sizeOf(DType dtype);

/// "f32", ... as in the description, and back.
const char *nameOf(DType dtype);
std::optional<DType> parseDType(std::string_view name);

bool isFloat(DType dtype);

/// Product of the dimensions; 1 for a scalar.
int64_t elementCount(const Shape &shape);

/// True if tensors of the two shapes hold the same elements in the same order beyond doubt: if they
/// are equal but for dimensions of 1, or if one of them has a single dimension.
bool agree(const Shape &a, const Shape &b);

/// "28x28"; "scalar" for [].
std::string describe(const Shape &shape);

/// Element `index` at `data`, as a double.
double loadElement(const char *data, DType dtype, int64_t index);

/// Writes `convert(From)` of each of `count` elements. Neither side need be aligned.
template <typename From, typename Convert>
void convertEach(const char *source, char *destination, int64_t count, Convert convert) {
  for (int64_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, source + i * static_cast<int64_t>(sizeof value), sizeof value);
    auto converted = convert(value);
    std::memcpy(destination + i * static_cast<int64_t>(sizeof converted), &converted,
                sizeof converted);
  }
}

/// Copies `count` elements, converting the type. Floats go to integers by truncation.
void convertElements(const char *source, DType from, char *destination, DType to, int64_t count);

/// Index of the first finite element that becomes infinite as a `to`; `count` if there is none.
int64_t firstOverflow(const char *data, DType from, DType to, int64_t count);

/// The value of a number in half precision or as bfloat16, by its bits.
float halfToFloat(uint16_t bits);
float bfloat16ToFloat(uint16_t bits);

/// True if every element of a float tensor is finite; integers always are.
bool allFinite(const char *data, DType dtype, int64_t count);

/// Zeroed memory at a 64-byte boundary; large blocks lie at huge-page boundaries.
class AlignedBuffer {
public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes);
  AlignedBuffer(AlignedBuffer &&other) noexcept;
  AlignedBuffer &operator=(AlignedBuffer &&other) noexcept;
  ~AlignedBuffer();

  char *data() { return memory; }
  const char *data() const { return memory; }
  size_t size() const { return bytes; }

private:
  char *memory = nullptr;
  size_t bytes = 0;
};

} // namespace nnc::runtime
