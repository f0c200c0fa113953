// Implements BoundSteps: each call updates the cache.
#include "runtime/exec/Steps.h"

#include <cstring>
#include <utility>

namespace nnc::runtime {

BoundSteps::BoundSteps(Execution &execution, const Dataset &examples)
    : execution(execution), step(*execution.description().function("nnc_generate_step")),
      given(*execution.description().function("nnc_generate_begin"), examples),
      inputs(step.inputBytes), outputs(step.outputBytes),
      cache(execution.description().generation->cacheBytes) {}

void BoundSteps::callOnThread(void *self, int64_t thread, int64_t threads) {
  Call &call = *static_cast<Call *>(self);
  BoundSteps &steps = call.steps;
  Execution &execution = steps.execution;
  call.code(execution.persistentBlock.data(), execution.arena.data(), call.inputs,
            steps.outputs.data(), execution.scalars.data(), steps.cache.data(), thread, threads);
}

void BoundSteps::call(nnc_step_function *code, char *inputs) {
  Call call{*this, code, inputs};
  execution.pool.run(callOnThread, &call);
}

void BoundSteps::begin() {
  count = 0;
  call(execution.model().generateBegin, given.data());
}

void BoundSteps::add(const char *element) {
  std::memcpy(inputs.data() + this->element().offset, element, elementBytes());
  execution.setScalar("position", count);
  call(execution.model().generateStep, inputs.data());
  ++count;
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
