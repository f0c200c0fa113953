// Windows over a series: the rows of a CSV file are times, an example is some of them that follow
// each other.
#pragma once

#include "runtime/data/Dataset.h"

namespace nnc::runtime {

/// The fields of one row: without the dimension of time that `split` gives the first field of the
/// block, the window, and, where the horizon has more than one row, the others.
DataBlock fieldsOfRow(const DataBlock &fields, const std::string &windowField,
                      const DataSplit &split);

/// The examples of rows that were read with the fields of one: the window, and behind it the rows of
/// the horizon, if `fields` have any. Only rows of the split's part are taken, so that no example
/// reaches into another part. Throws Error, which begins with `origin`, if they are too few.
Dataset cutWindows(Dataset rows, const DataBlock &fields, const std::string &windowField,
                   const DataSplit &split, const std::string &origin);

} // namespace nnc::runtime
