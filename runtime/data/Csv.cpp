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

Bytes readUtf8(const std::string &path, text::Encoding encoding) {
  return toUtf8(readFileOrGz(path), path == "-" ? "standard input" : path.c_str(), encoding);
}

Bytes toUtf8(Bytes content, const char *origin, text::Encoding encoding, size_t firstByte,
             size_t firstLine) {
  const std::string_view view(content.data(), content.size());
  if (encoding != text::Encoding::Utf8) {
    std::string error;
    std::optional<std::string> converted = text::toText(view, encoding, origin, error);
    if (!converted)
      throw Error(error);
    return Bytes(converted->begin(), converted->end());
  }
  if (firstByte == 0 && (view.starts_with("\xFF\xFE") || view.starts_with("\xFE\xFF")))
    fail("%s: it is in UTF-16: save it as UTF-8", origin);
  if (size_t zero = view.find('\0'); zero != std::string_view::npos)
    fail("%s: byte %zu is zero: it is not text, or it is text in UTF-16: save it as UTF-8", origin,
         firstByte + zero + 1);
  if (size_t wrong = text::firstInvalid(view); wrong != std::string_view::npos)
    fail("%s:%zu: byte 0x%02X is not UTF-8: save it as UTF-8, or say encoding = \"latin-1\" in the "
         "reader",
         origin,
         firstLine + static_cast<size_t>(std::count(view.begin(), view.begin() + wrong, '\n')),
         static_cast<unsigned>(static_cast<uint8_t>(view[wrong])));
  return content;
}

CsvReader::CsvReader(Bytes bytes, std::string origin, text::CsvFormat format, size_t line)
    : content(std::move(bytes)), name(std::move(origin)),
      rows(content.data(), content.size(), std::move(format), line) {}

bool CsvReader::next() {
  if (rows.next())
    return true;
  if (!rows.problem().empty())
    fail("%s:%zu: %s", name.c_str(), rows.problemLine(), rows.problem().c_str());
  return false;
}

/// Without a plus sign, which std::from_chars does not take; a sign after it is left as an error.
static std::string_view withoutPlus(std::string_view cell) {
  return cell.starts_with('+') && !cell.starts_with("+-") ? cell.substr(1) : cell;
}

/// The number of characters of a decimal number at the beginning of a cell, as std::from_chars takes it;
/// 0 if there is none. Its own code for doubles would be a fortieth of the runtime.
static size_t numberLength(std::string_view cell) {
  size_t at = cell.starts_with('-');
  auto digits = [&] {
    const size_t first = at;
    while (at < cell.size() && cell[at] >= '0' && cell[at] <= '9')
      ++at;
    return at - first;
  };
  size_t count = digits();
  if (at < cell.size() && cell[at] == '.') {
    ++at;
    count += digits();
  }
  if (count == 0)
    return 0;
  const size_t end = at;
  if (at < cell.size() && (cell[at] == 'e' || cell[at] == 'E')) {
    ++at;
    if (at < cell.size() && (cell[at] == '+' || cell[at] == '-'))
      ++at;
    if (digits() > 0)
      return at;
  }
  return end;
}

/// Digits with an optional minus sign, point and exponent, where the number is a whole one below 2^53
/// times or divided by a power of ten that a double holds exactly: one rounding is the right one
/// (Clinger 1990). Other numbers, and all else, are left to strtod.
static std::optional<double> parseShortNumber(std::string_view cell) {
  static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char *c = cell.data(), *const end = c + cell.size();
  const bool negative = c != end && *c == '-';
  c += negative;
  uint64_t digits = 0;
  const char *const first = c;
  auto takeDigits = [&] {
    for (unsigned digit; c != end && (digit = static_cast<unsigned>(*c - '0')) < 10; ++c)
      digits = 10 * digits + digit;
  };
  takeDigits();
  int64_t count = c - first, exponent = 0;
  if (c != end && *c == '.') {
    const char *const point = ++c;
    takeDigits();
    exponent = point - c;
    count -= exponent;
  }
  // With 19 digits there was no overflow.
  if (count == 0 || count > 19 || digits > uint64_t{1} << 53)
    return std::nullopt;
  if (c != end && (*c == 'e' || *c == 'E')) {
    ++c;
    const bool isSmall = c != end && *c == '-';
    c += c != end && (*c == '-' || *c == '+');
    uint64_t value = 0; // of more than four digits it does not matter
    const char *const begin = c;
    for (unsigned digit; c != end && (digit = static_cast<unsigned>(*c - '0')) < 10; ++c)
      value = 10 * value + digit;
    if (c == begin || c - begin > 4)
      return std::nullopt;
    exponent += isSmall ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  }
  if (c != end || exponent < -22 || exponent > 22)
    return std::nullopt;
  const double whole = static_cast<double>(digits);
  const double value = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent];
  return negative ? -value : value;
}

std::optional<double> parseNumber(std::string_view cell) {
  cell = withoutPlus(cell);
  if (std::optional<double> value = parseShortNumber(cell))
    return value;
  if (cell.empty() || numberLength(cell) != cell.size())
    return std::nullopt;
  // Longer or larger numbers need no speed. No locale is set, so that the point is a point.
  char copy[64];
  double value;
  if (cell.size() < sizeof copy) {
    std::memcpy(copy, cell.data(), cell.size());
    copy[cell.size()] = 0;
    value = std::strtod(copy, nullptr);
  } else {
    value = std::strtod(std::string(cell).c_str(), nullptr);
  }
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
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
  if (cell.starts_with('+') || cell.starts_with('-'))
    cell.remove_prefix(1);
  auto is = [&](std::string_view word) {
    return cell.size() == word.size() &&
           std::equal(cell.begin(), cell.end(), word.begin(),
                      [](char one, char other) { return (one | 0x20) == other; });
  };
  return is("inf") || is("infinity") || is("nan");
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
