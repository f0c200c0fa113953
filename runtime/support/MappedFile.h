// Files in the address space of the process: data that is larger than memory. Together they keep no
// more in memory than a stated number of bytes.
#pragma once

#include "runtime/support/File.h"

#include <memory>
#include <string>

namespace nnc::runtime {

/// If a mapped file is cut while the process reads it, the process ends with a message.
class MappedFile {
public:
  /// Throws Error, naming the file, if it cannot be mapped.
  static std::shared_ptr<const MappedFile> open(const std::string &path);
  MappedFile(const MappedFile &) = delete;
  ~MappedFile();

  const char *data() const { return begin; }
  size_t size() const { return length; }
  /// Has these bytes read from the disk, so that who takes them later does not wait.
  void readAhead(size_t from, size_t to) const;

  /// Is called now and then by who goes through data: gives back the memory of all mapped files if
  /// they have more than their bound.
  static void keepBound();
  /// The bound of all mapped files together becomes the least that was given, and at least 1 MB.
  static void limit(size_t bytes);

private:
  friend class TemporaryData;
  MappedFile(int descriptor, std::string path);

  std::string path;
  const char *begin = nullptr;
  size_t length = 0;
};

/// A file without a name that grows at its end, in the folder TMPDIR or /var/tmp.
class TemporaryData {
public:
  /// Throws Error, naming the folder, if a file cannot be made.
  TemporaryData();
  TemporaryData(const TemporaryData &) = delete;
  ~TemporaryData();

  /// Throws Error if the disk is full.
  void append(const char *data, size_t size);
  size_t size() const { return length; }
  std::shared_ptr<const MappedFile> map();

private:
  void write(const char *data, size_t size);
  void flush();

  std::string folder;
  int descriptor;
  size_t length = 0;
  Bytes buffer;
};

} // namespace nnc::runtime
