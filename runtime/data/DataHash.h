// Tells whether the data of a resumed run is the data that it began with.
#pragma once

#include "runtime/data/Dataset.h"

#include <string>

namespace nnc::runtime {

/// A hash of all that a run can see of a dataset, as 16 hexadecimal digits. Against accidents, not
/// against forgery.
std::string hashOf(const Dataset &dataset);

} // namespace nnc::runtime
