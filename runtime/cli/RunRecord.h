// The record of a training run in its folder: its configuration, and the machine and
// the times of the processes that took part.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/cli/RunFolder.h"
#include "runtime/cli/Settings.h"
#include "runtime/exec/Execution.h"
#include "runtime/train/Checkpoint.h"

#include <chrono>

namespace nnc::runtime {

/// The configuration of a new run: a function of the program, the data and the command line.
Json configurationOf(const Description &description, const Recipe &recipe,
                     const TrainingState &state, const SettingValues &changed,
                     const std::map<std::string, std::string> &folders, const Arguments &arguments);

/// The same of a run that is resumed: what may have changed since, in place of what is in `before`.
Json resumedConfiguration(Json before, const Description &description, const TrainingState &state,
                          const SettingValues &changed,
                          const std::map<std::string, std::string> &folders);

/// Whether a process has brought the run of a folder to its end, after so many steps, with all results.
/// Others may have been killed behind the last step.
bool hasEnded(const RunFolder &folder, int64_t steps);

/// The part of a run that one process does, in the environment of its folder.
class RunSession {
public:
  /// Writes that it is running, behind the sessions before.
  RunSession(const RunFolder &folder, int threads, int64_t stepsBefore);
  /// Writes how it ended: finished, stopped early, paused, interrupted or failed; `message` says why
  /// it failed.
  void finish(const std::string &outcome, int64_t steps, const std::string &message = "");

private:
  const RunFolder &folder;
  Json environment;
  std::chrono::steady_clock::time_point start;
};

} // namespace nnc::runtime
