// The generator behind nn.random_uniform, as that operation defines it. Plain integer functions, so
// that a folder, the evaluator, a conversion or a test can all use the same ones.
#pragma once

#include <cstdint>

namespace nnc::nn {

/// The finaliser of splitmix64.
constexpr uint64_t mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// A bijective hash of 32 bits.
constexpr uint32_t triple32(uint32_t x) {
  x = (x ^ (x >> 17)) * 0xED5AD4BBu;
  x = (x ^ (x >> 11)) * 0xAC4C1B51u;
  x = (x ^ (x >> 15)) * 0x31848BABu;
  return x ^ (x >> 14);
}

/// The key of one random operation: computed once per operation, used for every element.
constexpr uint64_t randomKey(uint64_t seed, uint64_t step, uint64_t stream) {
  constexpr uint64_t golden = 0x9E3779B97F4A7C15ull;
  uint64_t key = mix64(seed + golden);
  key = mix64((key ^ step) + golden);
  return mix64((key ^ stream) + golden);
}

/// 32 random bits for the element with row-major index `index`.
constexpr uint32_t randomBits(uint64_t key, uint32_t index) {
  uint32_t h = triple32(index + static_cast<uint32_t>(key));
  return triple32(h ^ static_cast<uint32_t>(key >> 32));
}

/// The uniform number in [0, 1) made from 32 random bits.
constexpr double uniformFromBits(uint32_t bits) { return (bits >> 8) * 0x1p-24; }

} // namespace nnc::nn
