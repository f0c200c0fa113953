// Implements the look-ups of a description.
#include "runtime/model/Description.h"

#include <algorithm>

namespace nnc::runtime {

const Transform *DataField::transform(Transform::Kind kind) const {
  for (const Transform &one : transforms)
    if (one.kind == kind)
      return &one;
  return nullptr;
}

const OutputValue *Function::loss() const {
  for (const OutputValue &value : values)
    if (value.kind == OutputKind::Loss)
      return &value;
  return nullptr;
}

const OutputValue *Function::learningRate() const {
  for (const OutputValue &value : values)
    if (value.kind == OutputKind::LearningRate)
      return &value;
  return nullptr;
}

size_t Function::savedBytes() const {
  size_t bytes = 0;
  for (const SavedBuffer &buffer : saved)
    bytes += buffer.bytes;
  return bytes;
}

std::vector<const OutputValue *> Function::valuesOf(OutputKind kind) const {
  std::vector<const OutputValue *> result;
  for (const OutputValue &value : values)
    if (value.kind == kind)
      result.push_back(&value);
  return result;
}

const OutputValue *Function::value(OutputKind kind, const std::string &valueName) const {
  for (const OutputValue &value : values)
    if (value.kind == kind && value.name == valueName)
      return &value;
  return nullptr;
}

Shape DataField::shapeOf(int64_t length) const {
  Shape result = shape;
  if (padded)
    result[*padded] = length;
  return result;
}

const DataField *DataBlock::field(const std::string &fieldName) const {
  for (const DataField &field : fields)
    if (field.name == fieldName)
      return &field;
  return nullptr;
}

const DataSplit *DataBlock::split(const std::string &splitName) const {
  for (const DataSplit &split : splits)
    if (split.name == splitName)
      return &split;
  return nullptr;
}

const PersistentTensor *Description::tensor(const std::string &tensorName) const {
  for (const PersistentTensor &tensor : tensors)
    if (tensor.name == tensorName)
      return &tensor;
  return nullptr;
}

const Function *Description::function(std::string_view symbol) const {
  for (const Function &function : functions)
    if (function.symbol == symbol)
      return &function;
  return nullptr;
}

const Scalar *Description::scalar(std::string_view name) const {
  for (const Scalar &scalar : scalars)
    if (scalar.name == name)
      return &scalar;
  return nullptr;
}

std::vector<const Function *> Description::predictions() const {
  std::vector<const Function *> result;
  for (const Function &function : functions)
    if (!function.block.empty())
      result.push_back(&function);
  return result;
}

const Recipe *Description::recipe(std::string_view name) const {
  for (const Recipe &recipe : recipes)
    if (recipe.name == name)
      return &recipe;
  return nullptr;
}

const Function *Description::sampleOf(const Function &prediction) const {
  return function("nnc_sample" + prediction.symbol.substr(std::string("nnc_predict").size()));
}

const DataBlock *Description::block(const std::string &name) const {
  for (const DataBlock &block : data)
    if (block.name == name)
      return &block;
  return nullptr;
}

int64_t Description::parameterCount() const {
  int64_t count = 0;
  for (const PersistentTensor &tensor : tensors)
    if (tensor.kind == TensorKind::Parameter)
      count += tensor.count();
  return count;
}

size_t Description::parameterBytes() const {
  size_t bytes = 0;
  for (const PersistentTensor &tensor : tensors)
    if (tensor.kind == TensorKind::Parameter)
      bytes += tensor.bytes();
  return bytes;
}

} // namespace nnc::runtime
