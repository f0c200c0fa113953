// Steps of several sequences at a time, with the memory of each.
#pragma once

#include "runtime/exec/Steps.h"

#include <vector>

namespace nnc::runtime {

/// The states of the model after the elements so far of sequences that are equally long. Each call of
/// the compiled function takes a step of a group of them.
class StepRows {
public:
  /// The description has a `generation`. Throws Error if the caches take more memory than the machine
  /// has.
  StepRows(Execution &execution, int64_t rows);

  /// How many sequences it pays to generate together: those of a call of the compiled function, 1 if
  /// the model takes steps of one sequence only.
  static int64_t rowsOfCall(const Execution &execution);

  int64_t rows() const { return count; }
  /// Takes the state of `steps` as that of a row.
  void load(int64_t row, const BoundSteps &steps);
  void copy(int64_t from, int64_t to);

  /// The next element of a row, to be filled in before `step`.
  char *element(int64_t row);
  /// Takes the elements of all rows, whose states are of `position`.
  void step(int64_t position);
  /// The result of a row after its last element; valid until the next step.
  const char *output(int64_t row) const;

private:
  /// A group of sequences, as the compiled function takes them.
  struct Group {
    AlignedBuffer cache, inputs, outputs;
  };
  /// A tensor of a cache, or a row of several sequences' inputs or outputs.
  struct Part {
    size_t offset, bytes;
  };

  Group &groupOf(int64_t row) { return groups[static_cast<size_t>(row / width)]; }
  const Group &groupOf(int64_t row) const { return groups[static_cast<size_t>(row / width)]; }
  /// Where a row of a tensor begins: in a group, tensors lie where the space in front is that of so
  /// many caches.
  size_t placeOf(const Part &tensor, int64_t row) const {
    return static_cast<size_t>(width) * tensor.offset +
           static_cast<size_t>(row % width) * tensor.bytes;
  }
  size_t placeOfRow(const Part &rows, int64_t row) const {
    return rows.offset + static_cast<size_t>(row % width) * rows.bytes;
  }

  Execution &execution;
  const int64_t width; ///< sequences of a group
  const int64_t count;
  nnc_step_function *code;
  Part input, result; ///< of a row
  std::vector<Part> tensors;
  std::vector<Group> groups;
};

} // namespace nnc::runtime
