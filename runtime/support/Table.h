// Tables on the standard output.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nnc::runtime {

/// Rows as lines, with columns that are as wide as their widest cell; columns [firstNumber, endNumber)
/// flush right.
std::string formatTable(const std::vector<std::vector<std::string>> &rows, size_t firstNumber,
                        size_t endNumber);

/// Prints them.
void printTable(const std::vector<std::vector<std::string>> &rows, size_t firstNumber,
                size_t endNumber);

} // namespace nnc::runtime
