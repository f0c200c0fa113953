// Tables in text: comma, semicolon or tab separated values with optional quotes and header.
#pragma once

#include "runtime/support/File.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::runtime {

/// Walks over the rows of a CSV file (RFC 4180, any line ends, blank lines skipped, spaces around
/// unquoted cells dropped, a UTF-8 byte order mark ignored).
class CsvReader {
public:
  /// Without a separator: the most frequent of , ; and tab in the first line, not counting commas
  /// that may be decimal commas.
  CsvReader(Bytes content, std::string origin, std::optional<char> separator);

  /// Moves to the next row; false at the end. Throws Error for a quote that is never closed.
  bool next();

  /// The row's cells, valid until the reader is destroyed; in them "" has become ".
  const std::vector<std::string_view> &cells() const { return row; }
  /// Line on which the row begins, from 1.
  size_t line() const { return rowLine; }
  const std::string &origin() const { return name; }

private:
  bool readRow();

  Bytes content;
  std::string name;
  char separator;
  size_t position = 0, nextLine = 1, rowLine = 0;
  std::vector<std::string_view> row;
};

bool isUtf8Text(std::string_view content);

/// The text in a file, decompressed if it is a gz file. Throws Error if it is UTF-16 or no text.
Bytes readUtf8(const std::string &path);

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
