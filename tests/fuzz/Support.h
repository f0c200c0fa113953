// Helpers of the fuzz targets: scratch files, calls of readers, checks.
#pragma once

#include "runtime/support/Error.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

/// libFuzzer's own mutation of bytes, for custom mutators.
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace nnc::fuzz {

/// Puts bytes into a file of this name, in memory where the system can, and returns its path. The
/// file is replaced by the next one of the name.
std::string placeFile(const char *name, const uint8_t *data, size_t size);

/// Ends the process, which the fuzzer reports, unless the condition holds.
inline void require(bool condition, const char *what) {
  if (condition)
    return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// Calls a reader and checks that a refusal is an Error of one line that names the file.
template <typename Read> void callReader(const std::string &path, Read read) {
  try {
    read();
  } catch (const runtime::Error &error) {
    std::string message = error.what();
    require(message.starts_with(path), message.c_str());
    require(message.find('\n') == std::string::npos, message.c_str());
  }
}

/// Reads all bytes, so that those beyond the end of a buffer are noticed.
void touch(const char *data, size_t size);

} // namespace nnc::fuzz
