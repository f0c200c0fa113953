// Implements pictures as URLs that hold a PNG file.
#include "compiler/report/Chart.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/Compression.h"

namespace nnc::report {

static void addBigEndian(std::string &bytes, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += char(number >> shift & 0xff);
}

static void addChunk(std::string &file, const std::string &type, const std::string &data) {
  addBigEndian(file, uint32_t(data.size()));
  file += type + data;
  addBigEndian(file, llvm::crc32(llvm::arrayRefFromStringRef(type + data)));
}

/// A zlib stream of blocks that are stored as they are, for an LLVM without zlib.
static std::string stored(const std::string &data) {
  std::string result = "\x78\x01";
  uint32_t one = 1, two = 0;
  for (char byte : data) {
    one = (one + uint8_t(byte)) % 65521;
    two = (two + one) % 65521;
  }
  for (size_t begin = 0; begin < data.size(); begin += 65535) {
    const size_t size = std::min<size_t>(65535, data.size() - begin);
    result += char(begin + size == data.size());
    for (size_t number : {size, ~size})
      result += {char(number & 0xff), char(number >> 8 & 0xff)};
    result += data.substr(begin, size);
  }
  addBigEndian(result, two << 16 | one);
  return result;
}

std::string pngUrl(int64_t width, int64_t height, const std::vector<uint8_t> &pixels) {
  bool isGrey = true;
  for (size_t i = 0; i < pixels.size(); i += 3)
    isGrey &= pixels[i] == pixels[i + 1] && pixels[i] == pixels[i + 2];
  const size_t step = isGrey ? 3 : 1;
  std::string rows;
  for (size_t row = 0; row < size_t(height); ++row) {
    rows += '\0'; // without a filter
    for (size_t i = row * size_t(width) * 3; i < (row + 1) * size_t(width) * 3; i += step)
      rows += char(pixels[i]);
  }
  std::string compressed;
  if (llvm::compression::zlib::isAvailable()) {
    llvm::SmallVector<uint8_t> bytes;
    llvm::compression::zlib::compress(llvm::arrayRefFromStringRef(rows), bytes,
                                      llvm::compression::zlib::BestSizeCompression);
    compressed.assign(bytes.begin(), bytes.end());
  } else {
    compressed = stored(rows);
  }
  std::string file = "\x89PNG\r\n\x1a\n", header;
  addBigEndian(header, uint32_t(width));
  addBigEndian(header, uint32_t(height));
  header += {8, char(isGrey ? 0 : 2), 0, 0, 0}; // eight bits of grey, or of red, green and blue
  addChunk(file, "IHDR", header);
  addChunk(file, "IDAT", compressed);
  addChunk(file, "IEND", "");
  return "data:image/png;base64," + llvm::encodeBase64(file);
}

} // namespace nnc::report
