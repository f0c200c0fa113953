// Implements the reader of images: in a folder for each class, or named in a table, in the size and
// the colours that the field has.
#include "runtime/data/ImageFiles.h"
#include "runtime/data/CsvFields.h"
#include "runtime/images/Cache.h"
#include "runtime/images/Resize.h"
#include "runtime/support/Error.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <sys/stat.h>
#include <thread>

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

/// Reads files into pixels in the size and the colours of a field.
class PixelReader {
public:
  /// `split` may be null.
  PixelReader(const DataField &field, const DataSplit *split)
      : field(field), rows(field.shape[0]), columns(field.shape[1]),
        coloured(field.shape.size() == 3 && field.shape[2] == 3), fits(split && split->resize),
        crop(split && split->crop) {}

  void read(const std::string &path, char *pixels) {
    uint8_t *result = reinterpret_cast<uint8_t *>(pixels);
    decodeImage(readFileOrGz(path), path, image, fits ? rows : INT64_MAX,
                fits ? columns : INT64_MAX);
    const uint8_t *colours = image.bytes.data();
    if (image.rows != rows || image.columns != columns) {
      const ImagePart part = partOf(path);
      if (coloured)
        return resizer.resize(image, part, rows, columns, result);
      fitted.resize(static_cast<size_t>(3 * rows * columns));
      resizer.resize(image, part, rows, columns, fitted.data());
      colours = fitted.data();
    }
    const size_t count = static_cast<size_t>(rows * columns);
    if (coloured) {
      std::copy(colours, colours + 3 * count, result);
      return;
    }
    for (size_t i = 0; i < count; ++i, colours += 3)
      result[i] = static_cast<uint8_t>(
          std::lround(0.299 * colours[0] + 0.587 * colours[1] + 0.114 * colours[2]));
  }

private:
  /// The part of the image that becomes the pixels of the field.
  ImagePart partOf(const std::string &path) const {
    if (crop && fits)
      return middleOf(image, rows, columns);
    if (crop && image.rows >= rows && image.columns >= columns)
      return {(image.rows - rows) / 2, (image.columns - columns) / 2, rows, columns};
    if (!fits)
      fail("%s: it has %lld x %lld pixels (rows, columns), and field '%s' %lld x %lld: resize = "
           "true in the reader makes them fit",
           path.c_str(), static_cast<long long>(image.rows), static_cast<long long>(image.columns),
           field.name.c_str(), static_cast<long long>(rows), static_cast<long long>(columns));
    return {0, 0, image.rows, image.columns};
  }

  const DataField &field;
  const int64_t rows, columns;
  const bool coloured, fits, crop;
  ColourImage image;
  std::vector<uint8_t> fitted;
  Resizer resizer;
};

Array readFile(const std::string &path, const DataField &field, const DataSplit *split) {
  Array array{DType::U8, field.shape, {}, path};
  array.bytes.resize(static_cast<size_t>(elementCount(field.shape)));
  PixelReader(field, split).read(path, array.bytes.data());
  return array;
}

/// Reads some of the files into `pixels` by as many threads as there are processors. The error is
/// that of the first file that has one.
void readFiles(std::span<const std::string> files, const DataField &field, const DataSplit &split,
               char *pixels) {
  const size_t each = static_cast<size_t>(elementCount(field.shape));
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  size_t failed = files.size();
  std::string message;
  auto work = [&] {
    PixelReader reader(field, &split);
    for (size_t file; (file = next++) < files.size();) {
      try {
        reader.read(files[file], pixels + file * each);
      } catch (const std::exception &error) {
        // Files before this one are read already, or at work.
        next = files.size();
        const std::lock_guard lock(mutex);
        if (file < failed) {
          failed = file;
          message = error.what();
        }
      }
    }
  };
  const size_t threads = std::min<size_t>(std::thread::hardware_concurrency(), files.size() / 4);
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; ++i)
    others.emplace_back(work);
  work();
  for (std::thread &other : others)
    other.join();
  if (failed < files.size())
    throw Error(message);
}

