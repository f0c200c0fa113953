// Images among the fields of examples, drawn side by side.
#pragma once

#include "runtime/model/Description.h"
#include "runtime/support/Png.h"

#include <string>
#include <vector>

namespace nnc::runtime {

/// The numbers of a field of one example.
using Image = std::vector<double>;

/// Whether a field holds images: float[rows, columns], or with one or three channels behind.
bool isImage(const DataField &field);

/// The numbers of example `example` of `data`; bytes are divided by 255.
Image imageOf(const char *data, DType dtype, const DataField &field, int64_t example);

/// Images of a field in rows and columns. Those with numbers from 0 to 1 are drawn as they are,
/// others from the least to the largest number of `originals`.
class ContactSheet {
public:
  /// With `gap` pixels around each image.
  ContactSheet(const DataField &field, int64_t columns, int64_t rows,
               const std::vector<Image> &originals, int64_t gap);

  void draw(const Image &image, int64_t column, int64_t row);
  /// The content of a PNG file.
  std::string png() const { return formatPng(picture); }

private:
  const DataField &field;
  const int64_t gap;
  Pixels picture;
  double low = 0, high = 1;
};

} // namespace nnc::runtime
