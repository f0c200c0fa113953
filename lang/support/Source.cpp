// Implements source files: UTF-8, lines and columns, loading.
#include "lang/support/Source.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace nnc::lang {

size_t utf8Length(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? (unsigned char)text[i] : 0u; };
  auto continues = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  unsigned first = byte(0);
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first <= 0xDF)
    return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2))
      return 0;
    bool overlong = first == 0xE0 && byte(1) < 0xA0;
    bool surrogate = first == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3))
      return 0;
    bool overlong = first == 0xF0 && byte(1) < 0x90;
    bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

SourceFile::SourceFile(std::string name, std::string text, uint32_t index)
    : fileName(std::move(name)), contents(std::move(text)), fileIndex(index) {
  lineStarts.push_back(0);
  for (size_t i = 0; i < contents.size(); ++i)
    if (contents[i] == '\n')
      lineStarts.push_back(uint32_t(i + 1));
}

LineColumn SourceFile::lineColumn(uint32_t offset) const {
  offset = std::min<uint32_t>(offset, uint32_t(contents.size()));
  auto line = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset) - 1;
  LineColumn result;
  result.line = uint32_t(line - lineStarts.begin()) + 1;
  std::string_view rest = std::string_view(contents).substr(*line, offset - *line);
  for (size_t i = 0; i < rest.size(); ++result.column)
    i += std::max<size_t>(1, utf8Length(rest.substr(i)));
  return result;
}

std::string_view SourceFile::lineText(uint32_t line) const {
  uint32_t begin = lineStart(line);
  uint32_t end = line < lineCount() ? lineStarts[line] - 1 : uint32_t(contents.size());
  if (end > begin && contents[end - 1] == '\r')
    --end;
  return std::string_view(contents).substr(begin, end - begin);
}

std::string_view SourceRange::text() const {
  return file ? file->text().substr(begin, end - begin) : std::string_view();
}

SourceRange SourceRange::to(const SourceRange &last) const {
  if (!file || file != last.file)
    return *this;
  return {file, begin, std::max(end, last.end)};
}

const SourceFile &SourceManager::add(std::string name, std::string text) {
  sources.push_back(
      std::make_unique<SourceFile>(std::move(name), std::move(text), uint32_t(sources.size())));
  return *sources.back();
}

const SourceFile *SourceManager::load(const std::string &path, std::string &error) {
  std::FILE *stream = std::fopen(path.c_str(), "rb");
  if (!stream) {
    error = std::strerror(errno);
    return nullptr;
  }
  std::string text;
  char buffer[65536];
  size_t count;
  errno = 0;
  while (text.size() <= SourceFile::maximumBytes &&
         (count = std::fread(buffer, 1, sizeof buffer, stream)) > 0)
    text.append(buffer, count);
  bool failed = std::ferror(stream) != 0;
  if (failed)
    error = std::strerror(errno);
  std::fclose(stream);
  if (failed)
    return nullptr;
  if (text.size() > SourceFile::maximumBytes) {
    error = "larger than a source file can be (256 MiB)";
    return nullptr;
  }
  return &add(path, std::move(text));
}

} // namespace nnc::lang
