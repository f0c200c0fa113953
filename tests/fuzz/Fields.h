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

/// Reads an array into fields of several types and shapes.
inline void useAsFields(const runtime::Array &array) {
  using namespace runtime;
  touch(array.bytes.data(), array.bytes.size());
  const DataField fields[] = {{"x", DType::F32, {2, 2}, 0, {}},
                              {"y", DType::F64, {}, 0, {}},
                              {"n", DType::I32, {2}, 0, {}},
                              {"kind", DType::I32, {}, 3, {}}};
  for (const DataField &field : fields) {
    callReader(array.origin, [&] {
      DataConventions conventions;
      FieldData data = fieldFromArray(field, array, conventions, true);
      checkField(field, data, array.shape[0]);
    });
  }
}

} // namespace nnc::fuzz
