// Examples in memory. Values are kept as compactly as their file had them (bytes stay bytes) and
// are converted when a batch is assembled.
#pragma once

#include "runtime/data/Array.h"
#include "runtime/data/Classes.h"
#include "runtime/model/Description.h"

#include <map>
#include <string>
#include <vector>

namespace nnc::runtime {

/// One field of all examples.
struct FieldData {
  std::string name;
  DType storage = DType::U8; ///< type in memory; a float field stored as U8 means value / 255
  Shape shape;               ///< of one example
  Bytes bytes;
};

struct Dataset {
  std::vector<FieldData> fields;
  int64_t examples = 0;

  const FieldData *field(const std::string &name) const;
};

/// Facts about the training data that the program does not state. They are saved with the weights,
/// so that later files are read in the same way.
struct DataConventions {
  ClassNames classes;
  /// The names of the CSV columns that make up a field, if the files have headers.
  std::map<std::string, std::vector<std::string>> columns;
  /// Of a float field: whether its values were bytes, which stand for value / 255.
  std::map<std::string, bool> bytes;
};

/// The largest value of an integer field: the last class, or what 32 bits hold.
int64_t largestInteger(const DataField &field);

/// Reads one split of a data block; file names are relative to `folder`. The train split sets the
/// conventions, the others keep them; of the names of classes, those that are declared or already
/// known are kept by all. Throws Error, naming file and line, for whatever is wrong with the data.
Dataset readSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions);

/// An array as a field: its first dimension counts the examples, the others agree with the field's
/// shape. Throws Error if they do not, if a number does not fit the field's type, if a class is out
/// of range, if an integer field meets floats, or if bytes meet a field that was trained on other
/// numbers. If `training`, it is noted whether a float field has bytes.
FieldData fieldFromArray(const DataField &field, Array array, DataConventions &conventions,
                         bool training);

} // namespace nnc::runtime
