// Reads arrays into fields of several types and shapes, and checks the results.
#pragma once

#include "tests/fuzz/Support.h"

#include "runtime/data/Dataset.h"

#include <cmath>

namespace nnc::fuzz {

/// The examples are there, and classes are in range.
inline void checkField(const runtime::DataField &field, const runtime::FieldData &data,
                       int64_t examples) {
  using namespace runtime;
  int64_t count = examples * elementCount(field.shape);
  require(data.bytes.size() == static_cast<size_t>(count) * sizeOf(data.storage),
          "a field has not as many elements as the examples");
  for (int64_t i = 0; i < count; ++i) {
    double value = loadElement(data.bytes.data(), data.storage, i);
    require(field.classes == 0 || (value >= 0 && value < static_cast<double>(field.classes)),
            "a class is out of range");
  }
}

inline const runtime::DataField fields[] = {{"x", runtime::DType::F32, {2, 2}, 0, {}},
                                            {"y", runtime::DType::F64, {}, 0, {}},
                                            {"n", runtime::DType::I32, {2}, 0, {}},
                                            {"kind", runtime::DType::I32, {}, 3, {}}};

/// Takes an array that is in a file for data larger than memory, as several fields.
inline void useInFile(const std::string &path, const runtime::ArrayLayout &layout) {
  using namespace runtime;
  for (const DataField &field : fields) {
    callReader(path, [&] {
      DataConventions conventions;
      const FieldData data = fieldFromFile(field, path, layout, conventions, true);
      touch(data.data(0), static_cast<size_t>(data.data(layout.shape[0]) - data.data(0)));
    });
  }
}

/// Reads an array into fields of several types and shapes.
inline void useAsFields(const runtime::Array &array) {
  using namespace runtime;
  touch(array.bytes.data(), array.bytes.size());
  for (const DataField &field : fields) {
    callReader(array.origin, [&] {
      DataConventions conventions;
      FieldData data = fieldFromArray(field, array, conventions, true);
      checkField(field, data, array.shape[0]);
    });
  }
}

} // namespace nnc::fuzz
