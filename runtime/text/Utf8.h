// UTF-8: well-formed characters, code points, and places for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nnc::text {

/// A code point and the bytes that it takes; 0 bytes where no well-formed character begins.
struct Character {
  char32_t code = 0;
  size_t bytes = 0;
};

/// The character that begins at `position`, which is within the text.
Character characterAt(std::string_view text, size_t position);

/// The position of the first byte that is not part of a well-formed character; npos if there is
/// none.
size_t firstInvalid(std::string_view text);

void appendCharacter(std::string &text, char32_t code);

/// The number of bytes of a text without an incomplete character at its end. Bytes that cannot
/// begin a character count as whole.
size_t wholeCharacters(std::string_view text);

/// The text with U+FFFD in place of each byte that is not part of a well-formed character.
std::string replaceInvalid(std::string_view text);

/// A place in a text for messages; columns count characters. Both from 1.
struct Place {
  size_t line = 1, column = 1;
};
Place placeOf(std::string_view text, size_t position);

/// A piece for messages: `é`, or U+000A for an invisible character.
std::string shown(std::string_view piece);

} // namespace nnc::text
