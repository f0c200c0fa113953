// Implements BoundSteps: each call updates the cache.
#include "runtime/exec/Steps.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nnc::runtime {

BoundSteps::BoundSteps(Execution &execution, const Dataset &examples)
    : execution(execution), step(*execution.description().function("nnc_generate_step")),
      given(*execution.description().function("nnc_generate_begin"), examples),
      chunk(execution.description().function("nnc_generate_chunk")), inputs(step.inputBytes),
      outputs(step.outputBytes), cache(execution.description().generation->cacheBytes) {
  if (!execution.model().generateChunk)
    chunk = nullptr;
  if (chunk) {
    chunkInputs = AlignedBuffer(chunk->inputBytes);
    chunkOutputs = AlignedBuffer(chunk->outputBytes);
  }
}

void BoundSteps::callOnThread(void *self, int64_t thread, int64_t threads) {
  Call &call = *static_cast<Call *>(self);
  BoundSteps &steps = call.steps;
  Execution &execution = steps.execution;
  call.code(execution.persistentBlock.data(), execution.arena.data(), call.inputs, call.outputs,
            execution.scalars.data(), steps.cache.data(), thread, threads);
}

void BoundSteps::call(nnc_step_function *code, char *inputs, char *outputs) {
  Call call{*this, code, inputs, outputs};
  execution.pool.run(callOnThread, &call);
}

void BoundSteps::begin() {
  count = 0;
  call(execution.model().generateBegin, given.data(), outputs.data());
}

void BoundSteps::add(const char *element) {
  std::memcpy(inputs.data() + this->element().offset, element, elementBytes());
  execution.setScalar("position", count);
  call(execution.model().generateStep, inputs.data(), outputs.data());
  ++count;
}

void BoundSteps::add(const char *elements, int64_t number) {
  // A chunk of positions takes as long as a few of them.
  constexpr int64_t fewest = 4;
  const int64_t most = chunk ? chunk->fields[0].shape[0] : 0;
  while (number > 0) {
    const int64_t taken = number < fewest ? 1 : std::max<int64_t>(1, std::min(number, most));
    if (taken == 1)
      add(elements);
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
  call(execution.model().generateChunk, chunkInputs.data(), chunkOutputs.data());
  const size_t row = static_cast<size_t>(elementCount(result().shape)) * sizeOf(result().dtype);
  std::memcpy(outputs.data() + result().offset,
              chunkOutputs.data() + chunk->values[0].offset + static_cast<size_t>(number - 1) * row,
              row);
  count += number;
}

static AlignedBuffer copyOf(const AlignedBuffer &from) {
  AlignedBuffer copy(from.size());
  std::memcpy(copy.data(), from.data(), from.size());
  return copy;
}

BoundSteps::State BoundSteps::save() const { return {copyOf(cache), copyOf(outputs), count}; }

void BoundSteps::restore(const State &state) {
  std::memcpy(cache.data(), state.cache.data(), cache.size());
  std::memcpy(outputs.data(), state.outputs.data(), outputs.size());
  count = state.position;
}

void BoundSteps::exchange(State &state) {
  std::swap(cache, state.cache);
  std::swap(outputs, state.outputs);
  std::swap(count, state.position);
}

} // namespace nnc::runtime
