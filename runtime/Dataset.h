// Examples in memory. Values are kept as compactly as their file had them (bytes stay bytes) and
// are converted when a batch is assembled.
#pragma once

#include "runtime/Array.h"
#include "runtime/Description.h"

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

/// Names of the classes in the order of their numbers, by class field. Fields whose classes are
/// only numbers have no entry.
using ClassNames = std::map<std::string, std::vector<std::string>>;

/// Reads one split of a data block; file names are relative to `folder`. Class names that are
/// declared or already in `classes` are used; names found in the data otherwise are added to
/// `classes`. Throws Error, naming file and line, for whatever is wrong with the data.
Dataset readSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  ClassNames &classes);

/// An array as a field: its first dimension counts the examples, the others must hold as many
/// elements as the field has. Throws Error if they do not, if a class is out of range, or if an
/// integer field meets floats.
FieldData fieldFromArray(const DataField &field, Array array);

} // namespace nnc::runtime
