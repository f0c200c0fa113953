// Implements the search for an output that says classes.
#include "runtime/cli/Classification.h"

#include <algorithm>

namespace nnc::runtime {

double Classification::score(const BoundFunction &bound, int64_t example, int64_t number) const {
  return loadElement(bound.output(*output), output->dtype, example * field->classes + number);
}

int64_t Classification::predicted(const BoundFunction &bound, int64_t example) const {
  if (!hasScores())
    return static_cast<int64_t>(loadElement(bound.output(*output), output->dtype, example));
  int64_t best = 0;
  for (int64_t i = 1; i < field->classes; ++i)
    if (score(bound, example, i) > score(bound, example, best))
      best = i;
  return best;
}

int64_t classOf(const Dataset &dataset, const DataField &field, int64_t row) {
  const FieldData &data = *dataset.field(field.name);
  return static_cast<int64_t>(loadElement(data.data(row), data.storage, 0));
}

/// The field whose class an output says. Numbers name their field, or are called as it; scores that do not are those of the
/// only field with as many classes. Returns null if no field fits.
static const DataField *fieldOf(const OutputValue &output, const Function &function,
                                const DataBlock &block) {
  const bool scores = isFloat(output.dtype);
  if (!output.batched || output.shape.size() != (scores ? 2u : 1u))
    return nullptr;
  const DataField *found = nullptr;
  for (const DataField &field : block.fields) {
    const bool isInput = std::ranges::any_of(
        function.fields, [&](const InputField &input) { return input.name == field.name; });
    if (isInput || field.classes < 2 || !field.shape.empty() ||
        (scores && field.classes != output.shape[1]))
      continue;
    // `int(score > 0)` has no number of classes, but says by its name what it predicts.
    if (field.name == output.field ||
        (output.field.empty() && !scores && field.name == output.name))
      return &field;
    if (!scores || !output.field.empty())
      continue;
    if (found)
      return nullptr;
    found = &field;
  }
  return found;
}

Classification findClassification(const Description &description, const DataBlock &block,
                                  const Dataset &dataset, bool prefersScores, int64_t mostClasses) {
  Classification other;
  for (const Function *function : description.predictions()) {
    const bool lacksInput = std::ranges::any_of(function->fields, [&](const InputField &field) {
      return field.kind == InputKind::Field && !dataset.field(field.name);
    });
    if (lacksInput)
      continue;
    for (const OutputValue *output : function->valuesOf(OutputKind::Prediction)) {
      const DataField *field = fieldOf(*output, *function, block);
      if (!field || field->classes > mostClasses || !dataset.field(field->name))
        continue;
      if (isFloat(output->dtype) == prefersScores)
        return {function, output, field};
      if (!other.function)
        other = {function, output, field};
    }
  }
  return other;
}

} // namespace nnc::runtime
