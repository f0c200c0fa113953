// Writing to the standard output and error without buffers, and descriptors that are there from the
// start.
#pragma once

#include <string_view>

namespace nnc::runtime {

/// Opens the descriptors 0, 1 and 2 where the process was started without them, so that no file
/// that is opened later becomes the standard output. Reading from, or writing to, such a descriptor
/// fails, since nothing would come of it.
void openStandardDescriptors();

/// Writes all of `data` to a file descriptor; 0, or the errno of the failure with the number of
/// bytes that were written in `written`.
int writeAll(int descriptor, std::string_view data, size_t &written);
int writeAll(int descriptor, std::string_view data);

/// Writes to the standard output, for commands whose product it is. Throws Error with the reason if
/// that fails.
void print(std::string_view data);

} // namespace nnc::runtime
