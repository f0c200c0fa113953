// Data that the program computes, `made(2000) { ... }`.
#pragma once

#include "runtime/data/Dataset.h"

#include <string>

namespace nnc::runtime {

/// The examples of a split, computed one by one. Throws Error if a number is not finite or a class
/// is out of range.
Dataset makeSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions);

} // namespace nnc::runtime
