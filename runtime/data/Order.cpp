// Implements Order. Data that is larger than memory is divided into blocks of consecutive examples.
// An epoch takes the blocks in random order; so many of them as three eighths of the bound hold make
// up a group, whose examples are shuffled among themselves, or drawn, as often as their share of all
// weights says. The rest is room for the pages at the
// ends of blocks, and for those of the group before. While a group is used, the next one is read.
#include "runtime/data/Order.h"

#include "runtime/support/Philox.h"

#include <algorithm>

namespace nnc::runtime {

/// The blocks of a group of so many bytes: the more there are, the better examples of distant places
/// are mixed. The system maps up to 2 MB of a file at once, so that smaller blocks take more memory
/// than they have bytes.
static int64_t blocksOfGroup(int64_t bytes) {
  return std::clamp<int64_t>(bytes / (int64_t{2} << 20), 4, 16);
}

Order::Order(const Dataset &dataset, RowSet rows) : dataset(dataset), set(std::move(rows)) {
  if (!dataset.memory)
    return;
  int64_t bytes = sizeof(int64_t) * 2; // of the row numbers, which are in memory, too
  for (const FieldData &field : dataset.fields)
    bytes += elementCount(field.shape) * static_cast<int64_t>(sizeOf(field.storage));
  const int64_t most = std::max<int64_t>(1, dataset.memory / 8 * 3 / bytes);
  if (most >= size())
    return; // a group of all examples
  groupSize = most;
  blockSize = std::max<int64_t>(1, most / blocksOfGroup(most * bytes));
  if (!dataset.weights.empty())
    for (int64_t place = 0; place < size(); ++place) {
      if (place % blockSize == 0)
        blockWeights.push_back(0);
      blockWeights.back() += dataset.weights[static_cast<size_t>(set[place])];
    }
}

Order::~Order() {
  if (reader.joinable())
    reader.join();
}

void Order::begin(bool isShuffled, uint64_t ofSeed, uint32_t ofEpoch) {
  shuffled = isShuffled;
  seed = ofSeed;
  epoch = ofEpoch;
  if (!groupSize) {
    current = set.toList();
    if (shuffled)
      shuffleEpoch(current, dataset, seed, epoch);
    return;
  }
  blocks = inOrder((size() + blockSize - 1) / blockSize);
  if (shuffled)
    shuffleBlocks(blocks, seed, epoch);
  shortPlace = std::ranges::max_element(blocks) - blocks.begin();
  if (isDrawn())
    shareDraws();
  group = -1;
  readAhead(0);
}

void Order::shareDraws() {
  double whole = 0, part = 0;
  for (int64_t block : blocks)
    whole += blockWeights[static_cast<size_t>(block)];
  begins.clear();
  const size_t each = static_cast<size_t>(groupSize / blockSize);
  for (size_t place = 0; place < blocks.size(); ++place) {
    if (place % each == 0)
      begins.push_back(
          std::min(size(), static_cast<int64_t>(part / whole * static_cast<double>(size()))));
    part += blockWeights[static_cast<size_t>(blocks[place])];
  }
  begins.push_back(size());
}

int64_t Order::groupBegin(int64_t one) const {
  return isDrawn() ? begins[static_cast<size_t>(one)] : one * groupSize;
}

int64_t Order::groupEnd(int64_t one) const { return std::min(size(), groupBegin(one + 1)); }

int64_t Order::groupOf(int64_t position) const {
  return isDrawn() ? std::ranges::upper_bound(begins, position) - begins.begin() - 1
                   : position / groupSize;
}

template <typename Use> void Order::forParts(int64_t one, Use use) const {
  if (isDrawn()) { // whole blocks
    const int64_t each = groupSize / blockSize;
    for (int64_t place = one * each; place < std::min(std::ssize(blocks), (one + 1) * each);
         ++place) {
      const int64_t first = blocks[static_cast<size_t>(place)] * blockSize;
      use(first, std::min(blockSize, size() - first));
    }
    return;
  }
  const int64_t count = std::ssize(blocks), missing = count * blockSize - size();
  auto blockBegin = [&](int64_t place) {
    return place * blockSize - (place > shortPlace ? missing : 0);
  };
  const int64_t begin = groupBegin(one), end = groupEnd(one);
  int64_t place = begin / blockSize;
  while (place + 1 < count && blockBegin(place + 1) <= begin)
    ++place;
  for (int64_t at = begin; at < end; ++place) {
    const int64_t upTo = std::min(end, blockBegin(place + 1));
    const int64_t first = blocks[static_cast<size_t>(place)] * blockSize;
    use(first + at - blockBegin(place), upTo - at);
    at = upTo;
  }
}

void Order::load(int64_t one) {
  group = one;
  current.clear();
  forParts(one, [&](int64_t first, int64_t count) {
    for (int64_t place = first; place < first + count; ++place)
      current.push_back(set[place]);
  });
  if (isDrawn())
    drawWeighted(current, dataset.weights, seed, epoch, groupBegin(one), groupEnd(one));
  else if (shuffled)
    shuffleGroup(current, seed, epoch, static_cast<uint64_t>(groupBegin(one)));
  if (groupEnd(one) < size())
    readAhead(one + 1);
}

void Order::readAhead(int64_t one) {
  std::vector<std::pair<int64_t, int64_t>> parts; // the first and the last row of each
  forParts(one, [&](int64_t first, int64_t count) {
    parts.emplace_back(set[first], set[first + count - 1]);
  });
  if (reader.joinable())
    reader.join();
  reader = std::thread([this, parts = std::move(parts)] {
    for (auto [first, last] : parts)
      for (const FieldData &field : dataset.fields)
        field.readAhead(first, last + 1);
  });
}

const int64_t *Order::batch(int64_t position, int64_t count) {
  if (!groupSize)
    return current.data() + position;
  const int64_t wanted = groupOf(position);
  if (wanted != group)
    load(wanted);
  if (position + count <= groupEnd(group))
    return current.data() + (position - groupBegin(group));
  // The batch goes on in the groups that follow.
  buffer.assign(current.begin() + (position - groupBegin(group)), current.end());
  while (std::ssize(buffer) < count) {
    load(group + 1);
    const int64_t more = std::min(count - std::ssize(buffer), std::ssize(current));
    buffer.insert(buffer.end(), current.begin(), current.begin() + more);
  }
  return buffer.data();
}

} // namespace nnc::runtime
