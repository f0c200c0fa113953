// The command line of `train`: which options go together, and the files that they name.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/train/Trainer.h"

#include <string>

namespace nnc::runtime {

/// Whether --resume names the folder of a run.
bool resumesFolder(const Arguments &arguments);

/// Throws UsageError if options exclude each other or need one that is missing.
void checkTrainOptions(const Arguments &arguments);

/// The files of a run, and what it prints. Throws Error if they cannot be written.
TrainingPlan planFiles(const Arguments &arguments, const std::string &defaultPath);

} // namespace nnc::runtime
