// What the machine has that a program runs on: the processor's features and memory.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nnc::runtime {

/// Those of `features`, by the names in Abi.h, that this processor, or its operating system, does
/// not offer.
std::vector<std::string> missingFeatures(const std::vector<std::string> &features);

/// Bytes of memory that this process can have: the machine's, or less where its control group or
/// a limit of the process says so; with swap.
size_t usableMemory();

} // namespace nnc::runtime
