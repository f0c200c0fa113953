// Patterns of paths, such as "trunk.*" and `bias`: they say which parameters or parts of a model are
// meant. A `*` stands for any characters, and a pattern with one means the paths that it fits as a
// whole. Without one it means what it is a part of: `bias` and `dense.bias` mean `encoder.dense.bias`.
#pragma once

#include "lang/elaborate/values/Entity.h"
#include "lang/support/Diagnostics.h"

#include <span>
#include <string>
#include <string_view>

namespace nnc::lang {

bool matchesPath(std::string_view pattern, std::string_view path);
/// Whether any of the patterns means the path.
bool matchesAny(std::span<const Identifier> patterns, std::string_view path);

/// Reports a pattern that means none of the paths, with the nearest one that means some; false then.
bool checkPattern(Diagnostics &diagnostics, std::string_view pattern, SourceRange range,
                  std::span<const std::string> paths);

/// Checks the patterns of a value by parameters, also of those in it.
void checkPatterns(Diagnostics &diagnostics, const Entity &value,
                   std::span<const std::string> paths);

/// The value for the parameter at this path: a value that is not by parameters is that for all. Null
/// if the parameter is excepted.
const Entity *valueFor(const Entity &value, std::string_view path);

} // namespace nnc::lang
