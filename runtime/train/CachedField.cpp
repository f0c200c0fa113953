// Implements the cached field.
#include "runtime/train/CachedField.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

void addCachedField(Execution &execution, const Phase &phase, Dataset &dataset) {
  if (phase.cache.empty())
    return;
  const Function &function = *execution.description().function(phase.cache);
  const OutputValue &value = function.values[0];
  FieldData field;
  field.name = cachedField;
  field.storage = value.dtype;
  field.shape.assign(value.shape.begin() + 1, value.shape.end());
  const size_t perExample = static_cast<size_t>(elementCount(field.shape)) * sizeOf(value.dtype);
  field.bytes.resize(static_cast<size_t>(dataset.examples) * perExample);
  BoundFunction bound(execution, function, dataset);
  const Rows rows = inOrder(dataset.examples);
  for (int64_t first = 0; first < dataset.examples; first += bound.batch()) {
    const int64_t count = std::min(bound.batch(), dataset.examples - first);
    bound.run(rows.data() + first, count);
    std::memcpy(field.bytes.data() + static_cast<size_t>(first) * perExample, bound.output(value),
                static_cast<size_t>(count) * perExample);
  }
  std::erase_if(dataset.fields, [](const FieldData &one) { return one.name == cachedField; });
  dataset.fields.push_back(std::move(field));
}

} // namespace nnc::runtime
