// Which columns of a CSV file are which field: of a split of the data, and of examples to predict,
// which are laid out as the training data.
#pragma once

#include "runtime/data/Csv.h"
#include "runtime/data/Dataset.h"

#include <map>
#include <string>
#include <vector>

namespace nnc::runtime {

using ColumnsByField = std::map<std::string, std::vector<Column>>;

/// How a file with a certain first row is read.
struct ColumnSelection {
  bool header = false;
  bool stated = true; ///< else `header` is a guess from the first row
  /// By name or number. Empty: the fields have all columns, from left to right.
  ColumnsByField columns;
};

ColumnSelection selectForSplit(const CsvReader &firstRow, const DataBlock &block,
                               const DataSplit &split, const DataConventions &conventions);
/// `block` (may be null) is the data of the training; `fields` are the inputs.
ColumnSelection selectForPrediction(const CsvReader &firstRow, const DataBlock &fields,
                                    const DataBlock *block, const DataConventions &conventions);

/// The columns of one file.
struct CsvColumns {
  std::vector<std::string> names; ///< empty without a header
  /// For each field of the block, one column per element.
  std::vector<std::vector<size_t>> ofField;
};

/// Finds the selected columns. Names of columns that are selected by their place are those that
/// they have in the training data; if `training`, they are noted. Throws Error.
CsvColumns findColumns(const CsvReader &firstRow, const DataBlock &fields,
                       const ColumnSelection &selection, DataConventions &conventions,
                       bool training);

/// The place of one column. Throws Error if there is none.
size_t findColumn(const CsvReader &firstRow, bool header, const Column &column);

} // namespace nnc::runtime
