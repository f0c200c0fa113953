// CIFAR-10 in its binary version: records of a label byte and a colour image, one plane per colour.
#pragma once

#include "runtime/data/Dataset.h"

#include <string>
#include <string_view>

namespace nnc::runtime {

/// Whether a file consists of whole records, each with a label below 10.
bool isCifar(std::string_view content);

/// Reads the records of all files of a split into the block's two fields: a float [32, 32, 3]
/// (channels last) for the image, a class for the label. Throws Error if the fields are others, if
/// a file does not consist of whole records, or if a label is out of range.
Dataset readCifarSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                       DataConventions &conventions);

} // namespace nnc::runtime
