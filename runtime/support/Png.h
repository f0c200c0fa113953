// Pictures in the PNG format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nnc::runtime {

/// A picture in red, green and blue, row by row.
struct Pixels {
  Pixels(int64_t width, int64_t height, uint8_t colour)
      : width(width), height(height), bytes(static_cast<size_t>(3 * width * height), colour) {}

  uint8_t *pixel(int64_t row, int64_t column) {
    return bytes.data() + static_cast<size_t>(3 * (row * width + column));
  }

  int64_t width, height; ///< below 2^31
  std::vector<uint8_t> bytes;
};

/// The content of a PNG file.
std::string formatPng(const Pixels &picture);

} // namespace nnc::runtime
