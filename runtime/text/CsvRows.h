// The rows and cells of tables in text. The compiler, which counts categories, and the runtime,
// which makes examples, read tables by this class and therefore see the same cells.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::text {

struct CsvFormat {
  /// Without one: the most frequent of , ; and tab in the first line, not counting commas that may
  /// be decimal commas.
  std::optional<char> separator = {};
  std::string comment = {}; ///< lines that begin with it are skipped; empty: there are none
  std::string strip = {};   ///< characters that do not belong to the ends of cells
};

/// The end of the last row that is whole in a part of a table, which begins with a row; 0: there is
/// none. A row ends with a line, unless that is within quotes. `isBeginning`: the part is the first, which
/// a byte order mark may stand in front of.
size_t endOfRows(std::string_view content, const CsvFormat &format, bool isBeginning);

/// Walks over the rows of a CSV text (RFC 4180, any line ends, blank lines skipped, spaces around
/// unquoted cells dropped, a UTF-8 byte order mark ignored).
class CsvRows {
public:
  /// The text is changed where quoted cells have doubled quotes, and outlives the rows.
  /// It begins with line `line` of a file.
  CsvRows(char *content, size_t size, CsvFormat format, size_t line = 1);

  /// Moves to the next row; false at the end, or if problem() says what is wrong.
  bool next();

  /// The row's cells, valid as long as the text; in them "" has become ".
  const std::vector<std::string_view> &cells() const { return row; }
  /// Line on which the row begins, from 1.
  size_t line() const { return rowLine; }
  /// Line behind the row.
  size_t lineBehind() const { return nextLine; }
  char usedSeparator() const { return separator; }

  /// A quote that is never closed and the like, and its line; empty if all is well.
  const std::string &problem() const { return problemText; }
  size_t problemLine() const { return problemAt; }

private:
  bool readRow();
  bool isComment() const;
  void skipLine();
  bool fail(size_t line, const char *text);

  char *content;
  size_t size;
  char separator;
  std::array<bool, 256> endsCell = {}; ///< characters at which one without quotes ends, and quotes
  std::string comment, strip;
  size_t position = 0, nextLine, rowLine = 0;
  std::vector<std::string_view> row;
  std::string problemText;
  size_t problemAt = 0;
};

} // namespace nnc::text
