// The pixels of image files, kept in a file from one run to the next.
#pragma once

#include "runtime/support/AtomicFile.h"
#include "runtime/support/Hash.h"
#include "runtime/support/MappedFile.h"

#include <memory>
#include <optional>
#include <string>

namespace nnc::runtime {

/// A file of a line that says of which images it has the pixels, the pixels, and their hash. It is
/// read only if all three are as expected.
class ImageCache {
public:
  /// `key` is a hash of all that the pixels depend on: `count` images of `each` bytes. Throws Error
  /// if another file is at `path`, which is never replaced.
  ImageCache(std::string path, const std::string &key, size_t count, size_t each);

  /// The bytes in front of the pixels.
  static constexpr size_t start = 64;
  /// Null if the file is missing, cut, damaged, or has other pixels.
  std::shared_ptr<const MappedFile> find() const;

  /// Appends whole images to a new version of the file, which is in place once it has all. False if
  /// that cannot be, with a warning for the first time.
  bool append(const char *pixels, size_t images);

private:
  const std::string path;
  std::string header;
  const size_t count, each;
  std::optional<AtomicFile> file;
  Hash hash;
  size_t written = 0;
  bool failed = false;
};

} // namespace nnc::runtime
