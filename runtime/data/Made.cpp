// Implements made data: the program writes each example where it belongs.
#include "runtime/data/Made.h"

#include "runtime/support/Error.h"

#include <cmath>

namespace nnc::runtime {

/// Throws Error if a number of an example is not one of the field.
static void check(const DataBlock &block, const DataSplit &split, const DataField &field,
                  const char *data, int64_t example) {
  for (int64_t i = 0; i < elementCount(field.shape); ++i) {
    const double number = loadElement(data, field.dtype, i);
    const bool good = isFloat(field.dtype)
                          ? std::isfinite(number)
                          : number >= static_cast<double>(smallestInteger(field)) &&
                                number <= static_cast<double>(largestInteger(field));
    if (!good)
      fail("data '%s': in example %lld of its %s split, made '%s' is %g%s", block.name.c_str(),
           static_cast<long long>(example), split.name.c_str(), field.name.c_str(), number,
           isFloat(field.dtype) ? ", which is not finite"
                                : text(", but its classes are 0 to %lld",
                                       static_cast<long long>(largestInteger(field)))
                                      .c_str());
  }
}

Dataset makeSplit(const DataBlock &block, const DataSplit &split, const std::string &,
                  DataConventions &) {
  if (!split.make)
    fail("data '%s': this program does not have the function that makes its %s split",
         block.name.c_str(), split.name.c_str());
  Dataset dataset;
  dataset.examples = split.examples;
  std::vector<size_t> bytes;
  for (const DataField &field : block.fields) {
    bytes.push_back(static_cast<size_t>(elementCount(field.shape)) * sizeOf(field.dtype));
    dataset.fields.push_back(FieldData::of(field));
    dataset.fields.back().bytes.resize(static_cast<size_t>(split.examples) * bytes.back());
  }
  std::vector<char *> places(block.fields.size());
  for (int64_t example = 0; example < split.examples; ++example) {
    for (size_t i = 0; i < places.size(); ++i)
      places[i] = dataset.fields[i].bytes.data() + static_cast<size_t>(example) * bytes[i];
    split.make(example, places);
    for (size_t i = 0; i < places.size(); ++i)
      check(block, split, block.fields[i], places[i], example);
  }
  return dataset;
}

} // namespace nnc::runtime
