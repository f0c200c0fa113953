// Which examples are trained on, and in which order: the validation split and the shuffling of an
// epoch, both pure functions of their arguments.
#pragma once

#include <cstdint>
#include <vector>

namespace nnc::runtime {

/// Row numbers of a dataset, in the order in which they are used.
using Rows = std::vector<int64_t>;

/// 0, 1, ..., count - 1.
Rows inOrder(int64_t count);

/// Puts `rows` into the order of epoch `epoch` (from 0) of the run with this seed.
void shuffle(Rows &rows, uint64_t seed, uint32_t epoch);

/// Reorders shuffled rows so that most batches of `batch` rows are of one bucket; `bucketOf` has
/// the bucket of each row of the dataset. The remaining rows of all buckets make up further
/// batches. Full batches are in random order, and a batch that is not full is the last one. A pure
/// function of the arguments.
void sortIntoBuckets(Rows &rows, const std::vector<uint8_t> &bucketOf, int64_t batch, uint64_t seed,
                     uint32_t epoch);

/// Replaces rows by as many that are drawn with these weights (one for each row of the dataset); a
/// pure function of the arguments.
void drawWeighted(Rows &rows, const std::vector<double> &weights, uint64_t seed, uint32_t epoch);

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
  Rows train, validation; ///< both ascending
};

/// Holds out about `fraction` (in [0, 1)) of `count` rows. Depends on nothing else, not even the
/// run's seed: runs with different seeds, and fine-tuning one from another, see the same validation
/// examples. At least one row stays on each side if the fraction is positive. Throws Error if it
/// is, and there are fewer than two rows.
Split splitRows(int64_t count, double fraction);

} // namespace nnc::runtime
