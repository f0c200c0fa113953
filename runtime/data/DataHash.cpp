// Implements hashOf(): names, shapes, types and bytes of all fields.
#include "runtime/data/DataHash.h"

#include "runtime/support/Hash.h"

#include <cstring>
#include <string_view>

namespace nnc::runtime {

/// As Hash::add() of all examples, within the bound of memory.
static void addFile(Hash &hash, const FieldData &field, int64_t examples) {
  const char *data = field.data(0), *end = field.data(examples);
  hash.add(static_cast<uint64_t>(end - data));
  uint64_t word = 0;
  constexpr size_t part = 1 << 20;
  for (size_t read = 0; end - data >= 8; data += 8, read += 8) {
    std::memcpy(&word, data, 8);
    hash.add(word);
    if (read % part == 0)
      MappedFile::keepBound();
  }
  word = 0;
  std::memcpy(&word, data, static_cast<size_t>(end - data));
  hash.add(word);
}

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
    if (field.file)
      addFile(hash, field, dataset.examples);
    else
      hash.add(std::string_view(field.bytes.data(), field.bytes.size()));
  }
  return hash.text();
}

} // namespace nnc::runtime
