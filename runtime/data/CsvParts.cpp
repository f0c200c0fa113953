// Implements CsvParts: a row ends with a line, unless that is within quotes.
#include "runtime/data/CsvParts.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

CsvParts::CsvParts(const std::string &path, text::CsvFormat format, text::Encoding encoding,
                   size_t partBytes, bool refusesGz)
    : path(path), file(path), format(std::move(format)), encoding(encoding), partBytes(partBytes),
      refusesGz(refusesGz) {}

size_t CsvParts::endOfRows(const Bytes &content) const {
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
  for (const char *c = begin; c < end; ++c) {
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

void CsvParts::goOnAfter(const CsvReader &part) {
  format.separator = part.separator();
  line = part.nextLine();
}

std::optional<CsvReader> CsvParts::next() {
  Bytes content = std::move(rest);
  rest = Bytes();
  size_t end = 0;
  while (!atEnd && end == 0) {
    const size_t before = content.size();
    file.read(content, partBytes);
    atEnd = content.size() - before < partBytes;
    if (offset == 0 && before == 0 && (isGz(content) || extensionOf(path) == ".gz")) {
      if (refusesGz)
        fail("%s: it is compressed, so that parts of it cannot be read: `memory` takes plain files",
             path.c_str());
      file.read(content);
      content = unpacked(std::move(content), path);
      atEnd = true;
    }
    end = atEnd ? content.size() : endOfRows(content);
  }
  if (atEnd && end == 0)
    end = content.size();
  if (content.empty())
    return std::nullopt;
  rest.assign(content.begin() + static_cast<std::ptrdiff_t>(end), content.end());
  content.resize(end);
  const char *origin = path == "-" ? "standard input" : path.c_str();
  content = toUtf8(std::move(content), origin, encoding, offset, line);
  offset += end;
  return CsvReader(std::move(content), origin, format, line);
}

} // namespace nnc::runtime
