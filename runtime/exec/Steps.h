// Calls of the functions that generate a sequence, with the memory of one sequence.
#pragma once

#include "runtime/exec/Execution.h"

#include <vector>

namespace nnc::runtime {

/// A sequence at a position: what the model keeps of the elements before it.
class BoundSteps {
public:
  /// The model has a generation.
  explicit BoundSteps(Execution &execution);

  /// The field of an element, whose shape begins with 1.
  const InputField &element() const { return step.fields[0]; }
  /// What follows from an element: its logits, or the next element.
  const OutputValue &result() const { return step.values[0]; }
  size_t elementBytes() const {
    return static_cast<size_t>(elementCount(element().shape)) * sizeOf(element().dtype);
  }
  int64_t position() const { return count; }

  /// Goes to the beginning of a sequence.
  void begin();
  /// Takes one element of the sequence, of the type and size of `element()`.
  void add(const char *element);
  /// The result behind the last element; valid until the next call.
  const char *output() const { return outputs.data() + result().offset; }

  /// The state at a position, and back to it.
  struct State {
    AlignedBuffer cache, outputs;
    int64_t position = 0;
  };
  State save() const;
  void restore(const State &state);

private:
  struct Call {
    BoundSteps &steps;
    nnc_step_function *code;
  };
  void call(nnc_step_function *code);
  static void callOnThread(void *self, int64_t thread, int64_t threads);

  Execution &execution;
  const Function &step;
  AlignedBuffer inputs, outputs, cache;
  int64_t count = 0;
};

} // namespace nnc::runtime
