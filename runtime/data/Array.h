// An array of numbers as a file holds it, in element types that the runtime has.
#pragma once

#include "runtime/support/File.h"
#include "runtime/support/Tensor.h"

#include <string>

namespace nnc::runtime {

/// Dense, row-major, in the machine's byte order. Types that the runtime does not have are widened
/// (bools, signed bytes and 16-bit integers to i32, unsigned 32- and 64-bit ones to i64, half
/// precision to f32); u8 is unsigned bytes.
struct Array {
  DType dtype = DType::U8;
  Shape shape;
  Bytes bytes;
  std::string origin; ///< file name, for errors

  int64_t count() const { return elementCount(shape); }
};

/// An element type of a file.
struct FileType {
  char kind; ///< 'u', 'i', 'f', 'b' (a bool) or 'h' (bfloat16)
  int size;  ///< bytes
};

/// How the elements of an array stand in a file.
struct ArrayLayout {
  Shape shape;
  FileType type = {'u', 1};
  bool bigEndian = false;
  bool columnMajor = false; ///< the first index varies fastest
  size_t start = 0;         ///< of the first element in the file

  /// The bytes of all elements. Throws Error, naming `origin`, if they are too many to count.
  size_t bytes(const std::string &origin) const;
  /// The type of the elements in memory.
  DType dtype() const;
};

/// The elements of a file that begins with its header. Throws Error if there are fewer or more of
/// them than the layout says.
Array takeElements(Bytes content, const ArrayLayout &layout, const std::string &origin);

/// Converts `count` elements as they stand in a file to those of dtype() in `to`. Throws Error if
/// one of them is too large for that.
void convertStored(const char *from, char *to, int64_t count, const ArrayLayout &layout,
                   const std::string &origin);

} // namespace nnc::runtime
