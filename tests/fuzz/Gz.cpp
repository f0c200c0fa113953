// Files that are compressed by gzip. The content is mutated as well as the compressed bytes.
// RUN: rm -rf %t && mkdir %t && fuzz-gz %{fuzz} %t %S/corpus/gz
#include "tests/fuzz/Support.h"

#include "runtime/support/File.h"

#include <algorithm>
#include <cstring>
#include <vector>
#include <zlib.h>

using namespace nnc;
using namespace nnc::runtime;

static std::vector<uint8_t> compress(std::vector<uint8_t> &content, int level) {
  z_stream stream = {};
  fuzz::require(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK,
                "zlib");
  std::vector<uint8_t> result(deflateBound(&stream, content.size()));
  stream.next_in = content.data();
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = result.data();
  stream.avail_out = static_cast<uInt>(result.size());
  fuzz::require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib");
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  if (seed % 2)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::string path = fuzz::placeFile("old.gz", data, size);
  std::vector<uint8_t> content;
  try {
    Bytes bytes = readFileOrGz(path);
    content.assign(bytes.begin(), bytes.end());
  } catch (const Error &) {
  }
  size_t before = content.size();
  content.resize(before + 64);
  content.resize(LLVMFuzzerMutate(content.data(), before, content.size()));
  std::vector<uint8_t> compressed = compress(content, static_cast<int>(seed / 2 % 10));
  // Sometimes as one more member.
  size_t start = seed % 8 == 0 ? size : 0;
  if (compressed.size() > maxSize - start)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::memcpy(data + start, compressed.data(), compressed.size());
  return start + compressed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = fuzz::placeFile("a.gz", data, size);
  fuzz::callReader(path, [&] {
    Bytes content = readFileOrGz(path);
    fuzz::touch(content.data(), content.size());
  });
  return 0;
}