/// Reads the files part by part; stops when `use`, which is given the pixels of a part, returns false.
template <typename Use>
void forParts(const std::vector<std::string> &files, const DataField &field, const DataSplit &split,
              Use use) {
  constexpr int64_t largest = 32 << 20;
  const int64_t bytes = split.memory ? std::min(split.memory / 4, largest) : largest,
                each = elementCount(field.shape);
  const size_t part = static_cast<size_t>(std::max<int64_t>(1, bytes / each));
  Bytes pixels;
  for (size_t first = 0; first < files.size(); first += part) {
    const size_t count = std::min(part, files.size() - first);
    pixels.resize(count * static_cast<size_t>(each));
    readFiles(std::span(files).subspan(first, count), field, split, pixels.data());
    if (!use(pixels, count))
      return;
  }
}

/// All that the pixels of files depend on: what the files were when they were seen last, and what
/// makes pixels of them.
std::string keyOf(const std::vector<std::string> &files, const std::string &folder,
                  const DataField &field, const DataSplit &split) {
  Hash hash;
  hash.add(decoderVersion());
  for (int64_t size : field.shape)
    hash.add(static_cast<uint64_t>(size));
  hash.add(static_cast<uint64_t>(split.resize) * 2 + static_cast<uint64_t>(split.crop));
  for (const std::string &file : files) {
    struct stat status;
    if (stat(file.c_str(), &status) != 0)
      fail("%s: %s", file.c_str(), systemMessage(errno).c_str());
    // The folder of the data may be named in other ways.
    std::string_view name = file;
    if (!folder.empty() && name.starts_with(folder))
      name.remove_prefix(folder.size());
    hash.add(name);
    hash.add(static_cast<uint64_t>(status.st_size));
    hash.add(static_cast<uint64_t>(status.st_mtim.tv_sec));
    hash.add(static_cast<uint64_t>(status.st_mtim.tv_nsec));
  }
  return hash.text();
}

/// The pixels of all files that are in the cache, which is made if it is not there, or is another
/// one's; null if it cannot be made.
std::shared_ptr<const MappedFile> cached(const std::vector<std::string> &files,
                                         const std::string &folder, const DataField &field,
                                         const DataSplit &split) {
  ImageCache cache(joinPath(folder, split.cache), keyOf(files, folder, field, split), files.size(),
                   static_cast<size_t>(elementCount(field.shape)));
  std::shared_ptr<const MappedFile> found = cache.find();
  if (found)
    return found;
  forParts(files, field, split,
           [&](const Bytes &pixels, size_t count) { return cache.append(pixels.data(), count); });
  return cache.find();
}

/// The field of the files' pixels: in memory, in the cache, or else in a temporary file.
FieldData readAll(const std::vector<std::string> &files, const std::string &folder,
                  const DataField &field, const DataSplit &split, DataConventions &conventions) {
  const int64_t count = std::ssize(files);
  Array pixels{DType::U8, field.shape, {}, split.files[0]};
  pixels.shape.insert(pixels.shape.begin(), 0);
  std::shared_ptr<const MappedFile> file =
      split.cache.empty() ? nullptr : cached(files, folder, field, split);
  const size_t start = file ? ImageCache::start : 0;
  if (!file && split.memory) {
    TemporaryData data;
    forParts(files, field, split, [&](const Bytes &part, size_t) {
      data.append(part.data(), part.size());
      return true;
    });
    file = data.map();
  } else if (!file) {
    pixels.shape[0] = count;
    pixels.bytes.resize(static_cast<size_t>(pixels.count()));
    readFiles(files, field, split, pixels.bytes.data());
  }
  FieldData data = fieldFromArray(field, std::move(pixels), conventions, split.isTraining());
  data.file = std::move(file);
  data.fileStart = start;
  return data;
}

/// The examples of a split while its folders are read.
class ImageFolders {
public:
  ImageFolders(const DataBlock &block, const DataSplit &split, const std::string &folder,
               DataConventions &conventions)
      : split(split), folder(folder), conventions(conventions) {
    for (const DataField &field : block.fields)
      if (field.classes > 0)
        label = &field;
  }

