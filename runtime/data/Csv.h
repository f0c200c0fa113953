// Tables in text: comma, semicolon or tab separated values with optional quotes and header.
#pragma once

#include "runtime/support/File.h"
#include "runtime/text/Content.h"
#include "runtime/text/CsvRows.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::runtime {

/// Walks over the rows of a CSV file; see text::CsvRows.
class CsvReader {
public:
  /// The content begins with line `line` of the file.
  CsvReader(Bytes content, std::string origin, text::CsvFormat format, size_t line = 1);

  /// Moves to the next row; false at the end. Throws Error for a quote that is never closed.
  bool next();

  /// The row's cells, valid until the reader is destroyed; in them "" has become ".
  const std::vector<std::string_view> &cells() const { return rows.cells(); }
  /// Line on which the row begins, from 1.
  size_t line() const { return rows.line(); }
  size_t nextLine() const { return rows.lineBehind(); }
  char separator() const { return rows.usedSeparator(); }
  const std::string &origin() const { return name; }

private:
  Bytes content; ///< its place in memory stays the same when the reader is moved
  std::string name;
  text::CsvRows rows;
};

bool isUtf8Text(std::string_view content);

/// The text in a file as UTF-8, decompressed if it is a gz file. Throws Error if it is UTF-16, no
/// text, or not in this encoding.
Bytes readUtf8(const std::string &path, text::Encoding encoding = text::Encoding::Utf8);

/// The same of content that begins with this byte, from 0, and this line of its file.
Bytes toUtf8(Bytes content, const char *origin, text::Encoding encoding, size_t firstByte = 0,
             size_t firstLine = 1);

/// Finite number that fills the whole cell; an optional plus sign is allowed.
std::optional<double> parseNumber(std::string_view cell);
std::optional<int64_t> parseInteger(std::string_view cell);
/// True for nan and infinity, with any sign and in any case.
bool isNotFinite(std::string_view cell);

/// True if the row names columns rather than holding values: it has no number and nothing that is
/// meant as one (a date, nan, a decimal comma). Throws Error if two of the names would be equal.
bool looksLikeHeader(const CsvReader &reader);

/// A text that can stand in a cell: quoted if it has to be.
std::string csvCell(const std::string &content);

} // namespace nnc::runtime
