// A hash of words and bytes that tells versions of data and programs apart. It withstands accidents, not attacks.
#pragma once

#include "runtime/support/Error.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace nnc::runtime {

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
  /// 16 hexadecimal digits.
  std::string text() const {
    return runtime::text("%016llx", static_cast<unsigned long long>(value));
  }

private:
  uint64_t value = 0x243f6a8885a308d3u;
};

} // namespace nnc::runtime
