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

ArrayLayout layoutOfIdx(std::string_view content, const std::string &origin) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(content[i]); };
  if (content.size() < 4)
    fail("%s: not an IDX file: it has only %zu bytes", origin.c_str(), content.size());
  std::optional<FileType> type = idxType(byte(2));
  size_t rank = byte(3);
  if (byte(0) != 0 || byte(1) != 0 || !type || rank == 0)
    fail("%s: not an IDX file: wrong magic number 0x%02x%02x%02x%02x", origin.c_str(), byte(0),
         byte(1), byte(2), byte(3));
  if (content.size() < 4 + 4 * rank)
    fail("%s: truncated within its header", origin.c_str());
  ArrayLayout layout{{}, *type, true, false, 4 + 4 * rank};
  for (size_t i = 4; i < 4 + 4 * rank; i += 4)
    layout.shape.push_back(int64_t(byte(i)) << 24 | int64_t(byte(i + 1)) << 16 |
                           int64_t(byte(i + 2)) << 8 | int64_t(byte(i + 3)));
  return layout;
}

Array readIdx(const std::string &path) {
  Bytes content = readFileOrGz(path);
  const ArrayLayout layout = layoutOfIdx({content.data(), content.size()}, path);
  return takeElements(std::move(content), layout, path);
}

} // namespace nnc::runtime
