// The standard library's source, embedded in the compiler: the files of lang/std, in alphabetical
// order.
#pragma once

#include <span>
#include <string_view>

namespace nnc::lang {

struct StandardSource {
  std::string_view name; // "std/layers.nn", for messages
  std::string_view text;
};

std::span<const StandardSource> standardSources();

} // namespace nnc::lang
