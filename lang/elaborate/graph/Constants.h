// Arithmetic on numbers that are known when compiling. Integers are exact and checked; their
// quotient is an integer when it divides and a real number otherwise.
#pragma once

#include "lang/elaborate/environment/Environment.h"

#include <string_view>
#include <vector>

namespace nnc::lang {

Entity constantBinary(Environment &environment, BinaryOperator op, const Entity &left,
                      const Entity &right, SourceRange range);
/// The primitive called `name` of numbers; Poison, without an error, when it has no value for them.
Entity constantPrimitive(Environment &environment, std::string_view name,
                         const std::vector<Entity> &operands, SourceRange range);

} // namespace nnc::lang
