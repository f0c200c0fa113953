// Implements formatPng(): chunks with their checksums.
#include "runtime/support/Png.h"

#include <algorithm>
#include <string_view>
#include <zlib.h>

namespace nnc::runtime {

/// A number in four bytes, the highest first.
static std::string fourBytes(uint64_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(number >> shift & 255);
  return bytes;
}

static std::string chunk(std::string_view kind, const std::string &data) {
  std::string body = std::string(kind) + data;
  uLong checksum =
      crc32(0, reinterpret_cast<const Bytef *>(body.data()), static_cast<uInt>(body.size()));
  return fourBytes(data.size()) + body + fourBytes(checksum);
}

std::string formatPng(const Pixels &picture) {
  std::string header = fourBytes(static_cast<uint64_t>(picture.width)) +
                       fourBytes(static_cast<uint64_t>(picture.height));
  bool isGrey = true;
  for (size_t i = 0; i < picture.bytes.size(); i += 3)
    isGrey &= picture.bytes[i] == picture.bytes[i + 1] && picture.bytes[i] == picture.bytes[i + 2];
  // 8 bits of grey, or each of red, green and blue; packed as zlib does, no filters beyond those named
  // in each row, no interlacing.
  header += {8, static_cast<char>(isGrey ? 0 : 2), 0, 0, 0};
  std::string rows;
  const size_t width = static_cast<size_t>(3 * picture.width);
  for (size_t i = 0; i < picture.bytes.size(); i += isGrey ? 3 : 1) {
    if (i % width == 0)
      rows += '\0'; // no filter
    rows += static_cast<char>(picture.bytes[i]);
  }
  const uLong checksum =
      adler32(adler32(0, nullptr, 0), reinterpret_cast<const Bytef *>(rows.data()),
              static_cast<uInt>(rows.size()));
  // Blocks of bytes as they are: deflate would make every program larger.
  constexpr size_t most = 65535;
  std::string packed = "\x78\x01";
  for (size_t at = 0; at < rows.size(); at += most) {
    const size_t size = std::min(most, rows.size() - at);
    packed += static_cast<char>(at + size == rows.size());
    for (size_t number : {size, ~size})
      packed += {static_cast<char>(number & 255), static_cast<char>(number >> 8 & 255)};
    packed.append(rows, at, size);
  }
  packed += fourBytes(checksum);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", packed) + chunk("IEND", "");
}

} // namespace nnc::runtime
