// The fields of a data block out of the cells of CSV files.
#pragma once

#include "runtime/data/CsvColumns.h"

#include <functional>
#include <string>
#include <vector>

namespace nnc::runtime {

class CsvFields {
public:
  CsvFields(const DataBlock &block, DataConventions &conventions, bool training);
  CsvFields(const CsvFields &) = delete;
  ~CsvFields();

  /// Appends the rows of a file; `select` is given its first one. Throws Error, naming file and
  /// line, if a cell is not a value of its field.
  void add(CsvReader reader,
           const std::function<ColumnSelection(const CsvReader &firstRow)> &select);

  /// Numbers the classes (see readSplit) and hands out the fields.
  Dataset finish();

private:
  struct Builder;

  const DataBlock &block;
  DataConventions &conventions;
  bool training;
  std::vector<Builder> builders;
  int64_t examples = 0;
};

/// Reads the fields of `block` from the files of a CSV split; see readSplit.
Dataset readCsvSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     DataConventions &conventions);

} // namespace nnc::runtime
