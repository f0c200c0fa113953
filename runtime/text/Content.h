// The text in a file: its encoding, line ends and byte order mark, the part that a split takes, and
// its lines. The compiler, which makes vocabularies, and the runtime, which makes examples, read
// files by these functions and therefore see the same text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::text {

enum class Encoding { Utf8, Windows1252, Latin1 };

/// By its name: utf-8, windows-1252, latin-1.
std::optional<Encoding> parseEncoding(std::string_view name);

/// The content of a file as UTF-8 with `\n` at the ends of lines: a byte order mark in front is
/// dropped, `\r\n` becomes `\n`. std::nullopt if the content is not in this encoding; `error` is
/// then one line that begins with `origin`.
std::optional<std::string> toText(std::string_view content, Encoding encoding,
                                  const std::string &origin, std::string &error);

/// A part of a whole, as fractions: 0 to 0.9 is the first 90 %.
struct Part {
  double begin = 0, end = 1;
};

/// The bytes of the text from `begin` to `end` of its size, both moved back to the beginning of a
/// character.
std::string_view partOf(std::string_view text, Part part);

/// Whether line `index` (from 0, over all files) belongs to the part. The lines of a part that ends
/// at 1 are spread evenly: from 0.9 to 1 every tenth line, beginning with the tenth.
bool isInPart(int64_t index, Part part);

/// The lines of a text, without their ends; a `\n` at the end of the text begins no further line.
std::vector<std::string_view> linesOf(std::string_view text);

/// The columns of a line between tabs.
std::vector<std::string_view> columnsOf(std::string_view line);

} // namespace nnc::text
