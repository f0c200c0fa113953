// The order in which the epochs of a run take examples: a pure function of the seed, the epoch and
// the place in the epoch. Of data that is larger than memory, examples near each other in the file
// come near each other in the epoch.
#pragma once

#include "runtime/data/Dataset.h"

#include <thread>

namespace nnc::runtime {

class Order {
public:
  /// Of these rows of the dataset, which must live as long.
  Order(const Dataset &dataset, RowSet rows);
  Order(const Order &) = delete;
  ~Order();

  int64_t size() const { return set.size(); }
  const RowSet &rows() const { return set; }
  void begin(bool shuffled, uint64_t seed, uint32_t epoch);
  /// The rows of a batch of the epoch; valid until the next call.
  const int64_t *batch(int64_t position, int64_t count);
  /// All rows of the epoch, which may be put into another order; null for data larger than memory.
  Rows *all() { return groupSize ? nullptr : &current; }

private:
  /// Examples [begin, end) of the epoch.
  int64_t groupBegin(int64_t group) const;
  int64_t groupEnd(int64_t group) const;
  int64_t groupOf(int64_t position) const;
  bool isDrawn() const { return shuffled && !dataset.weights.empty(); }
  /// Says how many of the draws of an epoch are from each group.
  void shareDraws();
  /// Calls use(first, count) with places in `set` for each part of a block that the group has.
  template <typename Use> void forParts(int64_t group, Use use) const;
  void load(int64_t group);
  void readAhead(int64_t group);

  const Dataset &dataset;
  const RowSet set;
  int64_t groupSize = 0, blockSize = 0; ///< examples; 0: the data is in memory
  bool shuffled = false;
  uint64_t seed = 0;
  uint32_t epoch = 0;
  std::vector<double> blockWeights; ///< where examples are drawn by weights
  Rows begins;                      ///< then of the groups, and the end of the last one
  Rows blocks;                      ///< their numbers in the order of the epoch
  int64_t shortPlace = 0;           ///< of the last block, which may be shorter, in `blocks`
  int64_t group = -1;               ///< that `current` has
  Rows current, buffer;
  std::thread reader;
};

} // namespace nnc::runtime
