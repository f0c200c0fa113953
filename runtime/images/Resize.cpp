// Implements the change of size: rows of the old image are added up with their weights, then pixels
// of the sum.
#include "runtime/images/Resize.h"

#include <algorithm>
#include <vector>

namespace nnc::runtime {

namespace {

/// The pixels along one side that each new pixel covers: the first one, and the parts of it that
/// this one and those behind it make up, equally many for all.
struct Covers {
  std::vector<int64_t> first;
  size_t most = 1;
  std::vector<float> weights;
};

/// Of `to` new pixels in place of `from`.
Covers coversOf(int64_t from, int64_t to) {
  Covers covers;
  const double size = double(from) / double(to);
  auto forEach = [&](auto use) {
    for (int64_t i = 0; i < to; ++i) {
      const double low = double(i) * size, high = std::min(low + size, double(from));
      const int64_t first = std::min(int64_t(low), from - 1);
      int64_t end = first + 1;
      while (end < from && double(end) < high)
        ++end;
      use(i, low, high, first, end);
    }
  };
  forEach([&](int64_t, double, double, int64_t first, int64_t end) {
    covers.most = std::max(covers.most, size_t(end - first));
  });
  covers.weights.resize(covers.most * size_t(to));
  forEach([&](int64_t i, double low, double high, int64_t first, int64_t end) {
    // Not beyond the last pixel: those in front weigh nothing.
    const int64_t begin = std::min(first, from - int64_t(covers.most));
    covers.first.push_back(begin);
    for (int64_t old = first; old < end; ++old)
      covers.weights[size_t(i) * covers.most + size_t(old - begin)] =
          float((std::min(high, double(old + 1)) - std::max(low, double(old))) / (high - low));
  });
  return covers;
}

/// Four numbers; of a pixel three.
using Quad = float __attribute__((vector_size(16)));

#if defined(__x86_64__)
#define NNC_FOR_PROCESSORS __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define NNC_FOR_PROCESSORS
#endif

// A copy for a processor may not use what is inline elsewhere, such as std::vector.

/// Adds up rows of bytes, `stride` from each other, with their weights.
NNC_FOR_PROCESSORS void addRows(const uint8_t *rows, int64_t stride, const float *weights,
                                size_t count, float *sums, size_t size) {
  for (size_t i = 0; i < size; ++i)
    sums[i] = 0.5f + weights[0] * float(rows[i]); // 0.5 rounds
  for (size_t row = 1; row < count; ++row) {
    rows += stride;
    for (size_t i = 0; i < size; ++i)
      sums[i] += weights[row] * float(rows[i]);
  }
}

/// The new pixels of a row: of `each` pixels from that of number first[i] on.
NNC_FOR_PROCESSORS void addPixels(const float *sums, const int64_t *first, const float *weights,
                                  size_t each, int64_t count, float *result) {
  // A new pixel overwrites the fourth number of the one before.
  if (each == 3) { // of an image that becomes a little smaller
    for (int64_t i = 0; i < count; ++i, weights += 3) {
      const float *pixel = sums + 3 * first[i];
      Quad one, two, three;
      __builtin_memcpy(&one, pixel, sizeof one);
      __builtin_memcpy(&two, pixel + 3, sizeof two);
      __builtin_memcpy(&three, pixel + 6, sizeof three);
      one = one * weights[0] + two * weights[1] + three * weights[2];
      __builtin_memcpy(result + 3 * i, &one, sizeof one);
    }
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    const float *pixel = sums + 3 * first[i];
    Quad sum = {};
    for (size_t old = 0; old < each; ++old, pixel += 3) {
      Quad next;
      __builtin_memcpy(&next, pixel, sizeof next);
      sum += next * *weights++;
    }
    __builtin_memcpy(result + 3 * i, &sum, sizeof sum);
  }
}

NNC_FOR_PROCESSORS void toBytes(const float *numbers, size_t count, uint8_t *bytes) {
  for (size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<uint8_t>(static_cast<int32_t>(numbers[i]));
}

} // namespace

ImagePart middleOf(const ColourImage &image, int64_t rows, int64_t columns) {
  ImagePart part{0, 0, image.rows, image.columns};
  if (image.rows * columns > image.columns * rows)
    part.rows = std::max<int64_t>(1, (image.columns * rows + columns / 2) / columns);
  else
    part.columns = std::max<int64_t>(1, (image.rows * columns + rows / 2) / rows);
  part.top = (image.rows - part.rows) / 2;
  part.left = (image.columns - part.columns) / 2;
  return part;
}

void resize(const ColourImage &image, const ImagePart &part, int64_t rows, int64_t columns,
            uint8_t *pixels) {
  const Covers down = coversOf(part.rows, rows), across = coversOf(part.columns, columns);
  std::vector<float> sums(static_cast<size_t>(3 * part.columns + 1)),
      line(static_cast<size_t>(3 * columns + 1));
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t first = part.top + down.first[static_cast<size_t>(row)];
    addRows(image.bytes.data() + 3 * (first * image.columns + part.left), 3 * image.columns,
            down.weights.data() + static_cast<size_t>(row) * down.most, down.most, sums.data(),
            sums.size() - 1);
    addPixels(sums.data(), across.first.data(), across.weights.data(), across.most, columns,
              line.data());
    toBytes(line.data(), line.size() - 1, pixels + 3 * row * columns);
  }
}

} // namespace nnc::runtime
