// `train --members N`: the same run with N seeds, side by side in processes of their own, and the
// score of their joined predictions.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/model/Model.h"

#include <cstdint>
#include <functional>

namespace nnc::runtime {

/// Calls `train` for each member in a process of its own, with the options of the command line but
/// for its seed (--seed and those behind it), weights and log (with -1, -2, ... in front of the
/// file's ending; with --run in folders member-1, member-2, ... of its folder) and threads. As many
/// run at a time as there are threads. Then prints the scores of the members and of the ensemble.
/// Returns the exit status: that of the first member that fails.
int trainMembers(const Model &model, const Arguments &arguments, int64_t members,
                 const std::function<int(const Arguments &)> &train);

} // namespace nnc::runtime
