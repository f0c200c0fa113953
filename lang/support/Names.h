// Lists of names that the front end knows.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace nnc::lang {

inline bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

} // namespace nnc::lang
