// Implements Buckets: compares the lengths of each example with those that each step takes.
#include "runtime/train/Buckets.h"

#include <algorithm>

namespace nnc::runtime {

namespace {

/// A padded field, and the maximum length that a function takes.
struct Limit {
  const FieldData *field;
  int64_t length;
};

std::vector<Limit> limitsOf(const Function &function, const Dataset &dataset) {
  std::vector<Limit> limits;
  for (const InputField &input : function.fields) {
    const FieldData *field = input.kind == InputKind::Field ? dataset.field(input.name) : nullptr;
    if (field && field->padded)
      limits.push_back({field, input.shape[*field->padded + 1]});
  }
  return limits;
}

} // namespace

Buckets::Buckets(Execution &execution, BoundFunction &step, const std::vector<std::string> &symbols,
                 const Dataset &dataset)
    : step(step) {
  if (symbols.empty())
    return;
  std::vector<std::vector<Limit>> limits;
  for (const std::string &symbol : symbols) {
    const Function &function = *execution.description().function(symbol);
    shorter.emplace_back(execution, function, dataset);
    limits.push_back(limitsOf(function, dataset));
  }
  bucketOf.resize(static_cast<size_t>(dataset.examples));
  for (int64_t row = 0; row < dataset.examples; ++row) {
    auto fits = [&](const Limit &limit) { return limit.field->length(row) <= limit.length; };
    size_t bucket = shorter.size();
    while (bucket > 0 && std::ranges::all_of(limits[bucket - 1], fits))
      --bucket;
    bucketOf[static_cast<size_t>(row)] = static_cast<uint8_t>(bucket);
  }
}

BoundFunction &Buckets::forRows(const int64_t *rows, int64_t count) {
  if (!any())
    return step;
  size_t longest = 0;
  for (int64_t i = 0; i < count; ++i)
    longest = std::max<size_t>(longest, bucketOf[static_cast<size_t>(rows[i])]);
  return longest < shorter.size() ? shorter[longest] : step;
}

} // namespace nnc::runtime