  void add(const std::string &path) {
    if (!label)
      return addFiles(path, 0);
    const std::vector<std::string> folders = namesIn(path, true);
    if (folders.empty())
      fail("%s: it has no folders, and each class has one", path.c_str());
    std::vector<std::string> &names = conventions.classes[label->name];
    if (names.empty()) {
      if (std::ssize(folders) > label->classes)
        fail("%s: it has %zu folders, and field '%s' %lld classes", path.c_str(), folders.size(),
             label->name.c_str(), static_cast<long long>(label->classes));
      names = folders;
    }
    const ClassIndex index(names);
    for (const std::string &name : folders) {
      std::optional<int32_t> number = index.find(name);
      if (!number)
        fail("%s: '%s' is not a class of field '%s'%s", joinPath(path, name).c_str(),
             printable(name).c_str(), label->name.c_str(), suggestionOrAll(name, names).c_str());
      addFiles(joinPath(path, name), *number);
    }
  }

  Dataset finish(const DataBlock &block) {
    const int64_t count = static_cast<int64_t>(labels.size());
    Dataset dataset;
    dataset.examples = count;
    for (const DataField &field : block.fields) {
      if (&field != label) {
        dataset.fields.push_back(readAll(files, folder, field, split, conventions));
        continue;
      }
      Array numbers{DType::I32, {count}, {}, split.files[0]};
      numbers.bytes.assign(reinterpret_cast<const char *>(labels.data()),
                           reinterpret_cast<const char *>(labels.data() + labels.size()));
      dataset.fields.push_back(
          fieldFromArray(field, std::move(numbers), conventions, split.isTraining()));
    }
    return dataset;
  }

private:
  void addFiles(const std::string &path, int32_t number) {
    const std::vector<std::string> names = namesIn(path, false);
    if (names.empty())
      fail("%s: it has no images: files .png, .jpg, .bmp, .ppm or .pgm", path.c_str());
    for (const std::string &name : names)
      files.push_back(joinPath(path, name));
    labels.resize(files.size(), number);
  }

  const DataSplit &split;
  const std::string &folder; ///< of the data
  DataConventions &conventions;
  const DataField *label = nullptr;
  std::vector<std::string> files;
  std::vector<int32_t> labels;
};

/// Tables have the names of files, relative to their own folder, beside a class or other values. The
/// column of the image is one of words.
Dataset readTable(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions) {
  std::optional<size_t> place;
  const DataBlock columns = fieldsOfImageTable(block, place);
  DataSplit inMemory = split;
  inMemory.memory = 0;
  Dataset dataset = readCsvSplit(columns, inMemory, folder, conventions);
  std::vector<std::string> files;
  size_t table = 0;
  for (int64_t row = 0; row < dataset.examples; ++row) {
    while (table + 1 < dataset.places.files.size() && dataset.places.files[table + 1].first <= row)
      ++table;
    files.push_back(fileOfImage(dataset.fields[*place], row, dataset.places.files[table].second));
  }
  dataset.fields[*place] = readAll(files, folder, block.fields[*place], split, conventions);
  return dataset;
}

Dataset readSplitOfImages(const DataBlock &block, const DataSplit &split, const std::string &folder,
                          DataConventions &conventions) {
  if (readsImageTables(split))
    return readTable(block, split, folder, conventions);
  ImageFolders folders(block, split, folder, conventions);
  for (const std::string &file : split.files)
    folders.add(joinPath(folder, file));
  return folders.finish(block);
}

constexpr ImageReader thisReader = {readSplitOfImages, readFile, readAll};

} // namespace

} // namespace nnc::runtime

/// Main.cpp finds it where it is linked with.
extern "C" const nnc::runtime::ImageReader *nnc_images();
extern "C" const nnc::runtime::ImageReader *nnc_images() { return &nnc::runtime::thisReader; }
