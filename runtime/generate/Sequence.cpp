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

void Sequence::append(const char *given) {
  bytes.insert(bytes.end(), given, given + steps.elementBytes());
  if (steps.element().dtype == DType::I32 && steps.elementBytes() == sizeof(int32_t)) {
    int32_t id;
    std::memcpy(&id, element(size() - 1), sizeof id);
    ids.push_back(id);
  }
}

void Sequence::add(const char *given) {
  append(given); // before the steps, which overwrite their output
  const int64_t last = size() - 1;
  if (limit && steps.position() == limit) {
    steps.begin();
    steps.add(element(last - limit / 2), limit / 2);
  }
  steps.add(element(last));
}

void Sequence::addPrompt(std::span<const char> elements) {
  int64_t position = steps.position(), first = size();
  for (size_t at = 0; at < elements.size(); at += steps.elementBytes()) {
    append(elements.data() + at);
    if (limit && position == limit) {
      position = limit / 2;
      first = size() - 1 - position;
      steps.begin();
    }
    ++position;
  }
  steps.add(element(first), size() - first);
}

const std::vector<double> &Sequence::readLogits() {
  const OutputValue &result = steps.result();
  logits.resize(static_cast<size_t>(elementCount(result.shape)));
  convertElements(steps.output(), result.dtype, reinterpret_cast<char *>(logits.data()), DType::F64,
                  static_cast<int64_t>(logits.size()));
  return logits;
}

int32_t Sequence::addSampled(Sampler &sampler, int64_t sample) {
  int32_t id = sampler.choose(readLogits(), ids, sample, size());
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
  ids = state.ids;
}

void Sequence::exchange(State &state) {
  steps.exchange(state.steps);
  bytes.swap(state.bytes);
  ids.swap(state.ids);
}

} // namespace nnc::runtime
