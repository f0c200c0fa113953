// The training steps of buckets: the same program for shorter examples.
#pragma once

#include "lang/Program.h"
#include "lang/support/Diagnostics.h"

#include <functional>
#include <optional>

namespace nnc::lang {

/// Elaborates the program with padded dimensions of `bucket` parts of their size.
using ElaborateBucket = std::function<std::optional<Program>(int64_t bucket, Diagnostics &)>;

/// Adds the training steps of the buckets to a program with `bucket = true`. Reports an error if the
/// data has no padded dimension, or if there is no such step with the same parameters and states.
void addBuckets(Program &program, const ElaborateBucket &elaborate, Diagnostics &diagnostics);

} // namespace nnc::lang
