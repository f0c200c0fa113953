// Implements CsvReader, the check of UTF-8, and the texts that are numbers.
#include "runtime/data/Csv.h"

#include "runtime/support/Error.h"
#include "runtime/text/Utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace nnc::runtime {

bool isUtf8Text(std::string_view content) {
  return content.find('\0') == std::string_view::npos &&
         text::firstInvalid(content) == std::string_view::npos;
}

Bytes readUtf8(const std::string &path) {
  Bytes content = readFileOrGz(path);
  std::string_view view(content.data(), content.size());
  const char *origin = path == "-" ? "standard input" : path.c_str();
  if (view.starts_with("\xFF\xFE") || view.starts_with("\xFE\xFF"))
    fail("%s: it is in UTF-16: save it as UTF-8", origin);
  if (size_t zero = view.find('\0'); zero != std::string_view::npos)
    fail("%s: byte %zu is zero: it is not text, or it is text in UTF-16: save it as UTF-8", origin,
         zero + 1);
  if (size_t wrong = text::firstInvalid(view); wrong != std::string_view::npos)
    fail("%s:%zu: byte 0x%02X is not UTF-8: save it as UTF-8, for instance by iconv -f latin1 -t "
         "utf8",
         origin, 1 + static_cast<size_t>(std::count(view.begin(), view.begin() + wrong, '\n')),
         static_cast<unsigned>(static_cast<uint8_t>(view[wrong])));
  return content;
}

CsvReader::CsvReader(Bytes text, std::string origin, std::optional<char> wantedSeparator)
    : content(std::move(text)), name(std::move(origin)), separator(wantedSeparator.value_or(',')) {
  if (content.size() >= 3 && std::memcmp(content.data(), "\xEF\xBB\xBF", 3) == 0)
    position = 3;
  if (wantedSeparator)
    return;
  // A comma between digits may be a decimal comma, if something else separates.
  auto isDigit = [this](size_t i) {
    return i < content.size() && content[i] >= '0' && content[i] <= '9';
  };
  size_t commas = 0, decimal = 0, semicolons = 0, tabs = 0;
  bool quoted = false;
  for (size_t i = position; i < content.size(); ++i) {
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
  if (semicolons > commas - decimal && semicolons >= tabs)
    separator = ';';
  else if (tabs > commas - decimal)
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
             content[position] != '\n' && content[position] != '\r') {
        if (content[position] == '"')
          fail("%s:%zu: a quote within a cell that does not begin with one", name.c_str(), rowLine);
        ++position;
      }
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

/// Without a plus sign, which std::from_chars does not take; a sign after it is left as an error.
static std::string_view withoutPlus(std::string_view cell) {
  return cell.starts_with('+') && !cell.starts_with("+-") ? cell.substr(1) : cell;
}

std::optional<double> parseNumber(std::string_view cell) {
  cell = withoutPlus(cell);
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
  cell = withoutPlus(cell);
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

bool isNotFinite(std::string_view cell) {
  double value = 0;
  if (cell.starts_with('+') || cell.starts_with('-'))
    cell.remove_prefix(1);
  auto [end, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return end == cell.data() + cell.size() && !std::isfinite(value);
}

/// True for what is meant as a number, whether or not it is one.
static bool looksLikeValue(std::string_view cell) {
  return isNotFinite(cell) ||
         (cell.find_first_of("0123456789+-.,") == 0 &&
          cell.find_first_of("0123456789") != std::string_view::npos &&
          cell.find_first_not_of("0123456789+-.,:/eE% ") == std::string_view::npos);
}

bool looksLikeHeader(const CsvReader &reader) {
  std::vector<std::string_view> names = reader.cells();
  bool allEmpty = std::all_of(names.begin(), names.end(), [](auto cell) { return cell.empty(); });
  if (allEmpty || std::any_of(names.begin(), names.end(), looksLikeValue))
    return false;
  std::sort(names.begin(), names.end());
  auto repeated = std::adjacent_find(names.begin(), names.end());
  if (repeated != names.end() && !repeated->empty())
    fail("%s:%zu: if this line is a header, two columns are named '%s': say header = true or "
         "header = false",
         reader.origin().c_str(), reader.line(), printable(*repeated).c_str());
  return true;
}

} // namespace nnc::runtime
