// The training steps of buckets: the same program for shorter examples.
#pragma once

#include "lang/Program.h"
#include "lang/support/Diagnostics.h"

#include <functional>
#include <optional>

namespace nnc::lang {

/// Elaborates the program for a bucket: padded dimensions have their bucketSize().
using ElaborateBucket = std::function<std::optional<Program>(int64_t bucket, Diagnostics &)>;

/// Adds the training steps of the buckets to a program with `bucket = true`. Reports an error if
/// the data has no padded dimension, if the step of a bucket does not elaborate, or if its
/// parameters or states have other sizes.
void addBuckets(Program &program, const ElaborateBucket &elaborate, Diagnostics &diagnostics);

} // namespace nnc::lang
