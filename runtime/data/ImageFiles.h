// The reader of images, which is linked only with programs that read some: libpng and libjpeg are
// large.
#pragma once

#include "runtime/data/Dataset.h"

#include <optional>
#include <string>
#include <vector>

namespace nnc::runtime {

struct ImageReader {
  /// Reads the folders of a split. Throws Error.
  Dataset (*readSplit)(const DataBlock &block, const DataSplit &split, const std::string &folder,
                       DataConventions &conventions);
  /// One image as an example of the field, as `split` (may be null) makes it fit. Throws Error.
  Array (*readFile)(const std::string &path, const DataField &field, const DataSplit *split);
  /// Files as examples of the field; a cache is in `folder`. Throws Error.
  FieldData (*readFiles)(const std::vector<std::string> &files, const std::string &folder,
                         const DataField &field, const DataSplit &split,
                         DataConventions &conventions);
};

/// That of this program; null if it reads no images.
extern const ImageReader *imageReader;

/// Whether a file's name says that it is an image: .png, .jpg, .jpeg, .bmp, .ppm, .pgm.
bool isNamedImage(const std::string &path);

/// Throws Error if this program reads no images.
Dataset readImagesSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                        DataConventions &conventions);
Array readImage(const std::string &path, const DataField &field, const DataSplit *split);
FieldData readImageFiles(const std::vector<std::string> &files, const DataField &field,
                         const DataSplit &split, DataConventions &conventions);

/// Whether a split's files are tables that name images.
bool readsImageTables(const DataSplit &split);
/// The block of such a table, in which the images are words, and the place of these words.
DataBlock fieldsOfImageTable(const DataBlock &block, std::optional<size_t> &place);
/// The file that a row names, relative to the folder of its table.
std::string fileOfImage(const FieldData &names, int64_t row, const std::string &table);

} // namespace nnc::runtime
