// Implements BoundSteps: each call updates the cache.
#include "runtime/exec/Steps.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

BoundSteps::BoundSteps(Execution &execution, const Dataset &examples)
    : execution(execution), step(*execution.description().function("nnc_generate_step")),
      given(*execution.description().function("nnc_generate_begin"), examples),
      hasExamples(!examples.fields.empty()),
      chunk(execution.description().function("nnc_generate_chunk")), inputs(step.inputBytes),
      outputs(step.outputBytes), cache(execution.description().generation->cacheBytes) {
  if (!execution.model().generateChunk)
    chunk = nullptr;
  if (chunk) {
    chunkInputs = AlignedBuffer(chunk->inputBytes);
    chunkOutputs = AlignedBuffer(chunk->outputBytes);
  }
}

void BoundSteps::begin(int64_t example) {
  if (hasExamples)
    given.assemble(&example, 1, 0, 1);
  count = 0;
  execution.step(execution.model().generateBegin, given.data(), outputs.data(), cache.data());
}

void BoundSteps::addOne(const char *element) {
  std::memcpy(inputs.data() + this->element().offset, element, elementBytes());
  execution.setScalar("position", count);
  execution.step(execution.model().generateStep, inputs.data(), outputs.data(), cache.data());
  ++count;
}

void BoundSteps::add(const char *elements, int64_t number) {
  // A chunk of positions takes as long as a few of them.
  constexpr int64_t fewest = 4;
  const int64_t most = chunk ? chunk->fields[0].shape[0] : 0;
  while (number > 0) {
    const int64_t taken = number < fewest ? 1 : std::max<int64_t>(1, std::min(number, most));
    if (taken == 1)
      addOne(elements);
    else
      addChunk(elements, taken);
    elements += static_cast<size_t>(taken) * elementBytes();
    number -= taken;
  }
}

// Positions behind the elements are computed from zeros; later steps overwrite what they leave.
void BoundSteps::addChunk(const char *elements, int64_t number) {
  char *input = chunkInputs.data() + chunk->fields[0].offset;
  const size_t given = static_cast<size_t>(number) * elementBytes();
  std::memcpy(input, elements, given);
  std::memset(input + given, 0,
              static_cast<size_t>(chunk->fields[0].shape[0]) * elementBytes() - given);
  execution.setScalar("position", count);
  execution.step(execution.model().generateChunk, chunkInputs.data(), chunkOutputs.data(),
                 cache.data());
  const size_t row = static_cast<size_t>(elementCount(result().shape)) * sizeOf(result().dtype);
  std::memcpy(outputs.data() + result().offset,
              chunkOutputs.data() + chunk->values[0].offset + static_cast<size_t>(number - 1) * row,
              row);
  count += number;
}

} // namespace nnc::runtime
