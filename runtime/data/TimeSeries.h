// Time series in text, as the archive of UEA and UCR has them (.ts): lines of numbers, one example
// each.
#pragma once

#include "runtime/data/Dataset.h"

#include <string_view>

namespace nnc::runtime {

/// Whether a text has the line `@data` that ends the header of such a file.
bool isTimeSeries(std::string_view content);

/// Reads the examples of all files of a split: their series into a float field of [time] or [time,
/// channels], padded or not, and what stands behind the last colon, if the files have it, into a
/// class or a single float. Classes without declared names have those of the header, in its order.
/// Throws Error, naming file and line, for whatever does not fit the fields.
Dataset readTimeSeriesSplit(const DataBlock &block, const DataSplit &split,
                            const std::string &folder, DataConventions &conventions);

} // namespace nnc::runtime
