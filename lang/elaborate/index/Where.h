// `where condition: value`: which callees can leave values out.
#pragma once

#include "lang/elaborate/environment/Environment.h"

#include <string_view>

namespace nnc::lang {

/// The name of a reduction, or of a function of the library, that can leave values of its only
/// operand out; empty for anything else.
std::string_view leavesOut(const Environment &environment, const Entity &callee);
/// The error that a `where` stands in a place where nothing can leave values out.
/// `reducer` is the reduction whose operand it is, if any.
void reportWhere(Environment &environment, const WhereExpression &expression,
                 std::string_view reducer = {});

} // namespace nnc::lang
