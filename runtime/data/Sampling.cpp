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
/// 2^64, is beyond measuring. The words are those behind number `begin`.
static void permute(Rows &rows, uint64_t seed, RandomStream stream, uint32_t instance,
                    uint64_t begin = 0) {
  for (size_t i = rows.size(); i > 1; --i) {
    unsigned __int128 product =
        static_cast<unsigned __int128>(randomWord(seed, stream, instance, begin + i)) * i;
    std::swap(rows[i - 1], rows[static_cast<size_t>(product >> 64)]);
  }
}

void shuffle(Rows &rows, uint64_t seed, uint32_t epoch) {
  permute(rows, seed, RandomStream::Shuffle, epoch);
}

void shuffleBlocks(Rows &blocks, uint64_t seed, uint32_t epoch) {
  permute(blocks, seed, RandomStream::Blocks, epoch);
}

void shuffleGroup(Rows &rows, uint64_t seed, uint32_t epoch, uint64_t begin) {
  permute(rows, seed, RandomStream::Shuffle, epoch, begin);
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

void drawWeighted(Rows &rows, const std::vector<double> &weights, uint64_t seed, uint32_t epoch,
                  int64_t begin, int64_t end) {
  const Rows all = rows;
  std::vector<double> sums; // of the weights up to a row
  double sum = 0;
  for (int64_t row : all)
    sums.push_back(sum += weights[static_cast<size_t>(row)]);
  rows.resize(static_cast<size_t>(end - begin));
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint64_t word =
        randomWord(seed, RandomStream::Draw, epoch, static_cast<uint64_t>(begin) + i);
    const double place = static_cast<double>(word >> 11) * 0x1p-53 * sum;
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

static int64_t countHeld(int64_t count, double fraction) {
  if (count < 2)
    fail("validate = %g%%: %lld training example is too few to hold some out and to keep some",
         fraction * 100, static_cast<long long>(count));
  return std::clamp<int64_t>(std::llround(fraction * static_cast<double>(count)), 1, count - 1);
}

Split spreadRows(int64_t count, double fraction) {
  const int64_t held = fraction > 0 ? countHeld(count, fraction) : 0;
  return {RowSet::spread(count, held, false), RowSet::spread(count, held, true)};
}

/// a * b / c without overflow.
static int64_t product(int64_t a, int64_t b, int64_t c) {
  return static_cast<int64_t>(static_cast<__int128>(a) * b / c);
}

int64_t RowSet::strideBegin(int64_t index) const { return product(index, count, rule.held); }

int64_t RowSet::heldRow(int64_t index) const {
  const int64_t begin = strideBegin(index), rows = strideBegin(index + 1) - begin;
  const uint64_t word = randomWord(0, RandomStream::Split, 1, static_cast<uint64_t>(index));
  return begin + static_cast<int64_t>(word % static_cast<uint64_t>(rows));
}

int64_t RowSet::operator[](int64_t place) const {
  if (!rule.holds)
    return list[static_cast<size_t>(place)];
  if (rule.isHeld)
    return heldRow(place);
  if (rule.held == 0)
    return place;
  // Stride i begins with kept row i * kept / held, rounded down: the last one that does so at or
  // before `place`.
  const int64_t kept = count - rule.held,
                index = static_cast<int64_t>(((static_cast<__int128>(place) + 1) * rule.held - 1) /
                                             kept);
  const int64_t row = place + index;
  return row >= heldRow(index) ? row + 1 : row;
}

const int64_t *RowSet::part(int64_t first, int64_t number, Rows &buffer) const {
  if (!rule.holds)
    return list.data() + first;
  buffer.clear();
  for (int64_t place = first; place < first + number; ++place)
    buffer.push_back((*this)[place]);
  return buffer.data();
}

Rows RowSet::toList() const {
  Rows rows;
  forEach([&](int64_t row) { rows.push_back(row); });
  return rows;
}

} // namespace nnc::runtime
