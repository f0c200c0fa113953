// Implements windows over rows: the bytes stay as they are, and examples overlap in them.
#include "runtime/data/Series.h"

#include "runtime/support/Error.h"

#include <cmath>

namespace nnc::runtime {

DataBlock fieldsOfRow(const DataBlock &fields, const std::string &windowField,
                      const DataSplit &split) {
  DataBlock row = fields;
  for (DataField &field : row.fields)
    if (!field.shape.empty() && (field.name == windowField || split.horizon > 1))
      field.shape.erase(field.shape.begin());
  return row;
}

Dataset cutWindows(Dataset rows, const DataBlock &fields, const std::string &windowField,
                   const DataSplit &split, const std::string &origin) {
  const int64_t begin = std::llround(std::floor(split.part.begin * double(rows.examples) + 1e-9)),
                end = std::llround(std::floor(split.part.end * double(rows.examples) + 1e-9));
  bool hasHorizon = false;
  for (const DataField &field : fields.fields)
    hasHorizon |= field.name != windowField;
  const int64_t horizon = hasHorizon ? split.horizon : 0;
  const int64_t examples = end - begin - split.window - horizon + 1;
  if (examples < 1)
    fail("%s: %lld rows are too few for a window of %lld and a horizon of %lld", origin.c_str(),
         static_cast<long long>(end - begin), static_cast<long long>(split.window),
         static_cast<long long>(horizon));
  for (size_t i = 0; i < rows.fields.size(); ++i) {
    FieldData &data = rows.fields[i];
    data.step = elementCount(data.shape);
    data.shape = fields.fields[i].shape;
    const int64_t first = begin + (data.name == windowField ? 0 : split.window);
    const int64_t last = first + examples - 1 + (data.name == windowField ? split.window : horizon);
    const int64_t rowBytes = data.step * static_cast<int64_t>(sizeOf(data.storage));
    data.firstRow = first;
    data.bytes = Bytes(data.bytes.begin() + first * rowBytes, data.bytes.begin() + last * rowBytes);
  }
  rows.examples = examples;
  return rows;
}

} // namespace nnc::runtime
