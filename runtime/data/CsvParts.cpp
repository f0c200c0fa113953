// Implements CsvParts.
#include "runtime/data/CsvParts.h"

#include "runtime/support/Error.h"

namespace nnc::runtime {

CsvParts::CsvParts(const std::string &path, text::CsvFormat format, text::Encoding encoding,
                   size_t partBytes, bool refusesGz)
    : path(path), file(path), format(std::move(format)), encoding(encoding), partBytes(partBytes),
      refusesGz(refusesGz) {}

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
    end = atEnd ? content.size()
                : text::endOfRows(std::string_view(content.data(), content.size()), format,
                                  /*isBeginning=*/offset == 0);
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
