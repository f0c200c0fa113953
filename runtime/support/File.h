// Files as a whole: reading one, decompressed if it is a gz file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::runtime {

/// Leaves new elements uninitialised: the bytes of a file are written right after.
template <typename T> struct UninitializedAllocator : std::allocator<T> {
  template <typename U> struct rebind {
    using other = UninitializedAllocator<U>;
  };
  template <typename U> void construct(U *place) { ::new (static_cast<void *>(place)) U; }
  template <typename U, typename... Arguments> void construct(U *place, Arguments &&...arguments) {
    ::new (static_cast<void *>(place)) U(std::forward<Arguments>(arguments)...);
  }
};

using Bytes = std::vector<char, UninitializedAllocator<char>>;

/// A file that is read from its beginning on; "-" is the standard input. Throws Error, naming the
/// file, if it cannot be read.
class InputFile {
public:
  explicit InputFile(const std::string &path);
  InputFile(const InputFile &) = delete;
  ~InputFile();

  /// Bytes of the whole file; 0 if that is not known before it is read.
  size_t size() const { return expected; }
  /// Appends the next `count` bytes to `content`, fewer only if the file ends.
  void read(Bytes &content, size_t count = SIZE_MAX);

private:
  std::string path;
  int descriptor;
  size_t expected = 0;
};

/// A file of which any part is read. Throws Error, naming the file, if it cannot be read.
class RandomAccessFile {
public:
  explicit RandomAccessFile(const std::string &path);
  RandomAccessFile(const RandomAccessFile &) = delete;
  ~RandomAccessFile();

  uint64_t size() const { return length; }
  const std::string &origin() const { return path; }
  /// Fills `count` bytes from those at `offset`. Throws Error if the file ends before. Several
  /// threads may read at once.
  void read(char *to, size_t count, uint64_t offset) const;
  Bytes read(uint64_t offset, size_t count) const;

private:
  std::string path;
  int descriptor;
  uint64_t length = 0;
};

/// The content of a file; "-" is the standard input. Throws Error if it cannot be read.
Bytes readFile(const std::string &path);

/// The same, and decompresses what begins like a gz file, whatever its name. Throws Error if that
/// is damaged or truncated.
Bytes readFileOrGz(const std::string &path);

/// The same of the content of a file.
bool isGz(const Bytes &content);
Bytes unpacked(Bytes content, const std::string &path);

/// The content of a deflate stream without a header. Throws Error, naming `origin`, if it is damaged
/// or has not `size` bytes.
Bytes inflate(const Bytes &compressed, uint64_t size, const std::string &origin);

/// The first `size` bytes of a regular file, or fewer if it has no more; empty if it cannot be
/// read.
std::string beginningOf(const std::string &path, size_t size);

/// Makes a folder with those that it is in; false if it is there already. Throws Error.
bool makeFolder(const std::string &path);

/// Whether there is something of this name, if only a symbolic link that leads nowhere.
bool exists(const std::string &path);

/// `path` if it is absolute or "-", else `folder`/`path`.
std::string joinPath(const std::string &folder, const std::string &path);

/// `path` without a .gz at its end.
std::string withoutGz(const std::string &path);

/// The end of the name from its last dot on, in lower case: ".csv"; empty if there is none.
std::string extensionOf(const std::string &path);

} // namespace nnc::runtime
