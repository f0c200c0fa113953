// Implements the change of size: rows of the old image are added up with their weights, then pixels
// of the sum.
#include "runtime/images/Resize.h"

#include <algorithm>
#include <vector>

namespace nnc::runtime {

namespace {

/// Numbers of a group. A pixel has three.
constexpr size_t groupSize = 16;
/// Rows that go through the cache together.
constexpr size_t bandRows = 4;
/// Numbers without weight on either side of a row, so that groups may begin and end there.
constexpr size_t rowMargin = 64;

using Group = float __attribute__((vector_size(64)));
/// Four numbers; of a pixel three.
using Quad = float __attribute__((vector_size(16)));

#if defined(__x86_64__)
#define NNC_FOR_PROCESSORS                                                                         \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NNC_FOR_PROCESSORS
#endif

// A copy for a processor may not use what is inline elsewhere, such as std::vector.

/// Adds up rows of bytes, `stride` from each other, with their weights.
NNC_FOR_PROCESSORS void addRows(const uint8_t *rows, int64_t stride, const float *weights,
                                size_t count, float *sums, size_t size) {
  const float first = weights[0], second = count > 1 ? weights[1] : 0;
  const uint8_t *next = count > 1 ? rows + stride : rows;
  for (size_t i = 0; i < size; ++i)
    sums[i] = 0.5f + first * float(rows[i]) + second * float(next[i]); // 0.5 rounds
  for (size_t row = 2; row < count; ++row) {
    next += stride;
    for (size_t i = 0; i < size; ++i)
      sums[i] += weights[row] * float(next[i]);
  }
}

/// The new numbers of a band of rows, which are `stride` from each other, as are the results.
NNC_FOR_PROCESSORS void addGroups(const float *sums, size_t stride, const int64_t *base,
                                  const float *weights, size_t terms, size_t count, float *results,
                                  size_t resultStride) {
  for (size_t group = 0; group < count; ++group, results += groupSize) {
    const float *from = sums + base[group];
    Group sum[bandRows] = {};
    for (size_t term = 0; term < terms; ++term, weights += groupSize, from += 3) {
      Group numbers[bandRows], factors;
      __builtin_memcpy(&factors, weights, sizeof factors);
      for (size_t row = 0; row < bandRows; ++row) {
        __builtin_memcpy(&numbers[row], from + row * stride, sizeof factors);
        sum[row] += numbers[row] * factors;
      }
    }
    for (size_t row = 0; row < bandRows; ++row)
      __builtin_memcpy(results + row * resultStride, &sum[row], sizeof(Group));
  }
}

/// The same for pixels that cover many: of `each` pixels from that of number first[i] on.
NNC_FOR_PROCESSORS void addPixels(const float *sums, const int64_t *first, const float *weights,
                                  size_t each, int64_t count, float *result) {
  for (int64_t i = 0; i < count; ++i) {
    const float *pixel = sums + 3 * first[i];
    Quad sum = {};
    for (size_t old = 0; old < each; ++old, pixel += 3) {
      Quad next;
      __builtin_memcpy(&next, pixel, sizeof next);
      sum += next * *weights++;
    }
    // The fourth number is overwritten by the next pixel.
    __builtin_memcpy(result + 3 * i, &sum, sizeof sum);
  }
}

NNC_FOR_PROCESSORS void toBytes(const float *numbers, size_t count, uint8_t *bytes) {
  for (size_t i = 0; i < count; ++i) {
    const int32_t number = static_cast<int32_t>(numbers[i]);
    bytes[i] = static_cast<uint8_t>(number < 0 ? 0 : number > 255 ? 255 : number);
  }
}

} // namespace

Resizer::Covers Resizer::coversOf(int64_t from, int64_t to) {
  Covers covers;
  covers.from = from;
  covers.to = to;
  // In units of which an old pixel has `to`, and a new one `from`.
  auto endOf = [&](int64_t i) { return ((i + 1) * from + to - 1) / to; };
  for (int64_t i = 0; i < to; ++i) {
    covers.first.push_back(i * from / to);
    covers.most = std::max(covers.most, static_cast<size_t>(endOf(i) - covers.first.back()));
  }
  covers.weights.resize(covers.most * static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    float *weights = covers.weights.data() + static_cast<size_t>(i) * covers.most;
    for (int64_t old = covers.first[static_cast<size_t>(i)]; old < endOf(i); ++old) {
      const int64_t part = std::min((i + 1) * from, (old + 1) * to) - std::max(i * from, old * to);
      *weights++ = static_cast<float>(static_cast<double>(part) / static_cast<double>(from));
    }
  }
  return covers;
}

Resizer::Groups Resizer::groupsOf(const Covers &covers) {
  Groups groups;
  const size_t size = static_cast<size_t>(3 * covers.to);
  auto placeOf = [&](size_t number) { // of its first old number, less its place in the group
    return 3 * covers.first[number / 3] + static_cast<int64_t>(number % 3) -
           static_cast<int64_t>(number % groupSize);
  };
  for (size_t begin = 0; begin < size; begin += groupSize) {
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (size_t number = begin; number < std::min(size, begin + groupSize); ++number) {
      least = std::min(least, placeOf(number));
      most = std::max(most, placeOf(number));
    }
    groups.base.push_back(least);
    groups.terms = std::max(groups.terms, static_cast<size_t>((most - least) / 3) + covers.most);
  }
  if (groups.terms > 2 * covers.most || 3 * groups.terms + groupSize > rowMargin) {
    groups.terms = 0;
    return groups;
  }
  groups.weights.resize(groups.base.size() * groups.terms * groupSize);
  for (size_t number = 0; number < size; ++number) {
    const size_t group = number / groupSize,
                 skipped = static_cast<size_t>((placeOf(number) - groups.base[group]) / 3);
    for (size_t old = 0; old < covers.most; ++old)
      groups.weights[(group * groups.terms + skipped + old) * groupSize + number % groupSize] =
          covers.weights[number / 3 * covers.most + old];
  }
  return groups;
}

void Resizer::plan(int64_t fromRows, int64_t toRows, int64_t fromColumns, int64_t toColumns) {
  if (down.from != fromRows || down.to != toRows)
    down = coversOf(fromRows, toRows);
  if (across.from == fromColumns && across.to == toColumns)
    return;
  across = coversOf(fromColumns, toColumns);
  groups = groupsOf(across);
  sums.assign(bandRows * (static_cast<size_t>(3 * fromColumns) + 3 * across.most + 2 * rowMargin),
              0);
  line.assign(bandRows * (static_cast<size_t>(3 * toColumns) + groupSize), 0);
}

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

void Resizer::resize(const ColourImage &image, const ImagePart &part, int64_t rows, int64_t columns,
                     uint8_t *pixels) {
  plan(part.rows, rows, part.columns, columns);
  const size_t stride = sums.size() / bandRows, lineStride = line.size() / bandRows;
  float *begin = sums.data() + rowMargin;
  for (int64_t top = 0; top < rows; top += bandRows) {
    const size_t band = static_cast<size_t>(std::min<int64_t>(bandRows, rows - top));
    for (size_t i = 0; i < band; ++i) {
      const size_t row = static_cast<size_t>(top) + i;
      const float *weights = down.weights.data() + row * down.most;
      size_t count = down.most;
      while (count > 1 && weights[count - 1] == 0)
        --count;
      const int64_t first = part.top + down.first[row];
      addRows(image.bytes.data() + 3 * (first * image.columns + part.left), 3 * image.columns,
              weights, count, begin + i * stride, static_cast<size_t>(3 * part.columns));
    }
    if (groups.terms)
      addGroups(begin, stride, groups.base.data(), groups.weights.data(), groups.terms,
                groups.base.size(), line.data(), lineStride);
    else
      for (size_t i = 0; i < band; ++i)
        addPixels(begin + i * stride, across.first.data(), across.weights.data(), across.most,
                  columns, line.data() + i * lineStride);
    for (size_t i = 0; i < band; ++i)
      toBytes(line.data() + i * lineStride, static_cast<size_t>(3 * columns),
              pixels + 3 * (top + static_cast<int64_t>(i)) * columns);
  }
}

} // namespace nnc::runtime
