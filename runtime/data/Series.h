// Windows over a series: the rows of a CSV file are times, an example is a range of consecutive
// rows.
#pragma once

#include "runtime/data/Dataset.h"

namespace nnc::runtime {

/// The fields of one row: without the dimension of time that `split` gives the first field of the
/// block, the window, and, where the horizon has more than one row, the others.
DataBlock fieldsOfRow(const DataBlock &fields, const std::string &windowField,
                      const DataSplit &split);

/// Examples of rows that were read by the fields of one row: the window, and the rows of the
/// horizon after it if `fields` has any. Only rows of the split's part are taken, so that no
/// example reaches into another part. Throws Error, which begins with `origin`, if the part has too
/// few rows.
Dataset cutWindows(Dataset rows, const DataBlock &fields, const std::string &windowField,
                   const DataSplit &split, const std::string &origin);

} // namespace nnc::runtime
