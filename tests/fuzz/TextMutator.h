// Mutations of text that keep most of it meaningful: words and numbers for others, in one place or
// in all, lines dropped, repeated, swapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nnc::fuzz {

/// The words of a text, between spaces and line ends.
std::vector<std::string> splitWords(const std::string &text);

/// As libFuzzer's custom mutators: changes the text in `data`, of at most `maximum` bytes, and
/// returns its new size. `vocabulary` are words that may turn up anywhere.
size_t mutateText(uint8_t *data, size_t size, size_t maximum, unsigned seed,
                  const std::vector<std::string> &vocabulary);

} // namespace nnc::fuzz
