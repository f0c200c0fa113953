// An array of numbers as a file holds it, in element types that the runtime has.
#pragma once

#include "runtime/support/File.h"
#include "runtime/support/Tensor.h"

#include <string>

namespace nnc::runtime {

/// Dense, row-major, in the machine's byte order. Types that the runtime does not have are widened
/// (bools, signed bytes and 16-bit integers to i32, half precision to f32); u8 is unsigned bytes.
struct Array {
  DType dtype = DType::U8;
  Shape shape;
  Bytes bytes;
  std::string origin; ///< file name, for errors

  int64_t count() const { return elementCount(shape); }
};

/// An element type of a file.
struct FileType {
  char kind; ///< 'u', 'i', 'f' or 'b' (a bool)
  int size;  ///< bytes
};

/// Takes the elements, which stand in a file behind its header of `start` bytes. The array has its
/// shape and origin already. Throws Error if there are fewer or more.
void takeElements(Array &array, Bytes content, size_t start, FileType type, bool bigEndian);

} // namespace nnc::runtime
