// Implements Sequences.
#include "runtime/generate/Sequences.h"

#include "runtime/generate/Sampler.h"
#include "runtime/support/Error.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

void Sequences::append(int64_t row, const char *given) {
  Sequence &sequence = at(row);
  sequence.bytes.insert(sequence.bytes.end(), given, given + steps.elementBytes());
  if (steps.element().dtype == DType::I32 && steps.elementBytes() == sizeof(int32_t)) {
    int32_t id;
    std::memcpy(&id, given, sizeof id);
    sequence.ids.push_back(id);
  }
}

void Sequences::begin(int64_t row, int64_t example, std::span<const char> prompt) {
  Sequence &sequence = at(row);
  sequence = {example, {}, {}};
  int64_t first = 0;
  position = 0;
  for (size_t begin = 0; begin < prompt.size(); begin += steps.elementBytes()) {
    append(row, prompt.data() + begin);
    if (limit && position == limit) {
      position = limit / 2;
      first = sizeOf(sequence) - 1 - position;
    }
    ++position;
  }
  steps.begin(example);
  steps.add(element(sequence, first), sizeOf(sequence) - first);
  states.load(row, steps);
}

void Sequences::copy(int64_t from, int64_t to) {
  at(to) = at(from);
  states.copy(from, to);
}

void Sequences::step() {
  if (limit && position == limit) {
    position = limit / 2;
    for (int64_t row = 0; row < rows(); ++row) {
      const Sequence &sequence = at(row);
      if (sizeOf(sequence) <= position)
        continue; // of a row that was never begun
      steps.begin(sequence.example);
      steps.add(element(sequence, sizeOf(sequence) - 1 - position), position);
      states.load(row, steps);
    }
  }
  for (int64_t row = 0; row < rows(); ++row)
    if (const Sequence &sequence = at(row); !sequence.bytes.empty())
      std::memcpy(states.element(row), element(sequence, sizeOf(sequence) - 1),
                  steps.elementBytes());
  states.step(position++);
}

const std::vector<double> &Sequences::readLogits(int64_t row) {
  const OutputValue &result = steps.result();
  logits.resize(static_cast<size_t>(elementCount(result.shape)));
  convertElements(states.output(row), result.dtype, reinterpret_cast<char *>(logits.data()),
                  DType::F64, static_cast<int64_t>(logits.size()));
  return logits;
}

int32_t Sequences::appendSampled(int64_t row, Sampler &sampler, int64_t sample) {
  const Sequence &sequence = at(row);
  int32_t id = sampler.choose(readLogits(row), sequence.ids, sample, sizeOf(sequence));
  append(row, reinterpret_cast<const char *>(&id));
  return id;
}

void Sequences::appendOutput(int64_t row) {
  const OutputValue &result = steps.result();
  if (!allFinite(states.output(row), result.dtype, elementCount(result.shape)))
    fail("the element at position %lld is not finite", static_cast<long long>(sizeOf(at(row))));
  append(row, states.output(row));
}

} // namespace nnc::runtime
