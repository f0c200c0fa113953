// Implements CsvRows: one pass over the text, which changes only quoted cells.
#include "runtime/text/CsvRows.h"

#include <cstring>
#include <utility>

namespace nnc::text {

CsvRows::CsvRows(char *text, size_t length, CsvFormat format, size_t line)
    : content(text), size(length), separator(format.separator.value_or(',')),
      comment(std::move(format.comment)), strip(std::move(format.strip)), nextLine(line) {
  if (line == 1 && size >= 3 && std::memcmp(content, "\xEF\xBB\xBF", 3) == 0)
    position = 3;
  if (format.separator)
    return;
  // A comma between digits may be a decimal comma, if something else separates.
  auto isDigit = [this](size_t i) { return i < size && content[i] >= '0' && content[i] <= '9'; };
  size_t commas = 0, decimal = 0, semicolons = 0, tabs = 0;
  const size_t start = position;
  while (isComment())
    skipLine();
  bool quoted = false;
  for (size_t i = position; i < size; ++i) {
    char c = content[i];
    if (c == '"')
      quoted = !quoted;
    else if (c == '\n' && !quoted && commas + semicolons + tabs > 0)
      break;
    else if (!quoted) {
      commas += c == ',';
      decimal += c == ',' && i > position && isDigit(i - 1) && isDigit(i + 1);
      semicolons += c == ';';
      tabs += c == '\t';
    }
  }
  position = start;
  if (semicolons > commas - decimal && semicolons >= tabs)
    separator = ';';
  else if (tabs > commas - decimal)
    separator = '\t';
}

void CsvRows::skipLine() {
  while (position < size && content[position] != '\n' && content[position] != '\r')
    ++position;
  if (position + 1 < size && content[position] == '\r' && content[position + 1] == '\n')
    ++position;
  position += position < size;
}

bool CsvRows::isComment() const {
  return !comment.empty() && size - position >= comment.size() &&
         std::memcmp(content + position, comment.data(), comment.size()) == 0;
}

bool CsvRows::fail(size_t line, const char *text) {
  problemText = text;
  problemAt = line;
  position = size;
  return false;
}

bool CsvRows::next() {
  if (!endsCell['\n'])
    for (char c : {separator, '\n', '\r', '"'})
      endsCell[static_cast<unsigned char>(c)] = true;
  while (position < size) {
    if (isComment()) {
      skipLine();
      ++nextLine;
      continue;
    }
    if (readRow()) {
      if (!strip.empty())
        for (std::string_view &cell : row) {
          const size_t last = cell.find_last_not_of(strip);
          cell = cell.substr(0, last == std::string_view::npos ? 0 : last + 1);
        }
      return true;
    }
  }
  return false;
}

/// Reads one line; false if it is blank or wrong.
bool CsvRows::readRow() {
  row.clear();
  rowLine = nextLine;
  auto isBlank = [this](char c) { return (c == ' ' || c == '\t') && c != separator; };
  bool anything = false;
  while (true) {
    while (position < size && isBlank(content[position]))
      ++position;
    size_t begin = position, end;
    if (position < size && content[position] == '"') {
      // Quoted: shrunk in place where it holds doubled quotes.
      anything = true;
      begin = end = ++position;
      while (true) {
        if (position >= size)
          return fail(rowLine, "a quote is not closed");
        char c = content[position++];
        if (c == '"') {
          if (position < size && content[position] == '"')
            ++position;
          else
            break;
        }
        nextLine += c == '\n';
        content[end++] = c;
      }
      while (position < size && isBlank(content[position]))
        ++position;
      if (position < size && content[position] != separator && content[position] != '\n' &&
          content[position] != '\r')
        return fail(nextLine, "something follows a closing quote");
    } else {
      const char *c = content + position, *const last = content + size;
      while (c != last && !endsCell[static_cast<unsigned char>(*c)])
        ++c;
      position = static_cast<size_t>(c - content);
      if (c != last && *c == '"' && separator != '"')
        return fail(rowLine, "a quote within a cell that does not begin with one");
      end = position;
      while (end > begin && isBlank(content[end - 1]))
        --end;
      anything |= end > begin;
    }
    row.emplace_back(content + begin, end - begin);
    if (position >= size)
      break;
    char c = content[position++];
    if (c == separator) {
      anything = true;
      continue;
    }
    if (c == '\r' && position < size && content[position] == '\n')
      ++position;
    ++nextLine;
    break;
  }
  return anything;
}

size_t endOfRows(std::string_view content, const CsvFormat &format, bool isBeginning) {
  const char *begin = content.data(), *end = begin + content.size();
  const bool hasQuotes = std::memchr(begin, '"', content.size()) != nullptr;
  const bool hasComments = !format.comment.empty();
  // The last character may be followed by one that belongs to the same end of a line.
  auto endsLine = [&](const char *c) {
    return *c == '\n' || (*c == '\r' && c + 1 < end && c[1] != '\n');
  };
  if (!hasQuotes) {
    for (const char *c = end; c-- > begin;)
      if (endsLine(c))
        return static_cast<size_t>(c + 1 - begin);
    return 0;
  }
  size_t found = 0;
  bool quoted = false, comment = false, lineBegins = true;
  const size_t mark = isBeginning && content.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (const char *c = begin + mark; c < end; ++c) {
    if (lineBegins && hasComments && !quoted)
      comment = static_cast<size_t>(end - c) >= format.comment.size() &&
                std::memcmp(c, format.comment.data(), format.comment.size()) == 0;
    lineBegins = endsLine(c);
    quoted ^= *c == '"' && !comment;
    if (lineBegins && !quoted)
      found = static_cast<size_t>(c + 1 - begin);
    comment &= !lineBegins;
  }
  return found;
}

} // namespace nnc::text
