// The reader of images, which is linked only with programs that read some: libpng and libjpeg are
// large.
#pragma once

#include "runtime/data/Dataset.h"

#include <string>

namespace nnc::runtime {

struct ImageReader {
  /// Reads the folders of a split. Throws Error.
  Dataset (*readSplit)(const DataBlock &block, const DataSplit &split, const std::string &folder,
                       DataConventions &conventions);
  /// One image as an example of the field, as `split` (may be null) makes it fit. Throws Error.
  Array (*readFile)(const std::string &path, const DataField &field, const DataSplit *split);
};

/// That of this program; null if it reads no images.
extern const ImageReader *imageReader;

/// Whether a file's name says that it is an image: .png, .jpg, .jpeg, .bmp, .ppm, .pgm.
bool isNamedImage(const std::string &path);

/// Throws Error if this program reads no images.
Dataset readImagesSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                        DataConventions &conventions);
Array readImage(const std::string &path, const DataField &field, const DataSplit *split);

} // namespace nnc::runtime
