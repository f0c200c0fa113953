// A table, part by part: each part has whole rows, so that its text need not be in memory.
#pragma once

#include "runtime/data/Csv.h"

#include <optional>
#include <string>

namespace nnc::runtime {

class CsvParts {
public:
  /// Parts have about `partBytes` bytes, or one row if that is longer; a gz file is one part, or is
  /// refused. Throws Error if the file cannot be read.
  CsvParts(const std::string &path, text::CsvFormat format, text::Encoding encoding,
           size_t partBytes, bool refusesGz);

  /// The rows of the next part; nothing at the end of the file.
  std::optional<CsvReader> next();
  /// Is told a part whose rows have been read, which the next one follows.
  void goOnAfter(const CsvReader &part);

private:
  std::string path;
  InputFile file;
  text::CsvFormat format;
  text::Encoding encoding;
  const size_t partBytes;
  const bool refusesGz;
  size_t offset = 0, line = 1;
  Bytes rest; ///< of the content that was read, the beginning of the next part
  bool atEnd = false;
};

} // namespace nnc::runtime
