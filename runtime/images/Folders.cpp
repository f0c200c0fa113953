// Implements the reader of image folders: a folder of images for each class, and the size and the
// colours that the field has.
#include "runtime/data/ImageFiles.h"
#include "runtime/images/Decode.h"
#include "runtime/support/Error.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

namespace nnc::runtime {

namespace {

/// The names in a folder in the order of their bytes, without hidden ones.
std::vector<std::string> namesIn(const std::string &path, bool folders) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entries(path, error);
  if (error)
    fail("%s: %s", path.c_str(),
         error == std::errc::no_such_file_or_directory ? "no such file or directory"
                                                       : error.message().c_str());
  for (const std::filesystem::directory_entry &entry : entries) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && entry.is_directory(error) == folders &&
        (folders || isNamedImage(name)))
      names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

/// Means over the area that each new pixel has in the old image.
ColourImage resized(const ColourImage &image, int64_t rows, int64_t columns) {
  ColourImage result{rows, columns, std::vector<uint8_t>(static_cast<size_t>(3 * rows * columns))};
  const double height = double(image.rows) / double(rows),
               width = double(image.columns) / double(columns);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      const double top = double(row) * height, left = double(column) * width;
      const double bottom = std::min(top + height, double(image.rows)),
                   right = std::min(left + width, double(image.columns));
      double sums[3] = {}, area = 0;
      for (int64_t y = int64_t(top); y < image.rows && double(y) < bottom; ++y)
        for (int64_t x = int64_t(left); x < image.columns && double(x) < right; ++x) {
          const double part = (std::min(bottom, double(y + 1)) - std::max(top, double(y))) *
                              (std::min(right, double(x + 1)) - std::max(left, double(x)));
          for (size_t channel = 0; channel < 3; ++channel)
            sums[channel] += part * image.bytes[size_t(3 * (y * image.columns + x)) + channel];
          area += part;
        }
      for (size_t channel = 0; channel < 3; ++channel)
        result.bytes[size_t(3 * (row * columns + column)) + channel] =
            static_cast<uint8_t>(std::lround(sums[channel] / area));
    }
  return result;
}

Array readFile(const std::string &path, const DataField &field, bool resize) {
  const bool coloured = field.shape.size() == 3 && field.shape[2] == 3;
  ColourImage image = decodeImage(readFileOrGz(path), path);
  if (image.rows != field.shape[0] || image.columns != field.shape[1]) {
    if (!resize)
      fail("%s: it has %lld x %lld pixels (rows, columns), and field '%s' %lld x %lld: resize = "
           "true in the reader makes them fit",
           path.c_str(), static_cast<long long>(image.rows), static_cast<long long>(image.columns),
           field.name.c_str(), static_cast<long long>(field.shape[0]),
           static_cast<long long>(field.shape[1]));
    image = resized(image, field.shape[0], field.shape[1]);
  }
  Array array{DType::U8, field.shape, {}, path};
  if (coloured) {
    array.bytes.assign(image.bytes.begin(), image.bytes.end());
    return array;
  }
  array.bytes.resize(image.bytes.size() / 3);
  for (size_t i = 0; i < array.bytes.size(); ++i)
    array.bytes[i] = static_cast<char>(static_cast<uint8_t>(
        std::lround(0.299 * image.bytes[3 * i] + 0.587 * image.bytes[3 * i + 1] +
                    0.114 * image.bytes[3 * i + 2])));
  return array;
}

/// The examples of a split while its folders are read.
class ImageFolders {
public:
  ImageFolders(const DataBlock &block, const DataSplit &split, DataConventions &conventions)
      : split(split), conventions(conventions) {
    for (const DataField &field : block.fields)
      (field.classes > 0 ? label : image) = &field;
  }

  void add(const std::string &folder) {
    if (!label)
      return addImages(folder, 0);
    const std::vector<std::string> folders = namesIn(folder, true);
    if (folders.empty())
      fail("%s: it has no folders, and each class has one", folder.c_str());
    std::vector<std::string> &names = conventions.classes[label->name];
    if (names.empty()) {
      if (std::ssize(folders) > label->classes)
        fail("%s: it has %zu folders, and field '%s' %lld classes", folder.c_str(), folders.size(),
             label->name.c_str(), static_cast<long long>(label->classes));
      names = folders;
    }
    const ClassIndex index(names);
    for (const std::string &name : folders) {
      std::optional<int32_t> number = index.find(name);
      if (!number)
        fail("%s: '%s' is not a class of field '%s'%s", joinPath(folder, name).c_str(),
             printable(name).c_str(), label->name.c_str(), suggestionOrAll(name, names).c_str());
      addImages(joinPath(folder, name), *number);
    }
  }

  Dataset finish(const DataBlock &block) {
    const int64_t count = static_cast<int64_t>(labels.size());
    Dataset dataset;
    dataset.examples = count;
    Array images{DType::U8, image->shape, std::move(pixels), split.files[0]};
    images.shape.insert(images.shape.begin(), count);
    Array numbers{DType::I32, {count}, {}, split.files[0]};
    numbers.bytes.assign(reinterpret_cast<const char *>(labels.data()),
                         reinterpret_cast<const char *>(labels.data() + labels.size()));
    const bool training = split.isTraining();
    for (const DataField &field : block.fields)
      dataset.fields.push_back(fieldFromArray(field, std::move(&field == label ? numbers : images),
                                              conventions, training));
    return dataset;
  }

private:
  void addImages(const std::string &folder, int32_t number) {
    const std::vector<std::string> files = namesIn(folder, false);
    if (files.empty())
      fail("%s: it has no images: files .png, .jpg, .bmp, .ppm or .pgm", folder.c_str());
    for (const std::string &file : files) {
      const Array array = readFile(joinPath(folder, file), *image, split.resize);
      pixels.insert(pixels.end(), array.bytes.begin(), array.bytes.end());
      labels.push_back(number);
    }
  }

  const DataSplit &split;
  DataConventions &conventions;
  const DataField *image = nullptr, *label = nullptr;
  Bytes pixels;
  std::vector<int32_t> labels;
};

Dataset readSplitOfImages(const DataBlock &block, const DataSplit &split, const std::string &folder,
                          DataConventions &conventions) {
  ImageFolders folders(block, split, conventions);
  for (const std::string &file : split.files)
    folders.add(joinPath(folder, file));
  return folders.finish(block);
}

constexpr ImageReader thisReader = {readSplitOfImages, readFile};

} // namespace

} // namespace nnc::runtime

/// Main.cpp finds it where it is linked with.
extern "C" const nnc::runtime::ImageReader *nnc_images();
extern "C" const nnc::runtime::ImageReader *nnc_images() { return &nnc::runtime::thisReader; }
