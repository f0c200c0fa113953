// Implements ImageCache.
#include "runtime/images/Cache.h"

#include "runtime/support/Error.h"
#include "runtime/support/Output.h"

#include <algorithm>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace nnc::runtime {

/// A file is taken for a cache by these bytes. The line behind them has the key.
static constexpr std::string_view beginning = "nnc images ";
static constexpr size_t hashDigits = 16;

ImageCache::ImageCache(std::string path, const std::string &key, size_t count, size_t each)
    : path(std::move(path)), header(std::string(beginning) + key), count(count), each(each) {
  header.resize(start - 1, ' ');
  header += '\n';
  // A file that is empty or cut in these bytes was one, too.
  struct stat status;
  const std::string found = beginningOf(this->path, beginning.size());
  if (stat(this->path.c_str(), &status) == 0 && status.st_size > 0 &&
      (found.empty() || !beginning.starts_with(found)))
    fail("%s: it is not a cache of images, and is left alone: `cache` names a file of its own",
         this->path.c_str());
}

std::shared_ptr<const MappedFile> ImageCache::find() const {
  if (beginningOf(path, start) != header)
    return nullptr;
  const std::shared_ptr<const MappedFile> found = MappedFile::open(path);
  const size_t pixels = count * each;
  if (found->size() != start + pixels + hashDigits)
    return nullptr;
  Hash sum;
  constexpr size_t part = 1 << 20;
  for (size_t image = 0, read = 0; image < count; ++image, read += each) {
    sum.add(std::string_view(found->data() + start + image * each, each));
    if (read >= part) {
      MappedFile::keepBound();
      read = 0;
    }
  }
  return std::string_view(found->data() + start + pixels, hashDigits) == sum.text() ? found
                                                                                    : nullptr;
}

bool ImageCache::append(const char *pixels, size_t images) {
  if (failed)
    return false;
  try {
    if (!file) {
      file.emplace(path);
      file->write(header);
    }
    file->write(pixels, images * each);
    for (size_t image = 0; image < images; ++image)
      hash.add(std::string_view(pixels + image * each, each));
    written += images;
    if (written == count) {
      file->write(hash.text());
      file->commit();
      file.reset();
    }
    return true;
  } catch (const Error &error) {
    failed = true;
    file.reset();
    (void)writeAll(STDERR_FILENO,
                   text("warning: %s: images are decoded without a cache\n", error.what()));
    return false;
  }
}

} // namespace nnc::runtime
