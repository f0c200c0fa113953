// Which examples are trained on, and in which order: the validation split and the shuffling of an
// epoch, both pure functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace nnc::runtime {

/// Row numbers of a dataset, in the order in which they are used.
using Rows = std::vector<int64_t>;

/// 0, 1, ..., count - 1.
Rows inOrder(int64_t count);

/// Row numbers in the order in which they are used: a list, or, of data that is larger than memory,
/// a rule that takes no memory.
class RowSet {
public:
  RowSet() = default;
  RowSet(Rows rows) : list(std::move(rows)), count(static_cast<int64_t>(list.size())) {}

  /// All of `count` rows.
  static RowSet all(int64_t count) { return RowSet(count, 0, false); }
  /// `held` of `count` rows, or the others: one of each count / held consecutive rows, at random.
  static RowSet spread(int64_t count, int64_t held, bool isHeld) {
    return RowSet(count, held, isHeld);
  }

  int64_t size() const { return rule.isHeld ? rule.held : count - rule.held; }
  bool empty() const { return size() == 0; }
  int64_t operator[](int64_t place) const;
  /// The rows at `number` places from `first` on; they may be put into `buffer`.
  const int64_t *part(int64_t first, int64_t number, Rows &buffer) const;
  Rows toList() const;
  template <typename Use> void forEach(Use use) const {
    for (int64_t place = 0; place < size(); ++place)
      use((*this)[place]);
  }

private:
  RowSet(int64_t count, int64_t held, bool isHeld) : count(count), rule{true, isHeld, held} {}
  /// Where the rows begin of which row number `index` is held out, and which one that is.
  int64_t strideBegin(int64_t index) const;
  int64_t heldRow(int64_t index) const;

  struct Rule {
    bool holds = false; ///< else there is a list
    bool isHeld = false;
    int64_t held = 0;
  };
  Rows list;
  int64_t count = 0; ///< of the list, or of all rows
  Rule rule;
};

/// Puts `rows` into the order of epoch `epoch` (from 0) of the run with this seed.
void shuffle(Rows &rows, uint64_t seed, uint32_t epoch);

/// Puts the numbers of blocks into the order of an epoch, and the rows of a group of blocks, which
/// begins at place `begin` of the epoch.
void shuffleBlocks(Rows &blocks, uint64_t seed, uint32_t epoch);
void shuffleGroup(Rows &rows, uint64_t seed, uint32_t epoch, uint64_t begin);

/// Reorders shuffled rows so that most batches of `batch` rows are of one bucket; `bucketOf` has
/// the bucket of each row of the dataset. The remaining rows of all buckets make up further
/// batches. Full batches are in random order, and a batch that is not full is the last one. A pure
/// function of the arguments.
void sortIntoBuckets(Rows &rows, const std::vector<uint8_t> &bucketOf, int64_t batch, uint64_t seed,
                     uint32_t epoch);

/// Replaces rows by those that are drawn from them with these weights (one for each row of the
/// dataset) as numbers `begin` to `end` of the epoch; a pure function of the arguments.
void drawWeighted(Rows &rows, const std::vector<double> &weights, uint64_t seed, uint32_t epoch,
                  int64_t begin, int64_t end);

/// Windows of `size` elements that cover a text of `length` elements, each beginning with the last
/// element of the one before; the remainder at the end is too short for another window.
Rows windowsInOrder(int64_t length, int64_t size);

/// Replaces rows by as many that are drawn from them, each independently: a function of the seed.
void drawBootstrap(Rows &rows, uint64_t seed);

/// Replaces rows by the starts of windows at random places of the text: row i of epoch `epoch` is a
/// pure function of the seed, the epoch and i.
void drawWindows(Rows &rows, int64_t length, int64_t size, uint64_t seed, uint32_t epoch);

/// Windows for batches of `batch` rows. Row b begins at b / batch of the text and continues from
/// batch to batch as windowsInOrder does. Empty if the text is too short for one batch.
Rows windowsInStreams(int64_t length, int64_t size, int64_t batch);

/// Puts rows into a random order that depends on `instance` alone.
void shuffleForSplit(Rows &rows, uint32_t instance);

struct Split {
  RowSet train, validation; ///< both ascending
};

/// Holds out about `fraction` (in [0, 1)) of `count` rows of data that is larger than memory, spread
/// evenly. Depends on nothing else, not even the run's seed: runs with different seeds, and fine-tuning
/// one from another, see the same validation examples. At least one row stays on each side if the
/// fraction is positive. Throws Error if it is, and there are fewer than two rows.
Split spreadRows(int64_t count, double fraction);

} // namespace nnc::runtime
