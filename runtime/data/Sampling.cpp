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

void sortIntoBuckets(Rows &rows, const std::vector<uint8_t> &bucketOf, int64_t batch, uint64_t seed,
                     uint32_t epoch) {
  const size_t size = static_cast<size_t>(batch);
  std::vector<Rows> buckets;
  for (int64_t row : rows) {
    size_t bucket = bucketOf[static_cast<size_t>(row)];
    if (bucket >= buckets.size())
      buckets.resize(bucket + 1);
    buckets[bucket].push_back(row);
  }
  Rows batches, rest; // whole batches, and the rows of others
  for (const Rows &bucket : buckets) {
    auto end = bucket.begin() + static_cast<int64_t>(bucket.size() / size * size);
    batches.insert(batches.end(), bucket.begin(), end);
    rest.insert(rest.end(), end, bucket.end());
  }
  auto end = rest.begin() + static_cast<int64_t>(rest.size() / size * size);
  batches.insert(batches.end(), rest.begin(), end);
  Rows numbers = inOrder(static_cast<int64_t>(batches.size() / size));
  permute(numbers, seed, RandomStream::Buckets, epoch);
  rows.clear();
  for (int64_t number : numbers)
    rows.insert(rows.end(), batches.begin() + number * batch,
                batches.begin() + (number + 1) * batch);
  rows.insert(rows.end(), end, rest.end());
}

void drawWeighted(Rows &rows, const std::vector<double> &weights, uint64_t seed, uint32_t epoch) {
  const Rows all = rows;
  std::vector<double> sums; // of the weights up to a row
  double sum = 0;
  for (int64_t row : all)
    sums.push_back(sum += weights[static_cast<size_t>(row)]);
  for (size_t i = 0; i < rows.size(); ++i) {
    const double place =
        static_cast<double>(randomWord(seed, RandomStream::Draw, epoch, i) >> 11) * 0x1p-53 * sum;
    size_t found =
        static_cast<size_t>(std::upper_bound(sums.begin(), sums.end(), place) - sums.begin());
    rows[i] = all[std::min(found, all.size() - 1)];
  }
}

Rows windowsInOrder(int64_t length, int64_t size) {
  Rows rows;
  for (int64_t start = 0; start + size <= length; start += std::max<int64_t>(1, size - 1))
    rows.push_back(start);
  return rows;
}

void drawBootstrap(Rows &rows, uint64_t seed) {
  const Rows all = rows;
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i] = all[randomWord(seed, RandomStream::Bootstrap, 0, i) % all.size()];
}

void drawWindows(Rows &rows, int64_t length, int64_t size, uint64_t seed, uint32_t epoch) {
  const uint64_t starts = static_cast<uint64_t>(length - size + 1);
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i] = static_cast<int64_t>(randomWord(seed, RandomStream::Window, epoch, i) % starts);
}

Rows windowsInStreams(int64_t length, int64_t size, int64_t batch) {
  Rows rows;
  for (int64_t start : windowsInOrder(length / batch, size))
    for (int64_t row = 0; row < batch; ++row) {
      // row * length / batch without overflow.
      int64_t begin = row * (length / batch) + row * (length % batch) / batch;
      rows.push_back(begin + start);
    }
  return rows;
}

void shuffleForSplit(Rows &rows, uint32_t instance) {
  permute(rows, 0, RandomStream::Split, instance);
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
