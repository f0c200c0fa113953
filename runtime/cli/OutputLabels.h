// The names of the values of fields, and the labels that the positions of an output have in pictures.
#pragma once

#include "runtime/data/Classes.h"
#include "runtime/data/Dataset.h"
#include "runtime/model/Description.h"

#include <optional>
#include <string>
#include <vector>

namespace nnc::runtime {

/// The names of the values of a field: pieces of its texts or names of its classes. Empty if they
/// have none.
std::vector<std::string> valueNames(const DataField &field, const ClassNames &classes);

/// The name of one value, else its number.
std::string valueName(const DataField &field, const ClassNames &classes, int64_t number);

/// The labels of a dimension of an output in an example: the elements of the input that the dimension
/// counts. Nothing if no input fits. `shape` is the output's of one example.
std::optional<std::vector<std::string>> labelsOf(const OutputValue &output, const Shape &shape,
                                                 size_t dimension, const DataBlock &inputs,
                                                 const Dataset &dataset, const ClassNames &classes,
                                                 int64_t row);

} // namespace nnc::runtime
