// Image files of all formats, in their own size, in a smaller one, and the middle of them.
// RUN: rm -rf %t && mkdir %t && fuzz-images %{fuzz} -malloc_limit_mb=800 -rss_limit_mb=4096 %t %S/corpus/images
#include "tests/fuzz/Support.h"

#include "runtime/images/Resize.h"

#include <vector>

using namespace nnc;
using namespace nnc::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const Bytes content(reinterpret_cast<const char *>(data),
                      reinterpret_cast<const char *>(data) + size);
  // Headers may promise what takes long to write, and no more memory than that.
  auto isLarge = [](const ColourImage &image) { return image.rows * image.columns > 1 << 20; };
  for (int64_t side : {int64_t{INT64_MAX}, int64_t{3}})
    fuzz::callReader("image", [&] {
      ColourImage image;
      decodeImage(content, "image", image, side, side);
      fuzz::require(image.rows > 0 && image.columns > 0 &&
                        image.bytes.size() == static_cast<size_t>(3 * image.rows * image.columns),
                    "an image has not as many pixels as its size says");
      fuzz::touch(reinterpret_cast<const char *>(image.bytes.data()), image.bytes.size());
      if (isLarge(image))
        return;
      Resizer resizer;
      for (auto [rows, columns] : {std::pair<int64_t, int64_t>(3, 5), {40, 7}, {1, 1}}) {
        std::vector<uint8_t> pixels(static_cast<size_t>(3 * rows * columns));
        resizer.resize(image, middleOf(image, rows, columns), rows, columns, pixels.data());
        resizer.resize(image, {0, 0, image.rows, image.columns}, rows, columns, pixels.data());
      }
    });
  return 0;
}
