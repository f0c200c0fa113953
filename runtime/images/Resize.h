// Parts of images in another size.
#pragma once

#include "runtime/images/Decode.h"

namespace nnc::runtime {

/// A part of an image.
struct ImagePart {
  int64_t top = 0, left = 0, rows = 0, columns = 0;
};

/// The part in the middle that has the proportions of `rows` x `columns`.
ImagePart middleOf(const ColourImage &image, int64_t rows, int64_t columns);

/// Writes the part in `rows` x `columns` pixels, red, green and blue: each is the mean over the area
/// that it has in the old image, rounded.
void resize(const ColourImage &image, const ImagePart &part, int64_t rows, int64_t columns,
            uint8_t *pixels);

} // namespace nnc::runtime
