// Implements shuffling and the validation split, by counter-based random numbers.
#include "runtime/data/Sampling.h"

#include "runtime/support/Error.h"
#include "runtime/support/Philox.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nnc::runtime {

Rows inOrder(int64_t count) {
  Rows rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

/// Fisher-Yates. The bounded number is the high word of a 128-bit product; its bias, below count /
/// 2^64, is beyond measuring.
static void permute(Rows &rows, uint64_t seed, RandomStream stream, uint32_t instance) {
  for (size_t i = rows.size(); i > 1; --i) {
    unsigned __int128 product =
        static_cast<unsigned __int128>(randomWord(seed, stream, instance, i)) * i;
    std::swap(rows[i - 1], rows[static_cast<size_t>(product >> 64)]);
  }
}

void shuffle(Rows &rows, uint64_t seed, uint32_t epoch) {
  permute(rows, seed, RandomStream::Shuffle, epoch);
}

Split splitRows(int64_t count, double fraction) {
  Rows rows = inOrder(count);
  if (fraction <= 0)
    return {std::move(rows), {}};
  if (count < 2)
    fail("validate = %g%%: %lld training example is too few to hold some out and to keep some",
         fraction * 100, static_cast<long long>(count));
  int64_t held = std::llround(fraction * static_cast<double>(count));
  held = std::clamp<int64_t>(held, 1, count - 1);
  permute(rows, 0, RandomStream::Split, 0);
  Split split;
  split.validation.assign(rows.begin(), rows.begin() + held);
  split.train.assign(rows.begin() + held, rows.end());
  std::sort(split.validation.begin(), split.validation.end());
  std::sort(split.train.begin(), split.train.end());
  return split;
}

} // namespace nnc::runtime
