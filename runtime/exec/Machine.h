// The features of this machine's processor, and its memory.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nnc::runtime {

/// The `features`, by their names in Abi.h, that this processor or its operating system lacks.
std::vector<std::string> missingFeatures(const std::vector<std::string> &features);

/// Bytes of memory and swap that this process can use: the machine's, its control group's limit, or
/// its own limit, whichever is least.
size_t usableMemory();

} // namespace nnc::runtime
