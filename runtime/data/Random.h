// Random examples in place of files, for problems whose data the program computes from them.
#pragma once

#include "runtime/data/Dataset.h"

#include <string>

namespace nnc::runtime {

/// The examples of a split: floats in [0, 1) and uniformly distributed classes. They are the same
/// in each run, and differ between splits. Throws Error if a field is neither a float nor a class.
Dataset drawSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions);

} // namespace nnc::runtime
