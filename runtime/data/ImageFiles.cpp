// Implements the way to the reader of images, where there is one.
#include "runtime/data/ImageFiles.h"

#include "runtime/support/Error.h"
#include "runtime/support/File.h"

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

} // namespace nnc::runtime
