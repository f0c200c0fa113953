// Implements hashOf(): names, shapes, types and bytes of all fields.
#include "runtime/data/DataHash.h"

#include "runtime/support/Hash.h"

#include <string_view>

namespace nnc::runtime {

std::string hashOf(const Dataset &dataset) {
  Hash hash;
  hash.add(static_cast<uint64_t>(dataset.examples));
  for (const FieldData &field : dataset.fields) {
    hash.add(field.name);
    hash.add(nameOf(field.storage));
    for (int64_t size : field.shape)
      hash.add(static_cast<uint64_t>(size));
    if (field.step)
      hash.add(static_cast<uint64_t>(field.step));
    for (int64_t start : field.starts)
      hash.add(static_cast<uint64_t>(start));
    hash.add(std::string_view(field.bytes.data(), field.bytes.size()));
  }
  return hash.text();
}

} // namespace nnc::runtime
