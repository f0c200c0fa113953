// Implements Buckets: compares the lengths of each example with those that each step takes.
#include "runtime/train/Buckets.h"

#include <algorithm>

namespace nnc::runtime {

/// Whether no padded field of the example is longer than the function's input.
static bool takes(const Function &function, const Dataset &dataset, int64_t row) {
  for (const InputField &input : function.fields) {
    const FieldData *field = input.kind == InputKind::Field ? dataset.field(input.name) : nullptr;
    if (field && field->padded && field->length(row) > input.shape[*field->padded + 1])
      return false;
  }
  return true;
}

Buckets::Buckets(Execution &execution, BoundFunction &step, const Dataset &dataset) : step(step) {
  nnc_function *const *code = execution.model().buckets;
  std::vector<const Function *> functions = execution.description().buckets();
  if (!code || functions.empty())
    return;
  for (size_t i = 0; i < functions.size(); ++i)
    shorter.emplace_back(execution, *functions[i], code[i], dataset);
  bucketOf.resize(static_cast<size_t>(dataset.examples), static_cast<uint8_t>(shorter.size()));
  for (int64_t row = 0; row < dataset.examples; ++row)
    for (size_t i = shorter.size(); i-- > 0 && takes(*functions[i], dataset, row);)
      bucketOf[static_cast<size_t>(row)] = static_cast<uint8_t>(i);
}

BoundFunction &Buckets::forRows(const int64_t *rows, int64_t count) {
  size_t longest = 0;
  for (int64_t i = 0; i < count && any(); ++i)
    longest = std::max<size_t>(longest, bucketOf[static_cast<size_t>(rows[i])]);
  return longest < shorter.size() ? shorter[longest] : step;
}

} // namespace nnc::runtime
