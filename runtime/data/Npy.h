// NPY files, the format of NumPy for one array.
#pragma once

#include "runtime/data/Array.h"

#include <string>
#include <string_view>

namespace nnc::runtime {

/// Whether a file begins like an NPY file.
bool isNpy(std::string_view content);

/// The contents of the header at the beginning of a file. Throws Error, naming `origin`, if it is none.
ArrayLayout layoutOfNpy(std::string_view content, const std::string &origin);

/// The array in the content of a file. Throws Error, naming `origin`.
Array parseNpy(Bytes content, const std::string &origin);

/// Throws Error, naming the file, if it is missing, truncated, damaged or of another format; gz
/// files are decompressed.
Array readNpy(const std::string &path);

/// An NPY file in memory.
std::string formatNpy(DType dtype, const Shape &shape, const char *data);

} // namespace nnc::runtime
