// Implements drawn examples by counter-based random numbers: each split is an instance.
#include "runtime/data/Random.h"

#include "runtime/support/Error.h"
#include "runtime/support/Philox.h"

#include <cstring>

namespace nnc::runtime {

/// A number of the field's type from a random word.
static void store(const DataField &field, uint64_t word, char *place) {
  if (field.classes > 0) {
    auto number = static_cast<int32_t>((word >> 32) * static_cast<uint64_t>(field.classes) >> 32);
    std::memcpy(place, &number, sizeof number);
  } else if (field.dtype == DType::F32) {
    float number = static_cast<float>(word >> 40) * 0x1p-24f;
    std::memcpy(place, &number, sizeof number);
  } else {
    double number = static_cast<double>(word >> 11) * 0x1p-53;
    std::memcpy(place, &number, sizeof number);
  }
}

Dataset drawSplit(const DataBlock &block, const DataSplit &split, const std::string &,
                  DataConventions &) {
  Dataset dataset;
  dataset.examples = split.examples;
  uint32_t instance = split.name == "train" ? 0 : split.name == "test" ? 1 : 2;
  for (size_t number = 0; number < block.fields.size(); ++number) {
    const DataField &field = block.fields[number];
    if (field.classes == 0 && !isFloat(field.dtype))
      fail("data '%s': random(...) draws floats and classes, and field '%s' is neither",
           block.name.c_str(), field.name.c_str());
    FieldData &drawn = dataset.fields.emplace_back(FieldData::of(field));
    int64_t count = split.examples * elementCount(field.shape);
    drawn.bytes.resize(static_cast<size_t>(count) * sizeOf(field.dtype));
    for (int64_t i = 0; i < count; ++i)
      store(field, randomWord(number, RandomStream::DrawnData, instance, static_cast<uint64_t>(i)),
            drawn.bytes.data() + static_cast<size_t>(i) * sizeOf(field.dtype));
  }
  return dataset;
}

} // namespace nnc::runtime
