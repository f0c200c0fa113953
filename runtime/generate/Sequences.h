// Sequences of classes or of numbers that grow together, element by element.
#pragma once

#include "runtime/exec/StepRows.h"

#include <span>
#include <vector>

namespace nnc::runtime {

class Sampler;

/// The elements of sequences, of each in the type of the model's field, one behind the other. All have
/// the same prompt and grow at the same time, until some of them end.
class Sequences {
public:
  /// `limit`: the positions after which the model starts again, from the last `limit` / 2 elements;
  /// 0: it does not.
  Sequences(Execution &execution, BoundSteps &steps, int64_t limit, int64_t rows)
      : steps(steps), states(execution, rows), limit(limit), all(static_cast<size_t>(rows)) {}

  int64_t rows() const { return states.rows(); }
  std::span<const char> elements(int64_t row) const { return at(row).bytes; }

  /// Begins the sequence of a row by a prompt, for one of the examples of the steps. The result is that of
  /// a step for each element, but the model only runs for the elements after its last restart.
  void begin(int64_t row, int64_t example, std::span<const char> prompt);
  /// Makes the sequence of a row equal to that of another one.
  void copy(int64_t from, int64_t to);

  /// Adds an element, which is not one of the sequence's own, to a row.
  void append(int64_t row, const char *element);
  /// Adds the element that `sampler` chooses by the logits, and returns it.
  int32_t appendSampled(int64_t row, Sampler &sampler, int64_t sample);
  /// Adds the model's output. Throws Error if a number in it is not finite.
  void appendOutput(int64_t row);
  /// Runs the model for the last element of each row. Rows that got no element have ended: their states are
  /// undefined from then on.
  void step();

  /// The logits behind the last element of a row; valid until the next call.
  const std::vector<double> &readLogits(int64_t row);

private:
  struct Sequence {
    int64_t example = 0;
    std::vector<char> bytes;
    std::vector<int32_t> ids; ///< the elements, where they are classes
  };

  Sequence &at(int64_t row) { return all[static_cast<size_t>(row)]; }
  const Sequence &at(int64_t row) const { return all[static_cast<size_t>(row)]; }
  int64_t sizeOf(const Sequence &sequence) const {
    return static_cast<int64_t>(sequence.bytes.size() / steps.elementBytes());
  }
  const char *element(const Sequence &sequence, int64_t number) const {
    return sequence.bytes.data() + static_cast<size_t>(number) * steps.elementBytes();
  }

  BoundSteps &steps;
  StepRows states;
  const int64_t limit;
  int64_t position = 0; ///< of the model, in all rows
  std::vector<Sequence> all;
  std::vector<double> logits;
};

} // namespace nnc::runtime
