// Which argument of a call is meant for which parameter: by position or by name.
#pragma once

#include "lang/elaborate/environment/Environment.h"

#include <span>
#include <string_view>
#include <vector>

namespace nnc::lang {

/// Finds for each parameter its argument; null where the default holds. `what` is "input" or
/// "setting". False, with an error, when they do not match.
bool matchArguments(Environment &environment, std::string_view callable, std::string_view what,
                    std::span<const Parameter> parameters, const std::vector<GivenArgument> &given,
                    bool defaults, SourceRange range, std::vector<const GivenArgument *> &matched);

/// Reports `dense(x, 64)`. `defaults`: the settings may be left out.
void reportInputAmongSettings(Environment &environment, std::string_view callable, bool defaults,
                              const std::vector<GivenArgument> &given, const GivenArgument &input);

} // namespace nnc::lang
