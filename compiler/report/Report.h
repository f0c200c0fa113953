// Reports of training runs: a page of HTML that holds all that it shows.
#pragma once

#include "compiler/report/Run.h"

#include <optional>
#include <string>
#include <vector>

namespace nnc::report {

/// The page of at least one run. Returns nothing and sets `error` if the weights of a run are
/// damaged.
std::optional<std::string> formatReport(const std::vector<Run> &runs, std::string &error);

} // namespace nnc::report
