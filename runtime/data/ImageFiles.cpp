// Implements the way to the reader of images, where there is one.
#include "runtime/data/ImageFiles.h"

#include "runtime/support/Error.h"
#include "runtime/support/File.h"

#include <cstdint>
#include <cstring>

namespace nnc::runtime {

const ImageReader *imageReader = nullptr;

bool isNamedImage(const std::string &path) {
  const std::string extension = extensionOf(path);
  for (const char *known :
       {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".PNG", ".JPG", ".JPEG", ".BMP"})
    if (extension == known)
      return true;
  return false;
}

static const ImageReader &reader(const std::string &path) {
  if (!imageReader)
    fail("%s: this program has no data block that reads images, so that it was linked without "
         "their reader",
         path.c_str());
  return *imageReader;
}

Dataset readImagesSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                        DataConventions &conventions) {
  return reader(joinPath(folder, split.files[0])).readSplit(block, split, folder, conventions);
}

Array readImage(const std::string &path, const DataField &field, const DataSplit *split) {
  return reader(path).readFile(path, field, split);
}

FieldData readImageFiles(const std::vector<std::string> &files, const DataField &field,
                         const DataSplit &split, DataConventions &conventions) {
  return reader(split.files[0]).readFiles(files, "", field, split, conventions);
}

bool readsImageTables(const DataSplit &split) {
  if (split.reader != "images")
    return false;
  const std::string extension = extensionOf(withoutGz(split.files.at(0)));
  return extension == ".csv" || extension == ".tsv" || extension == ".txt";
}

DataBlock fieldsOfImageTable(const DataBlock &block, std::optional<size_t> &place) {
  DataBlock columns = block;
  for (size_t i = 0; i < columns.fields.size(); ++i)
    if (DataField &field = columns.fields[i]; field.shape.size() > 1) {
      place = i;
      const std::string name = field.name;
      field = DataField();
      field.name = name;
      field.dtype = DType::I32;
      field.categories = true;
      field.classes = INT32_MAX;
    }
  return columns;
}

std::string fileOfImage(const FieldData &names, int64_t row, const std::string &table) {
  int32_t code;
  std::memcpy(&code, names.data(row), sizeof code);
  const size_t slash = table.rfind('/');
  return joinPath(slash == std::string::npos ? "" : table.substr(0, slash),
                  names.words[static_cast<size_t>(code)].word);
}

} // namespace nnc::runtime
