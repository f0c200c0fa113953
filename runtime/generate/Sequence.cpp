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
  // Before the steps, which overwrite their output.
  bytes.insert(bytes.end(), given, given + steps.elementBytes());
  const int64_t last = size() - 1;
  if (limit && steps.position() == limit) {
    steps.begin();
    for (int64_t number = last - limit / 2; number < last; ++number)
      steps.add(element(number));
  }
  steps.add(element(last));
  if (steps.element().dtype == DType::I32 && steps.elementBytes() == sizeof(int32_t)) {
    int32_t id;
    std::memcpy(&id, element(last), sizeof id);
    ids.push_back(id);
  }
}

int32_t Sequence::addSampled(Sampler &sampler, int64_t sample) {
  const OutputValue &result = steps.result();
  logits.resize(static_cast<size_t>(elementCount(result.shape)));
  convertElements(steps.output(), result.dtype, reinterpret_cast<char *>(logits.data()), DType::F64,
                  static_cast<int64_t>(logits.size()));
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
  // `ids` is empty if the elements are not classes.
  ids.resize(std::min(ids.size(), static_cast<size_t>(size())));
}

} // namespace nnc::runtime
