// NPZ files, the format of NumPy for several arrays: a zip file whose members are NPY files.
#pragma once

#include "runtime/data/Array.h"

#include <map>
#include <string>
#include <string_view>

namespace nnc::runtime {

/// Whether a file begins like a zip file.
bool isZip(std::string_view content);

class NpzFile {
public:
  /// Reads the directory. Throws Error, naming the file, if it is missing, truncated or damaged.
  explicit NpzFile(const std::string &path);

  /// The names of the arrays: those of the members without .npy.
  std::vector<std::string> names() const;
  bool has(const std::string &name) const { return members.count(name) != 0; }
  /// Throws Error if the array is damaged or of a type that is not supported.
  Array read(const std::string &name) const;
  /// Where the elements of an array stand in the file. Throws Error if they are compressed.
  ArrayLayout layout(const std::string &name) const;

private:
  struct Member {
    uint64_t header = 0, compressed = 0, size = 0;
    uint32_t checksum = 0;
    uint16_t method = 0, flags = 0;
  };
  /// The place of a member's data.
  uint64_t dataOf(const std::string &name, const Member &member) const;
  std::string originOf(const std::string &name) const;

  RandomAccessFile file;
  std::map<std::string, Member> members; ///< by the name of the array
};

} // namespace nnc::runtime
