// Files that hold one array of numbers: IDX (the format of MNIST) and NPY (NumPy's).
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

/// Both throw Error, naming the file, if it is missing, truncated, damaged or of another format; gz
/// files are decompressed.
Array readIdx(const std::string &path);
Array readNpy(const std::string &path);

/// An NPY file in memory.
std::string formatNpy(DType dtype, const Shape &shape, const char *data);

} // namespace nnc::runtime
