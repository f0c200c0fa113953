// Calls of the functions that generate a sequence, with the memory of one sequence.
#pragma once

#include "runtime/exec/Execution.h"

namespace nnc::runtime {

/// The state of the model after the elements of a sequence so far.
class BoundSteps {
public:
  /// The description has a `generation`. `examples` hold the inputs besides the sequence,
  /// and must live as long. Throws Error if one is missing.
  BoundSteps(Execution &execution, const Dataset &examples);

  /// The field of an element, whose shape begins with 1.
  const InputField &element() const { return step.fields[0]; }
  /// The output of a step: the logits of the next element, or that element.
  const OutputValue &result() const { return step.values[0]; }
  size_t elementBytes() const {
    return static_cast<size_t>(elementCount(element().shape)) * sizeOf(element().dtype);
  }
  int64_t position() const { return count; }

  /// Takes the other inputs from this example for the sequences that begin after it.
  void choose(int64_t example) { given.assemble(&example, 1, 0, 1); }
  /// Goes to the beginning of a sequence.
  void begin();
  /// Takes one element of the sequence, of the type and size of `element()`.
  void add(const char *element);
  /// Takes several consecutive elements.
  void add(const char *elements, int64_t number);
  /// The result after the last element; valid until the next call.
  const char *output() const { return outputs.data() + result().offset; }

  /// A copy of the state at a position.
  struct State {
    AlignedBuffer cache, outputs;
    int64_t position = 0;
  };
  State save() const;
  void restore(const State &state);
  /// Exchanges the state with another one, without copying it.
  void exchange(State &state);

private:
  struct Call {
    BoundSteps &steps;
    nnc_step_function *code;
    char *inputs, *outputs;
  };
  void call(nnc_step_function *code, char *inputs, char *outputs);
  void addChunk(const char *elements, int64_t number);
  static void callOnThread(void *self, int64_t thread, int64_t threads);

  Execution &execution;
  const Function &step;
  InputBlock given;
  const Function *chunk; ///< takes several elements; null if the model has no such function
  AlignedBuffer inputs, outputs, cache, chunkInputs, chunkOutputs;
  int64_t count = 0;
};

} // namespace nnc::runtime
