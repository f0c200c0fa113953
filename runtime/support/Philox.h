// Philox4x32-10, the counter-based random generator of Salmon, Moraes, Dror and Shaw (2011): a pure
// function of key and counter, so that what is drawn depends on nothing but the seed and what is
// drawn for.
#pragma once

#include <array>
#include <cstdint>

namespace nnc::runtime {

using PhiloxBlock = std::array<uint32_t, 4>;

/// Four independent uniform 32-bit words.
inline PhiloxBlock philox(PhiloxBlock counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t product0 = uint64_t(0xD2511F53) * counter[0];
    uint64_t product1 = uint64_t(0xCD9E8D57) * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// The purposes for which the runtime draws random numbers; each has its own stream.
enum class RandomStream : uint32_t {
  Shuffle = 0x73680000,
  Split,
  MadeData,
  Window,
  DrawnData,
  Sample,
  Buckets,
  Draw,
  Bootstrap,
  Tune,
  Blocks,
  Landscape
};

/// A uniform 64-bit word: number `index` of instance `instance` (e.g. an epoch) of a stream.
inline uint64_t randomWord(uint64_t seed, RandomStream stream, uint32_t instance, uint64_t index) {
  PhiloxBlock block = philox({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                              instance, static_cast<uint32_t>(stream)},
                             {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  return uint64_t(block[1]) << 32 | block[0];
}

} // namespace nnc::runtime
