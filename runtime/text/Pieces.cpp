// Implements the cut of texts into words and pieces, by kinds of characters.
#include "runtime/text/Pieces.h"

#include "runtime/text/Utf8.h"

#include <algorithm>

namespace nnc::text {

namespace {

enum class Category { Letter, Digit, Blank, Sign };

Category categoryOfAscii(char32_t code) {
  if ((code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z'))
    return Category::Letter;
  if (code >= '0' && code <= '9')
    return Category::Digit;
  return code == ' ' || (code >= '\t' && code <= '\r') ? Category::Blank : Category::Sign;
}

Category categoryOf(char32_t code) {
  if (code < 0x80)
    return categoryOfAscii(code);
  if (code == 0x85 || code == 0xA0 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
      code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000)
    return Category::Blank;
  bool isLetter =
      code >= 0xC0 ? code != 0xD7 && code != 0xF7 : code == 0xAA || code == 0xB5 || code == 0xBA;
  bool isSign = (code >= 0x200B && code <= 0x2BFF) || (code >= 0x3001 && code <= 0x303F);
  return isLetter && !isSign ? Category::Letter : Category::Sign;
}

/// A character's category and bytes; a byte that is not part of a character counts as a letter.
struct Unit {
  Category category = Category::Letter;
  size_t bytes = 1;
};

Unit unitAt(std::string_view text, size_t position) {
  Character character = characterAt(text, position);
  return character.bytes ? Unit{categoryOf(character.code), character.bytes} : Unit{};
}

Unit plainUnitAt(std::string_view text, size_t position) {
  unsigned char byte = static_cast<unsigned char>(text[position]);
  return {byte < 0x80 ? categoryOfAscii(byte) : Category::Letter, 1};
}

/// The end of the characters of one category from `position` on, at most `most` of them.
template <typename UnitAt>
size_t endOfRun(std::string_view text, size_t position, Category category, UnitAt unitOf,
                size_t most = SIZE_MAX) {
  for (; position < text.size() && most > 0; --most) {
    Unit unit = unitOf(text, position);
    if (unit.category != category)
      break;
    position += unit.bytes;
  }
  return position;
}

/// The end of a contraction such as `'s`, or `position`.
size_t endOfContraction(std::string_view text, size_t position) {
  for (std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (text.substr(position).starts_with(ending))
      return position + ending.size();
  return position;
}

/// The end of the blanks at `position` that do not belong to a later piece.
template <typename UnitAt>
size_t endOfBlanks(std::string_view text, size_t position, UnitAt unitOf, bool beforeDigits) {
  size_t end = position, last = position;
  while (end < text.size()) {
    Unit unit = unitOf(text, end);
    if (unit.category != Category::Blank)
      break;
    last = end;
    end += unit.bytes;
  }
  if (end == text.size() || last == position)
    return end;
  bool joins = beforeDigits || (unitOf(text, end).category != Category::Digit && text[last] == ' ');
  return joins ? last : end;
}

size_t endOfPlainPiece(std::string_view text, size_t position) {
  constexpr size_t longest = 256, digits = 3;
  // Bounds the search, so that a long run is not scanned again for each of its pieces.
  text = text.substr(0, position + longest + 4);
  Unit unit = plainUnitAt(text, position);
  size_t start = position;
  if (text[position] == ' ' && position + 1 < text.size()) {
    Unit next = plainUnitAt(text, position + 1);
    if (next.category == Category::Letter || next.category == Category::Sign) {
      unit = next;
      start = position + 1;
    }
  }
  size_t end = unit.category == Category::Blank
                   ? endOfBlanks(text, start, plainUnitAt, false)
                   : endOfRun(text, start, unit.category, plainUnitAt,
                              unit.category == Category::Digit ? digits : SIZE_MAX);
  if (end - position <= longest)
    return end;
  // At the beginning of a character, where there is one.
  for (size_t cut = position + longest; cut > position + longest - 4; --cut)
    if ((static_cast<unsigned char>(text[cut]) & 0xC0) != 0x80)
      return cut;
  return position + longest;
}

size_t endOfGpt2Piece(std::string_view text, size_t position) {
  if (size_t end = endOfContraction(text, position); end != position)
    return end;
  Unit unit = unitAt(text, position);
  size_t start = position;
  if (text[position] == ' ' && position + 1 < text.size()) {
    Unit next = unitAt(text, position + 1);
    if (next.category != Category::Blank) {
      unit = next;
      start = position + 1;
    }
  }
  return unit.category == Category::Blank ? endOfBlanks(text, start, unitAt, true)
                                          : endOfRun(text, start, unit.category, unitAt);
}

} // namespace

void forEachWord(std::string_view text,
                 const std::function<void(size_t, std::string_view)> &visit) {
  for (size_t position = 0; position < text.size();) {
    Unit unit = unitAt(text, position);
    size_t end = unit.category == Category::Sign ? position + unit.bytes
                                                 : endOfRun(text, position, unit.category, unitAt);
    if (unit.category != Category::Blank)
      visit(position, text.substr(position, end - position));
    position = end;
  }
}

std::string toLower(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t position = 0; position < text.size();) {
    Character character = characterAt(text, position);
    char32_t code = character.code;
    if ((code >= 'A' && code <= 'Z') || (code >= 0xC0 && code <= 0xDE && code != 0xD7) ||
        (code >= 0x391 && code <= 0x3A9 && code != 0x3A2) || (code >= 0x410 && code <= 0x42F))
      code += 0x20;
    else if (code >= 0x400 && code <= 0x40F)
      code += 0x50;
    if (character.bytes)
      appendCharacter(result, code);
    else
      result += text[position];
    position += std::max<size_t>(character.bytes, 1);
  }
  return result;
}

void forEachPiece(std::string_view text, Cut cut,
                  const std::function<void(std::string_view)> &visit) {
  for (size_t position = 0; position < text.size();) {
    size_t end = cut == Cut::Whole   ? text.size()
                 : cut == Cut::Plain ? endOfPlainPiece(text, position)
                                     : endOfGpt2Piece(text, position);
    visit(text.substr(position, end - position));
    position = end;
  }
}

} // namespace nnc::text
