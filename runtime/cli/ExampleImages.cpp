// Implements the drawing of images of examples.
#include "runtime/cli/ExampleImages.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

bool isImage(const DataField &field) {
  size_t rank = field.shape.size();
  return !field.padded && isFloat(field.dtype) &&
         (rank == 2 || (rank == 3 && (field.shape[2] == 1 || field.shape[2] == 3)));
}

Image imageOf(const char *data, DType dtype, const DataField &field, int64_t example) {
  Image image(static_cast<size_t>(elementCount(field.shape)));
  for (size_t i = 0; i < image.size(); ++i)
    image[i] =
        loadElement(data, dtype, example * elementCount(field.shape) + static_cast<int64_t>(i)) /
        (dtype == DType::U8 ? 255 : 1);
  return image;
}

ContactSheet::ContactSheet(const DataField &field, int64_t columns, int64_t rows,
                           const std::vector<Image> &originals, int64_t gap)
    : field(field), gap(gap),
      picture(columns * (field.shape[1] + gap) + gap, rows * (field.shape[0] + gap) + gap, 64) {
  for (const Image &image : originals)
    for (double number : image) {
      low = std::min(low, number);
      high = std::max(high, number);
    }
}

void ContactSheet::draw(const Image &image, int64_t column, int64_t row) {
  const int64_t channels = field.shape.size() == 3 ? field.shape[2] : 1;
  for (int64_t y = 0; y < field.shape[0]; ++y)
    for (int64_t x = 0; x < field.shape[1]; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        double number = image[static_cast<size_t>((y * field.shape[1] + x) * channels +
                                                  (channels == 3 ? c : 0))];
        double grey = std::clamp((number - low) / (high - low), 0.0, 1.0);
        picture.pixel(gap + row * (field.shape[0] + gap) + y,
                      gap + column * (field.shape[1] + gap) + x)[c] =
            static_cast<uint8_t>(std::lround(255 * grey));
      }
}

} // namespace nnc::runtime
