// Implements hashOf(): names, shapes, types and bytes of all fields.
#include "runtime/data/DataHash.h"

#include "runtime/support/Error.h"

#include <cstring>
#include <string_view>

namespace nnc::runtime {

namespace {

/// Eight bytes at a time, each mixed in by a product of 128 bits whose halves are combined.
class Hash {
public:
  void add(uint64_t word) {
    unsigned __int128 product =
        static_cast<unsigned __int128>(value ^ word) * 0x9e3779b97f4a7c15u + word;
    value = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  void add(std::string_view bytes) {
    add(uint64_t{bytes.size()});
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
      uint64_t word;
      std::memcpy(&word, bytes.data(), 8);
      add(word);
    }
    uint64_t rest = 0;
    std::memcpy(&rest, bytes.data(), bytes.size());
    add(rest);
  }
  uint64_t result() const { return value; }

private:
  uint64_t value = 0x243f6a8885a308d3u;
};

} // namespace

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
  return text("%016llx", static_cast<unsigned long long>(hash.result()));
}

} // namespace nnc::runtime
