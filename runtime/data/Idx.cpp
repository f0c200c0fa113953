// Implements the reader of IDX files: two zero bytes, element type, rank, sizes, elements.
#include "runtime/data/Idx.h"

#include "runtime/support/Error.h"

#include <optional>

namespace nnc::runtime {

static std::optional<FileType> idxType(unsigned char code) {
  switch (code) {
  case 0x08:
    return FileType{'u', 1};
  case 0x09:
    return FileType{'i', 1};
  case 0x0B:
    return FileType{'i', 2};
  case 0x0C:
    return FileType{'i', 4};
  case 0x0D:
    return FileType{'f', 4};
  case 0x0E:
    return FileType{'f', 8};
  }
  return std::nullopt;
}

bool isIdx(std::string_view content) {
  return content.size() >= 4 && content[0] == 0 && content[1] == 0 && content[3] != 0 &&
         idxType(static_cast<unsigned char>(content[2]));
}

Array readIdx(const std::string &path) {
  Array array;
  array.origin = path;
  Bytes content = readFileOrGz(path);
  auto byte = [&](size_t i) { return static_cast<unsigned char>(content[i]); };
  if (content.size() < 4)
    fail("%s: not an IDX file: it has only %zu bytes", path.c_str(), content.size());
  std::optional<FileType> type = idxType(byte(2));
  size_t rank = byte(3);
  if (byte(0) != 0 || byte(1) != 0 || !type || rank == 0)
    fail("%s: not an IDX file: wrong magic number 0x%02x%02x%02x%02x", path.c_str(), byte(0),
         byte(1), byte(2), byte(3));
  if (content.size() < 4 + 4 * rank)
    fail("%s: truncated within its header", path.c_str());
  for (size_t i = 4; i < 4 + 4 * rank; i += 4)
    array.shape.push_back(int64_t(byte(i)) << 24 | int64_t(byte(i + 1)) << 16 |
                          int64_t(byte(i + 2)) << 8 | int64_t(byte(i + 3)));
  takeElements(array, std::move(content), 4 + 4 * rank, *type, true);
  return array;
}

} // namespace nnc::runtime
