// Time series in the text format of the UEA and UCR archive (.ts): one example in each line.
#pragma once

#include "runtime/data/Dataset.h"

#include <string_view>

namespace nnc::runtime {

/// Whether a text has the line `@data` that ends the header of such a file.
bool isTimeSeries(std::string_view content);

/// Reads the examples of all files of a split: their series into a float field of [time] or [time,
/// channels], padded or not, and the class or target behind the last colon, if the files have one,
/// into a class or a scalar float. Classes without declared names have those of the header, in its
/// order. Throws Error, naming file and line, if the files do not fit the fields.
Dataset readTimeSeriesSplit(const DataBlock &block, const DataSplit &split,
                            const std::string &folder, DataConventions &conventions);

} // namespace nnc::runtime
