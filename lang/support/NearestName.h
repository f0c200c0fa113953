// The name that was probably meant in place of one that is not known.
#pragma once

#include <span>
#include <string_view>

namespace nnc::lang {

/// The candidate nearest to a name that was not found, when it is near enough to be what was meant;
/// else empty. In upper or lower case is the same.
std::string_view nearestName(std::string_view name, std::span<const std::string_view> candidates);

} // namespace nnc::lang
