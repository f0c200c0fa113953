// Help where something that can be applied stands in place of its result.
#pragma once

#include "lang/elaborate/values/Entity.h"
#include "lang/support/Diagnostics.h"

namespace nnc::lang {

/// Helps where a function, a layer or an optimizer stands in place of its result.
void adviseApplication(DiagnosticBuilder &builder, const Entity &value);

} // namespace nnc::lang
