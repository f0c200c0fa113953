// Conditions that definitions put on their settings, on the batch and on the values that they are
// applied to.
#pragma once

#include "lang/elaborate/environment/Environment.h"
#include "lang/elaborate/environment/Evaluator.h"

namespace nnc::lang {

/// Evaluates what a body requires of its settings, while these are the values that are written
/// and not numbers of the recipe; false if something is not so.
bool checkRequirements(Environment &environment, Evaluator &evaluator, const Block &body);

} // namespace nnc::lang
