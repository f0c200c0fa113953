// The word that was probably meant in place of one that is not known, for the ends of messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nnc::runtime {

/// ", did you mean 'x'?" with the candidate nearest to `word`, if it is near enough to be a slip of
/// the fingers; else an empty string.
std::string suggestion(std::string_view word, const std::vector<std::string> &candidates);

/// The same, or all candidates if none is near.
std::string suggestionOrAll(std::string_view word, const std::vector<std::string> &candidates);

} // namespace nnc::runtime
