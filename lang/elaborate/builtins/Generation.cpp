// The builtin behind `sample` and `greedy`: it marks the logits from which the next element is
// sampled.
#include "lang/elaborate/builtins/Builtins.h"

#include <algorithm>

namespace nnc::lang::builtins {

/// `next_element(logits, temperature, top_k, top_p, min_p, repetition_penalty)`: the logits.
static Entity nextElement(const BuiltinCall &call) {
  std::optional<Tensor> logits =
      call.emitter.tensor(call.inputs[0].value, Element::Float, "sample", call.inputs[0].range);
  if (!logits)
    return Poison{};
  if (!call.emitter.pass->generates) {
    call.environment.report(Diag::SampleOutside, call.range);
    return Poison{};
  }
  double numbers[5];
  for (size_t i = 0; i < 5; ++i) {
    const GivenArgument &given = call.inputs[i + 1];
    if (!given.value.isNumber()) {
      call.environment.report(Diag::NotConstant, given.range, "a number of `sample`");
      return Poison{};
    }
    numbers[i] = given.value.number();
  }
  Sampling sampling;
  sampling.temperature = numbers[0];
  sampling.topK = int64_t(std::min(numbers[1], 0x1p53)); // 2^63 - 1 as a double would overflow
  sampling.topP = numbers[2];
  sampling.minP = numbers[3];
  sampling.repetitionPenalty = numbers[4];
  call.emitter.pass->sampled = {logits->id, sampling};
  return *logits;
}

static constexpr Builtin generationTable[] = {
    {"next_element", false, 6, 6, nextElement},
};
const std::span<const Builtin> generationFunctions = generationTable;

} // namespace nnc::lang::builtins
