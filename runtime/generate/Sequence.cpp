// Implements Sequence.
#include "runtime/generate/Sequence.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

void Sequence::begin() {
  bytes.clear();
  ids.clear();
  steps.begin();
}

void Sequence::add(const char *given) {
  // The element may be among those that are there, which may move.
  std::vector<char> added(given, given + steps.elementBytes());
  if (limit && steps.position() == limit) {
    steps.begin();
    for (int64_t number = size() - limit / 2; number < size(); ++number)
      steps.add(element(number));
  }
  steps.add(added.data());
  bytes.insert(bytes.end(), added.begin(), added.end());
  if (steps.element().dtype == DType::I32 && added.size() == sizeof(int32_t)) {
    int32_t id;
    std::memcpy(&id, added.data(), sizeof id);
    ids.push_back(id);
  }
}

int32_t Sequence::addSampled(Sampler &sampler, int64_t sample) {
  const OutputValue &result = steps.result();
  logits.resize(static_cast<size_t>(elementCount(result.shape)));
  for (size_t i = 0; i < logits.size(); ++i)
    logits[i] = loadElement(steps.output(), result.dtype, static_cast<int64_t>(i));
  int32_t id = sampler.choose(logits, ids, sample, size());
  add(reinterpret_cast<const char *>(&id));
  return id;
}

void Sequence::addOutput() {
  const OutputValue &result = steps.result();
  if (!allFinite(steps.output(), result.dtype, elementCount(result.shape)))
    fail("the element at position %lld is not finite", static_cast<long long>(size()));
  add(steps.output());
}

void Sequence::restore(const State &state) {
  steps.restore(state.steps);
  bytes = state.bytes;
  // Of sequences of numbers there are none.
  ids.resize(std::min(ids.size(), static_cast<size_t>(size())));
}

} // namespace nnc::runtime
