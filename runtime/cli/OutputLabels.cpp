// Implements the labels of outputs.
#include "runtime/cli/OutputLabels.h"

#include "runtime/text/Utf8.h"

namespace nnc::runtime {

std::vector<std::string> valueNames(const DataField &field, const ClassNames &classes) {
  std::vector<std::string> names = field.classNames;
  if (field.tokenizer)
    for (int32_t id = 0; id < field.tokenizer->size(); ++id)
      names.push_back(text::replaceInvalid(field.tokenizer->piece(id)));
  else if (auto found = classes.find(field.name); names.empty() && found != classes.end())
    names = found->second;
  return names;
}

static std::string nameAt(const std::vector<std::string> &names, int64_t number) {
  return number >= 0 && number < std::ssize(names) ? names[static_cast<size_t>(number)]
                                                   : std::to_string(number);
}

std::string valueName(const DataField &field, const ClassNames &classes, int64_t number) {
  return nameAt(valueNames(field, classes), number);
}

/// Finds the input whose elements a dimension of an output counts: the one that its length follows,
/// or the first whose texts or classes are as many, or one more, since the last one of a text is
/// often left out. Returns null if no input fits.
static const DataField *countedField(const OutputValue &output, const Shape &shape,
                                     size_t dimension, const DataBlock &inputs) {
  if (auto found = output.fields.find(dimension); found != output.fields.end())
    return inputs.field(found->second);
  for (int64_t more : {0, 1})
    for (const DataField &field : inputs.fields)
      if (field.classes > 0 && field.shape.size() == 1 && field.shape[0] == shape[dimension] + more)
        return &field;
  return nullptr;
}

std::optional<std::vector<std::string>> labelsOf(const OutputValue &output, const Shape &shape,
                                                 size_t dimension, const DataBlock &inputs,
                                                 const Dataset &dataset, const ClassNames &classes,
                                                 int64_t row) {
  const DataField *field = countedField(output, shape, dimension, inputs);
  const FieldData *data = field ? dataset.field(field->name) : nullptr;
  if (!data || data->shape.size() != 1 || isFloat(field->dtype))
    return std::nullopt;
  const std::vector<std::string> names = valueNames(*field, classes);
  std::vector<std::string> labels;
  for (int64_t position = 0; position < data->elements(row); ++position)
    labels.push_back(
        nameAt(names, static_cast<int64_t>(loadElement(data->data(row), data->storage, position))));
  return labels;
}

} // namespace nnc::runtime
