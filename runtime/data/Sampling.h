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

struct Split {
  Rows train, validation; ///< both ascending
};

/// Holds out about `fraction` (in [0, 1)) of `count` rows. Depends on nothing else, not even the
/// run's seed: runs with different seeds, and fine-tuning one from another, see the same validation
/// examples. At least one row stays on each side if the fraction is positive. Throws Error if it
/// is, and there are fewer than two rows.
Split splitRows(int64_t count, double fraction);

} // namespace nnc::runtime
