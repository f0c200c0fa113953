// The fields of a data block out of the cells of CSV files.
#pragma once

#include "runtime/data/CsvColumns.h"

#include <functional>
#include <string>
#include <vector>

namespace nnc::runtime {

/// A cell of a field with transforms, before these.
struct RawCell {
  bool missing = false;
  double number = 0; ///< of a field of numbers; nan if it is missing
};

/// Reads such a cell, as the reader of `split` (may be null) marks missing values; std::nullopt if it
/// is not a value of the field.
std::optional<RawCell> readRawCell(const DataField &field, const DataSplit *split,
                                   std::string_view cell);

/// A field without examples that stores raw values, if it has transforms.
FieldData rawField(const DataField &field);

/// The purpose for which a table is read.
enum class CsvPurpose {
  Training, ///< conventions are set
  Split,
  Prediction ///< each row is to have a result, so that none is left out
};

/// Says how a file with this first row is read.
using SelectColumns = std::function<ColumnSelection(const CsvReader &firstRow)>;

class CsvFields {
public:
  CsvFields(const DataBlock &block, DataConventions &conventions, CsvPurpose purpose,
            const DataSplit *split);
  CsvFields(const CsvFields &) = delete;
  ~CsvFields();

  /// Appends the rows of a file; `select` is given its first one. Throws Error, naming file and
  /// line, if a cell is not a value of its field. With a bound of memory, in bytes, the fields that
  /// finish() hands out are in temporary files.
  void add(const std::string &path, const SelectColumns &select, int64_t memory = 0);

  /// Numbers the classes (see readSplit) and hands out the fields. Those with transforms are as
  /// finishFields() takes them.
  Dataset finish();

private:
  struct Builder;

  /// How the rows of the file at hand are read.
  struct Table {
    CsvColumns columns;
    std::optional<size_t> filter; ///< the place of the column by which rows are chosen
    size_t width = 0;
    bool guessed = false; ///< the first line, which was not taken for a header, may be meant as one
  };
  /// Reads the header or, in a file without one, the values of the first row. False if the file is empty.
  bool begin(CsvReader &reader, const SelectColumns &select);
  void readRows(CsvReader &reader);
  void readRow(const CsvReader &reader);

  std::optional<size_t> findFilter(const CsvReader &firstRow,
                                   const ColumnSelection &selection) const;
  /// Whether the row is left out because a value is missing.
  bool isDropped(const CsvReader &reader, const CsvColumns &columns) const;

  const DataBlock &block;
  DataConventions &conventions;
  CsvPurpose purpose;
  const DataSplit *split; ///< how cells are read; may be null
  std::vector<Builder> builders;
  int64_t examples = 0, dropped = 0;
  bool keepsPlaces = false, drops = false;
  RowPlaces places;
  Table table;
};

/// Reads the fields of `block` from the files of a CSV split; see readSplit.
Dataset readCsvSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     DataConventions &conventions);

} // namespace nnc::runtime
