// Implements StepRows.
#include "runtime/exec/StepRows.h"

#include "runtime/exec/Machine.h"
#include "runtime/support/Error.h"

#include <cstring>

namespace nnc::runtime {

int64_t StepRows::rowsOfCall(const Execution &execution) {
  const Function *function = execution.description().function("nnc_generate_rows");
  return function && execution.model().generateRows ? function->batch : 1;
}

/// A call for all its sequences takes as long as calls for less than half of them one by one.
static int64_t widthFor(const Execution &execution, int64_t rows) {
  const int64_t most = StepRows::rowsOfCall(execution);
  return 2 * rows >= most ? most : 1;
}

StepRows::StepRows(Execution &execution, int64_t rows)
    : execution(execution), width(widthFor(execution, rows)), count(rows),
      code(width > 1 ? execution.model().generateRows : execution.model().generateStep) {
  const Description &description = execution.description();
  const Generation &generation = *description.generation;
  const Function &step =
      *description.function(width > 1 ? "nnc_generate_rows" : "nnc_generate_step");
  const InputField &field = step.fields[0];
  const OutputValue &value = step.values[0];
  const auto rowsOfGroup = static_cast<size_t>(width);
  input = {field.offset,
           static_cast<size_t>(elementCount(field.shape)) * sizeOf(field.dtype) / rowsOfGroup};
  result = {value.offset,
            static_cast<size_t>(elementCount(value.shape)) * sizeOf(value.dtype) / rowsOfGroup};
  for (const CacheTensor &tensor : generation.cache)
    tensors.push_back({tensor.offset, tensor.bytes});

  const auto groupCount = static_cast<size_t>((rows + width - 1) / width);
  const double bytes =
      static_cast<double>(groupCount * rowsOfGroup) * static_cast<double>(generation.cacheBytes);
  if (bytes > static_cast<double>(usableMemory()))
    fail("not enough memory: the caches of %lld sequences take %.1f MB, this machine has %.1f MB",
         static_cast<long long>(rows), bytes / 1e6, static_cast<double>(usableMemory()) / 1e6);
  for (size_t i = 0; i < groupCount; ++i) {
    groups.push_back({AlignedBuffer(rowsOfGroup * generation.cacheBytes),
                      AlignedBuffer(step.inputBytes), AlignedBuffer(step.outputBytes)});
  }
}

void StepRows::load(int64_t row, const BoundSteps &steps) {
  Group &group = groupOf(row);
  for (const Part &tensor : tensors)
    std::memcpy(group.cache.data() + placeOf(tensor, row), steps.state() + tensor.offset,
                tensor.bytes);
  std::memcpy(group.outputs.data() + placeOfRow(result, row), steps.output(), result.bytes);
}

void StepRows::copy(int64_t from, int64_t to) {
  const Group &source = groupOf(from);
  Group &target = groupOf(to);
  for (const Part &tensor : tensors)
    std::memcpy(target.cache.data() + placeOf(tensor, to),
                source.cache.data() + placeOf(tensor, from), tensor.bytes);
  std::memcpy(target.outputs.data() + placeOfRow(result, to), output(from), result.bytes);
}

char *StepRows::element(int64_t row) { return groupOf(row).inputs.data() + placeOfRow(input, row); }

const char *StepRows::output(int64_t row) const {
  return groupOf(row).outputs.data() + placeOfRow(result, row);
}

void StepRows::step(int64_t position) {
  execution.setScalar("position", position);
  for (Group &group : groups)
    execution.step(code, group.inputs.data(), group.outputs.data(), group.cache.data());
}

} // namespace nnc::runtime
