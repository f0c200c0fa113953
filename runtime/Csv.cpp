#include "runtime/Csv.h"

#include "runtime/Error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace nnc::runtime {

CsvReader::CsvReader(Bytes text, std::string origin, std::optional<char> wantedSeparator)
    : content(std::move(text)), name(std::move(origin)), separator(wantedSeparator.value_or(',')) {
  if (content.size() >= 3 && std::memcmp(content.data(), "\xEF\xBB\xBF", 3) == 0)
    position = 3;
  if (wantedSeparator)
    return;
  size_t commas = 0, semicolons = 0, tabs = 0;
  bool quoted = false;
  for (size_t i = position; i < content.size(); ++i) {
    char c = content[i];
    if (c == '"')
      quoted = !quoted;
    else if (c == '\n' && !quoted && commas + semicolons + tabs > 0)
      break;
    else if (!quoted) {
      commas += c == ',';
      semicolons += c == ';';
      tabs += c == '\t';
    }
  }
  if (semicolons > commas && semicolons >= tabs)
    separator = ';';
  else if (tabs > commas)
    separator = '\t';
}

bool CsvReader::next() {
  while (position < content.size())
    if (readRow())
      return true;
  return false;
}

/// Reads one line; false if it is blank.
bool CsvReader::readRow() {
  row.clear();
  rowLine = nextLine;
  auto isBlank = [this](char c) { return (c == ' ' || c == '\t') && c != separator; };
  bool anything = false;
  while (true) {
    while (position < content.size() && isBlank(content[position]))
      ++position;
    size_t begin = position, end;
    if (position < content.size() && content[position] == '"') {
      // Quoted: shrunk in place where it holds doubled quotes.
      anything = true;
      begin = end = ++position;
      while (true) {
        if (position >= content.size())
          fail("%s:%zu: a quote is not closed", name.c_str(), rowLine);
        char c = content[position++];
        if (c == '"') {
          if (position < content.size() && content[position] == '"')
            ++position;
          else
            break;
        }
        nextLine += c == '\n';
        content[end++] = c;
      }
      while (position < content.size() && isBlank(content[position]))
        ++position;
      if (position < content.size() && content[position] != separator &&
          content[position] != '\n' && content[position] != '\r')
        fail("%s:%zu: something follows a closing quote", name.c_str(), nextLine);
    } else {
      while (position < content.size() && content[position] != separator &&
             content[position] != '\n' && content[position] != '\r')
        ++position;
      end = position;
      while (end > begin && isBlank(content[end - 1]))
        --end;
      anything |= end > begin;
    }
    row.emplace_back(content.data() + begin, end - begin);
    if (position >= content.size())
      break;
    char c = content[position++];
    if (c == separator) {
      anything = true;
      continue;
    }
    if (c == '\r' && position < content.size() && content[position] == '\n')
      ++position;
    ++nextLine;
    break;
  }
  return anything;
}

std::optional<double> parseNumber(std::string_view cell) {
  if (cell.starts_with('+'))
    cell.remove_prefix(1);
  double value = 0;
  auto [end, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (cell.empty() || end != cell.data() + cell.size())
    return std::nullopt;
  // Too small for a double becomes what strtod makes of it; too large becomes infinite.
  if (status == std::errc::result_out_of_range)
    value = std::strtod(std::string(cell).c_str(), nullptr);
  if (!std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<int64_t> parseInteger(std::string_view cell) {
  if (cell.starts_with('+'))
    cell.remove_prefix(1);
  int64_t value = 0;
  auto [end, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (cell.empty() || end != cell.data() + cell.size() || status != std::errc())
    return std::nullopt;
  return value;
}

std::string csvCell(const std::string &content) {
  if (content.find_first_of(",;\t\"\r\n") == std::string::npos)
    return content;
  std::string result = "\"";
  for (char c : content) {
    result += c;
    if (c == '"')
      result += '"';
  }
  return result + "\"";
}

bool looksLikeHeader(const std::vector<std::string_view> &cells) {
  return std::none_of(cells.begin(), cells.end(),
                      [](std::string_view cell) { return parseNumber(cell).has_value(); });
}

} // namespace nnc::runtime
