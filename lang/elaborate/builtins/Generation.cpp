// The builtin behind `sample`, `greedy` and `beam`: it marks the logits that choose the next
// element.
#include "lang/elaborate/builtins/Builtins.h"

#include <algorithm>
#include <iterator>

namespace nnc::lang::builtins {

/// `next_element(logits, temperature, top_k, top_p, min_p, repetition_penalty, width,
/// length_penalty)`: the logits.
static Entity nextElement(const BuiltinCall &call) {
  std::optional<Tensor> logits =
      call.emitter.tensor(call.inputs[0].value, Element::Float, "sample", call.inputs[0].range);
  if (!logits)
    return Poison{};
  if (!call.emitter.pass->generates) {
    call.environment.report(Diag::SampleOutside, call.range);
    return Poison{};
  }
  double numbers[7];
  for (size_t i = 0; i < std::size(numbers); ++i) {
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
  sampling.width = int64_t(std::min(numbers[5], 0x1p53));
  sampling.lengthPenalty = numbers[6];
  call.emitter.pass->sampled = {logits->id, sampling};
  return *logits;
}

static constexpr Builtin generationTable[] = {
    {"next_element", false, 8, 8, nextElement},
};
const std::span<const Builtin> generationFunctions = generationTable;

} // namespace nnc::lang::builtins
