// How long the phases of a run are, and the place at which each of them begins.
#pragma once

#include "runtime/train/Checkpoint.h"

#include <cstdint>
#include <optional>

namespace nnc::runtime {

/// How long the command line says that the run is to be.
struct Length {
  std::optional<int64_t> epochs, steps, stopAfter = {};
};

/// Plans the phases of a run; those before the current one of a resumed run stay as they were.
/// Throws UsageError if nothing says how long they are.
void planPhases(TrainingState &state, const Recipe &recipe, const Length &length, int64_t examples);

/// The place at which the phase behind this one begins.
void beginNextPhase(TrainingState &state);

} // namespace nnc::runtime
