// Image files as pixels: PNG by libpng, JPEG by libjpeg-turbo, BMP and PPM by hand.
#pragma once

#include "runtime/support/File.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nnc::runtime {

/// Rows from the top, each pixel red, green and blue.
struct ColourImage {
  int64_t rows = 0, columns = 0;
  std::vector<uint8_t, UninitializedAllocator<uint8_t>> bytes;
};

/// The content of a file, whose kind is recognised by its first bytes, in `image`, whose memory is
/// used again. Transparency is on black.
/// Throws Error, which begins with `origin`, if it is not an image, damaged, or larger than 100
/// megapixels. A JPEG file that is at least twice as large as `rows` x `columns` is decoded in a half, a
/// quarter or an eighth of its size where that divides both sides, but no smaller. Pixels are as they stand
/// in the file: gamma and colour profiles are not applied.
void decodeImage(const Bytes &content, const std::string &origin, ColourImage &image,
                 int64_t rows = INT64_MAX, int64_t columns = INT64_MAX);

/// Tells versions of decodeImage() and resize() apart that may give other pixels.
std::string decoderVersion();

} // namespace nnc::runtime
