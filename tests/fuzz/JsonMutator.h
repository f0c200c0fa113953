// Structural mutation of JSON texts and of safetensors files, whose header is one.
#pragma once

#include "runtime/support/Json.h"

#include <cstddef>
#include <cstdint>
#include <random>

namespace nnc::fuzz {

using Random = std::minstd_rand;

/// Changes one place: a value, a member's name, the number or the order of members or elements. In
/// a text that is JSON itself, as in metadata, a place of that may be changed.
void mutate(runtime::Json &json, Random &random);

/// Custom mutators in the sense of libFuzzer. Now and then, and where the input is not what they
/// expect, they change bytes.
size_t mutateJson(uint8_t *data, size_t size, size_t maxSize, unsigned seed);
/// Changes the header and corrects its length, or changes the data.
size_t mutateSafetensors(uint8_t *data, size_t size, size_t maxSize, unsigned seed);

} // namespace nnc::fuzz
