// The first cut of a text: into words, or into the pieces within which byte pairs are merged.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace nnc::text {

/// Cuts a text into words: letters+, digits+, or one other sign; blanks between them are left out.
/// Characters beyond ASCII are letters, but for the blanks and signs of Latin-1, of general
/// punctuation and symbols (U+2000 to U+2BFF) and of Chinese and Japanese (U+3000 to U+303F).
/// `visit` is given the position of each word and the word.
void forEachWord(std::string_view text, const std::function<void(size_t, std::string_view)> &visit);

/// The text in lower case, for letters of ASCII, Latin-1, Greek and Cyrillic. No character changes
/// its number of bytes.
std::string toLower(std::string_view text);

/// How a text is cut before its byte pairs are merged.
enum class Cut {
  /// [space] letters+ | digits, up to three | [space] signs+ | blanks. Bytes from 0x80 on are
  /// letters, so that the cut needs no tables. Of blanks before letters or signs the last one, if a
  /// space, belongs to what follows. A piece has at most 256 bytes.
  Plain,
  /// The pattern of GPT-2, exactly for ASCII; beyond ASCII, letters are those of forEachWord().
  Gpt2,
  /// The whole text is one piece.
  Whole,
};

/// Calls `visit` for each piece in order; together they are the text.
void forEachPiece(std::string_view text, Cut cut,
                  const std::function<void(std::string_view)> &visit);

} // namespace nnc::text
