// Implements UTF-8 by the table of well-formed byte sequences of the Unicode standard (table 3-7).
#include "runtime/text/Utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace nnc::text {

static uint8_t byteAt(std::string_view text, size_t position) {
  return static_cast<uint8_t>(text[position]);
}

/// Bytes of the character that a first byte announces, and the range of the second byte.
struct Lead {
  size_t bytes = 0;
  uint8_t low = 0x80, high = 0xBF;
};

static Lead leadOf(uint8_t byte) {
  if (byte < 0x80)
    return {1};
  if (byte < 0xC2 || byte > 0xF4)
    return {0};
  if (byte < 0xE0)
    return {2};
  if (byte < 0xF0)
    return {3, static_cast<uint8_t>(byte == 0xE0 ? 0xA0 : 0x80),
            static_cast<uint8_t>(byte == 0xED ? 0x9F : 0xBF)};
  return {4, static_cast<uint8_t>(byte == 0xF0 ? 0x90 : 0x80),
          static_cast<uint8_t>(byte == 0xF4 ? 0x8F : 0xBF)};
}

/// The number of bytes at `position` that are well formed for this first byte, including it.
static size_t wellFormed(std::string_view text, size_t position, const Lead &lead) {
  size_t count = 1;
  for (; count < lead.bytes && position + count < text.size(); ++count) {
    uint8_t next = byteAt(text, position + count);
    if (next < (count == 1 ? lead.low : 0x80) || next > (count == 1 ? lead.high : 0xBF))
      break;
  }
  return count;
}

Character characterAt(std::string_view text, size_t position) {
  uint8_t first = byteAt(text, position);
  Lead lead = leadOf(first);
  if (lead.bytes <= 1)
    return {first, lead.bytes};
  if (wellFormed(text, position, lead) < lead.bytes)
    return {};
  char32_t code = first & (0x7F >> lead.bytes);
  for (size_t i = 1; i < lead.bytes; ++i)
    code = code << 6 | (byteAt(text, position + i) & 0x3F);
  return {code, lead.bytes};
}

size_t firstInvalid(std::string_view text) {
  constexpr uint64_t highBits = 0x8080808080808080;
  for (size_t position = 0; position < text.size();) {
    // Most texts are ASCII for the most part.
    uint64_t word;
    if (position + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + position, sizeof word);
      if (!(word & highBits)) {
        position += sizeof word;
        continue;
      }
    }
    size_t bytes = characterAt(text, position).bytes;
    if (bytes == 0)
      return position;
    position += bytes;
  }
  return std::string_view::npos;
}

void appendCharacter(std::string &text, char32_t code) {
  auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

size_t wholeCharacters(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    size_t position = text.size() - back;
    Lead lead = leadOf(byteAt(text, position));
    if (lead.bytes > back && wellFormed(text, position, lead) == back)
      return position;
  }
  return text.size();
}

std::string replaceInvalid(std::string_view text) {
  std::string result;
  for (size_t position = 0; position < text.size();) {
    size_t bytes = characterAt(text, position).bytes;
    if (bytes == 0)
      appendCharacter(result, 0xFFFD);
    else
      result += text.substr(position, bytes);
    position += std::max<size_t>(bytes, 1);
  }
  return result;
}

Place placeOf(std::string_view text, size_t position) {
  Place place;
  for (size_t i = 0; i < std::min(position, text.size()); ++i) {
    if (text[i] == '\n')
      place = {place.line + 1, 1};
    else if ((byteAt(text, i) & 0xC0) != 0x80)
      ++place.column;
  }
  return place;
}

std::string shown(std::string_view piece) {
  constexpr size_t most = 40;
  std::string result = "`";
  for (size_t position = 0; position < piece.size() && position < most;) {
    Character character = characterAt(piece, position);
    char number[16];
    // Control characters, blanks of a special width, and directions of writing are invisible.
    bool hidden = character.bytes == 0 || character.code < 0x20 ||
                  (character.code >= 0x7F && character.code <= 0xA0) || character.code == 0xAD ||
                  (character.code >= 0x2000 && character.code <= 0x200F) ||
                  (character.code >= 0x2028 && character.code <= 0x202F) ||
                  (character.code >= 0x205F && character.code <= 0x206F) ||
                  character.code == 0xFEFF;
    if (character.bytes == 0)
      std::snprintf(number, sizeof number, "0x%02X", byteAt(piece, position));
    else
      std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(character.code));
    if (hidden && piece.size() == std::max<size_t>(character.bytes, 1))
      return number;
    result += hidden ? "?" : std::string(piece.substr(position, character.bytes));
    position += std::max<size_t>(character.bytes, 1);
  }
  return result + (piece.size() > most ? "...`" : "`");
}

} // namespace nnc::text
