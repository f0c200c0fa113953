// IDX files, the format of MNIST: an array of any rank, big-endian.
#pragma once

#include "runtime/data/Array.h"

#include <string_view>

namespace nnc::runtime {

/// Whether a file begins like an IDX file.
bool isIdx(std::string_view content);

/// The contents of the header at the beginning of a file. Throws Error, naming `origin`, if it is none.
ArrayLayout layoutOfIdx(std::string_view content, const std::string &origin);

/// Throws Error, naming the file, if it is missing, truncated, damaged or of another format; gz
/// files are decompressed.
Array readIdx(const std::string &path);

} // namespace nnc::runtime
