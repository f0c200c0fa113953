// The weights that a run of training begins with: those of `initialize`, changed by the recipe's
// `load`, by --init and by --init-partial.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/data/Dataset.h"
#include "runtime/exec/Execution.h"

namespace nnc::runtime {

/// Writes them into the execution's persistent block, which is initialised. The conventions are
/// those of the data behind --init. Throws Error if a file lacks what is asked of it.
DataConventions loadInitialWeights(Execution &execution, const Recipe &recipe,
                                   const Arguments &arguments);

} // namespace nnc::runtime
