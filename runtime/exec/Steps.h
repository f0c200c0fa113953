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

  /// Goes to the beginning of a sequence, for this one of the examples if there are any.
  void begin(int64_t example);
  /// Takes several consecutive elements of the sequence, of the type and size of `element()`.
  void add(const char *elements, int64_t number);
  /// The result after the last element; valid until the next call.
  const char *output() const { return outputs.data() + result().offset; }
  /// The cache, as the description's `generation` describes it.
  const char *state() const { return cache.data(); }

private:
  void addOne(const char *element);
  void addChunk(const char *elements, int64_t number);

  Execution &execution;
  const Function &step;
  InputBlock given;
  const bool hasExamples;
  const Function *chunk; ///< takes several elements; null if the model has no such function
  AlignedBuffer inputs, outputs, cache, chunkInputs, chunkOutputs;
  int64_t count = 0;
};

} // namespace nnc::runtime
