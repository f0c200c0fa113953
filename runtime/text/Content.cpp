// Implements the conversion of files to text, and their parts and lines.
#include "runtime/text/Content.h"

#include "runtime/text/Utf8.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace nnc::text {

std::optional<Encoding> parseEncoding(std::string_view name) {
  if (name == "utf-8")
    return Encoding::Utf8;
  if (name == "windows-1252")
    return Encoding::Windows1252;
  if (name == "latin-1")
    return Encoding::Latin1;
  return std::nullopt;
}

/// The code points of the bytes 0x80 to 0x9F of Windows-1252; 0 where there is none.
static constexpr char16_t windows1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/// "FILE:3: column 5: byte 0xE9 "
static std::string atByte(std::string_view content, size_t position, const std::string &origin) {
  Place place = placeOf(content, position);
  char byte[8];
  std::snprintf(byte, sizeof byte, "0x%02X", static_cast<unsigned char>(content[position]));
  return origin + ":" + std::to_string(place.line) + ": column " + std::to_string(place.column) +
         ": byte " + byte + " ";
}

std::optional<std::string> toText(std::string_view content, Encoding encoding,
                                  const std::string &origin, std::string &error) {
  if (content.starts_with("\x1f\x8b")) {
    error = origin + ": it is compressed; text is read as it is: decompress it";
    return std::nullopt;
  }
  if (content.starts_with("\xFF\xFE") || content.starts_with("\xFE\xFF")) {
    error = origin + ": the text is UTF-16, save it as UTF-8";
    return std::nullopt;
  }
  if (content.starts_with("\xEF\xBB\xBF"))
    content.remove_prefix(3);
  if (encoding == Encoding::Utf8) {
    size_t invalid = firstInvalid(content);
    if (invalid != std::string_view::npos) {
      error = atByte(content, invalid, origin) +
              "is not UTF-8; a reader takes `encoding = \"windows-1252\"` or \"latin-1\"";
      return std::nullopt;
    }
  }
  std::string text;
  text.reserve(content.size());
  for (size_t i = 0; i < content.size(); ++i) {
    unsigned char byte = static_cast<unsigned char>(content[i]);
    if (byte == '\r' && i + 1 < content.size() && content[i + 1] == '\n')
      continue;
    if (byte < 0x80 || encoding == Encoding::Utf8) {
      text += content[i];
      continue;
    }
    char32_t code = byte;
    if (encoding == Encoding::Windows1252 && byte < 0xA0)
      code = windows1252[byte - 0x80];
    if (code == 0) {
      error = atByte(content, i, origin) + "is not defined in Windows-1252";
      return std::nullopt;
    }
    appendCharacter(text, code);
  }
  return text;
}

static size_t boundary(std::string_view text, double fraction) {
  size_t position = std::min(
      text.size(), static_cast<size_t>(std::max(0.0, fraction * static_cast<double>(text.size()))));
  if (position == text.size())
    return position;
  // At most three bytes back: bytes that are not UTF-8 may have no boundary.
  for (size_t back = 0; back < std::min<size_t>(position + 1, 4); ++back)
    if ((static_cast<unsigned char>(text[position - back]) & 0xC0) != 0x80)
      return position - back;
  return position;
}

std::string_view partOf(std::string_view text, Part part) {
  size_t begin = boundary(text, part.begin), end = boundary(text, part.end);
  return text.substr(begin, std::max(begin, end) - begin);
}

bool isInPart(int64_t index, Part part) {
  // In millionths, because 1 - 0.9 is not a tenth in floating point.
  constexpr int64_t whole = 1'000'000;
  auto millionths = [](double fraction) {
    return static_cast<int64_t>(std::llround(fraction * static_cast<double>(whole)));
  };
  int64_t kept = millionths(part.begin > 0 ? part.begin : part.end);
  int64_t turn = index % whole;
  bool isHeldOut = (turn + 1) * (whole - kept) / whole > turn * (whole - kept) / whole;
  return isHeldOut == (part.begin > 0);
}

static std::vector<std::string_view> splitAt(std::string_view text, char separator) {
  std::vector<std::string_view> result;
  while (true) {
    size_t end = text.find(separator);
    result.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return result;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines = splitAt(text, '\n');
  if (lines.back().empty())
    lines.pop_back();
  return lines;
}

std::vector<std::string_view> columnsOf(std::string_view line) { return splitAt(line, '\t'); }

} // namespace nnc::text
