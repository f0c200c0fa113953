// Implements the plan of the phases: what the command line says, else the recipe.
#include "runtime/cli/PhasePlan.h"

#include "runtime/cli/CommandLine.h"
#include "runtime/support/Error.h"

#include <algorithm>

namespace nnc::runtime {

/// Steps of a phase: what the command line says, else the recipe.
static int64_t plannedSteps(const Phase &phase, Length length, int64_t stepsPerEpoch) {
  if (!length.epochs && !length.steps) {
    if (phase.epochs)
      length.epochs = phase.epochs;
    if (phase.steps)
      length.steps = phase.steps;
    if (!length.epochs && !length.steps)
      throw UsageError("how long? Give --epochs or --steps");
  }
  int64_t ofEpochs = INT64_MAX;
  if (length.epochs && __builtin_mul_overflow(*length.epochs, stepsPerEpoch, &ofEpochs))
    ofEpochs = INT64_MAX;
  int64_t steps = std::min(ofEpochs, length.steps.value_or(INT64_MAX));
  if (steps > mostSteps)
    throw UsageError(length.epochs
                         ? text("%lld epochs of %lld steps are more than the %lld steps that a run "
                                "can have",
                                static_cast<long long>(*length.epochs),
                                static_cast<long long>(stepsPerEpoch),
                                static_cast<long long>(mostSteps))
                         : text("a run has at most %lld steps", static_cast<long long>(mostSteps)));
  return steps;
}

void planPhases(TrainingState &state, const Recipe &recipe, const Length &length,
                int64_t examples) {
  const int64_t perStep = recipe.examplesPerStep();
  const int64_t stepsPerEpoch = (examples + perStep - 1) / perStep;
  const bool planned = !state.steps.empty();
  if (planned && state.steps.size() != recipe.phases.size())
    fail("the run that is resumed had %zu phases, the program has %zu", state.steps.size(),
         recipe.phases.size());
  if (planned && !length.epochs && !length.steps)
    return;
  state.steps.resize(recipe.phases.size());
  for (size_t i = static_cast<size_t>(state.phase); i < recipe.phases.size(); ++i)
    state.steps[i] = plannedSteps(recipe.phases[i], length, stepsPerEpoch);
}

void beginNextPhase(TrainingState &state) {
  const TrainingState fresh;
  ++state.phase;
  state.stepsBefore += state.step;
  state.epochsBefore += state.epoch + (state.position ? 1 : 0);
  state.step = state.epoch = state.position = 0;
  state.bestLoss = fresh.bestLoss;
  state.validationLoss = fresh.validationLoss;
  state.badEpochs = 0;
  state.sums.clear();
  state.losses.clear();
  state.watched.clear();
}

} // namespace nnc::runtime
