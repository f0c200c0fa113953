// Source text and places in it. A SourceManager owns every file of one compilation; a SourceRange
// names a stretch of one of them and is what AST nodes, diagnostics and IR locations carry.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

/// A place as people name it. Both count from 1; the column counts characters (UTF-8 code points),
/// not bytes.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
};

/// The number of bytes of the UTF-8 sequence at the start of `text`, which is not empty; 0 if it is
/// not valid UTF-8.
size_t utf8Length(std::string_view text);

class SourceFile {
public:
  /// The largest text that offsets can address with room to spare; SourceManager refuses more.
  static constexpr size_t maximumBytes = size_t(1) << 28;

  SourceFile(std::string name, std::string text, uint32_t index);

  /// The name as the user wrote it, for messages.
  const std::string &name() const { return fileName; }
  std::string_view text() const { return contents; }
  /// The position of this file in its SourceManager: files sort in the order in which they were
  /// added.
  uint32_t index() const { return fileIndex; }

  uint32_t lineCount() const { return uint32_t(lineStarts.size()); }
  /// `offset` may be anything; one past the end is the end of the file.
  LineColumn lineColumn(uint32_t offset) const;
  /// The text of a line counted from 1, without its line end.
  std::string_view lineText(uint32_t line) const;
  /// The offset of the first byte of a line counted from 1.
  uint32_t lineStart(uint32_t line) const { return lineStarts[line - 1]; }

private:
  std::string fileName;
  std::string contents;
  std::vector<uint32_t> lineStarts;
  uint32_t fileIndex;
};

/// The bytes [begin, end) of a file. A default-constructed range is invalid: it names no place at
/// all.
struct SourceRange {
  const SourceFile *file = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool valid() const { return file != nullptr; }
  std::string_view text() const;
  LineColumn start() const { return file ? file->lineColumn(begin) : LineColumn{}; }
  /// From the start of this range to the end of `last`; both in the same file.
  SourceRange to(const SourceRange &last) const;
  bool operator==(const SourceRange &) const = default;
};

class SourceManager {
public:
  /// Takes the text over. The reference stays good as long as the manager lives.
  const SourceFile &add(std::string name, std::string text);
  /// Reads a file. When that fails the result is null and `error` says why, in one line without the
  /// name.
  const SourceFile *load(const std::string &path, std::string &error);

  const std::vector<std::unique_ptr<SourceFile>> &files() const { return sources; }

private:
  std::vector<std::unique_ptr<SourceFile>> sources;
};

} // namespace nnc::lang
