// Examples that are drawn in the place of files, for problems whose data a program computes.
#pragma once

#include "runtime/data/Dataset.h"

#include <string>

namespace nnc::runtime {

/// The examples of a split: floats from 0 up to, without, 1, and classes that are equally likely.
/// They are the same in each run; those of another split are others. Throws Error if a field is
/// neither.
Dataset drawSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions);

} // namespace nnc::runtime
