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
  std::vector<uint8_t> bytes;
};

/// The content of a file, whose kind is recognised by its first bytes. Transparency is on black.
/// Throws Error, which begins with `origin`, if it is not an image, damaged, or larger than 100
/// megapixels.
ColourImage decodeImage(const Bytes &content, const std::string &origin);

} // namespace nnc::runtime
