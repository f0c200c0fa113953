// Shapes as programs write them where a tensor is made: numbers, lists of them, `shape(x)`.
#pragma once

#include "lang/elaborate/graph/Emitter.h"

#include <optional>
#include <vector>

namespace nnc::lang {

/// The dimensions that the arguments of a call give, one behind the other; a tensor stands for its
/// shape. Nothing, with an error, where one of them is neither a dimension nor several.
std::optional<Shape> readSizes(Environment &environment, const std::vector<GivenArgument> &sizes,
                               int64_t elements = 0);

} // namespace nnc::lang
