// Implements TrainingSteps: which steps take a batch, and what they measure together.
#include "runtime/train/TrainingSteps.h"

#include <algorithm>

namespace nnc::runtime {

TrainingSteps::Turn::Turn(Execution &execution, const TrainingStep &description,
                          const Function *metrics, const Dataset &dataset, int64_t examples)
    : description(description),
      step(execution, *execution.description().function(description.function), dataset),
      buckets(execution, step, description.buckets, dataset), loss(step.description().loss()),
      rate(step.description().learningRate()),
      sums(execution, step.description(), metrics, examples) {}

TrainingSteps::TrainingSteps(Execution &execution, const Phase &phase, const Dataset &dataset,
                             int64_t examples)
    : execution(execution), stepScalar(execution.description().scalar("step")),
      stepsScalar(execution.description().scalar("steps")),
      epochScalar(execution.description().scalar("epoch")),
      stepsPerEpochScalar(execution.description().scalar("steps_per_epoch")) {
  for (const TrainingStep &step : phase.trainingSteps) {
    // The last step has the metrics.
    const bool isLast = &step == &phase.trainingSteps.back();
    const Function *metrics = isLast ? execution.description().function(phase.metrics) : nullptr;
    turns.push_back(std::make_unique<Turn>(execution, step, metrics, dataset, examples));
  }
  last = &turns.back()->description;
}

/// A step that takes each n-th batch makes so many updates in a number of batches.
static int64_t updates(int64_t batches, int64_t every) { return (batches + every - 1) / every; }

void TrainingSteps::plan(int64_t newSteps, int64_t newStepsPerEpoch) {
  steps = newSteps;
  stepsPerEpoch = newStepsPerEpoch;
  execution.setScalar("epochs", std::max<int64_t>(1, updates(steps, stepsPerEpoch)));
}

bool TrainingSteps::takes(const Turn &turn, int64_t number) {
  const int64_t every = turn.description.every;
  if (number % every != 0)
    return false;
  execution.setScalar(stepScalar, number / every);
  execution.setScalar(stepsScalar, updates(steps, every));
  execution.setScalar(stepsPerEpochScalar, updates(stepsPerEpoch, every));
  execution.setScalar(epochScalar, number / stepsPerEpoch);
  return true;
}

void TrainingSteps::run(int64_t number, const int64_t *rows, int64_t count) {
  for (const std::unique_ptr<Turn> &turn : turns) {
    if (!takes(*turn, number))
      continue;
    BoundFunction &chosen = turn->buckets.forRows(rows, count);
    chosen.run(rows, count);
    turn->sums.add(chosen, count);
    turn->lastLoss = chosen.scalar(*turn->loss);
    last = &turn->description;
    lastRate = turn->rate ? std::optional(chosen.scalar(*turn->rate)) : std::nullopt;
  }
}

void TrainingSteps::forEach(int64_t number, const int64_t *rows, int64_t count,
                            const std::function<void(BoundFunction &)> &use) {
  for (const std::unique_ptr<Turn> &turn : turns)
    if (takes(*turn, number))
      use(turn->buckets.forRows(rows, count));
}

double TrainingSteps::loss() const {
  double sum = turns[0]->lastLoss;
  for (size_t i = 1; i < turns.size(); ++i)
    sum += turns[i]->lastLoss;
  return sum;
}

Measures TrainingSteps::result() {
  if (turns.size() == 1)
    return turns[0]->sums.result();
  Measures all;
  std::vector<Metric> metrics;
  for (const std::unique_ptr<Turn> &turn : turns) {
    Measures own = turn->sums.result();
    all.loss += own.loss;
    all.metrics.push_back({turn->description.name + "_loss", {own.loss}});
    metrics = std::move(own.metrics);
  }
  all.metrics.insert(all.metrics.end(), metrics.begin(), metrics.end());
  return all;
}

void TrainingSteps::clear() {
  for (const std::unique_ptr<Turn> &turn : turns)
    turn->sums.clear();
}

std::vector<double> TrainingSteps::state() const {
  std::vector<double> result;
  for (const std::unique_ptr<Turn> &turn : turns) {
    std::vector<double> own = turn->sums.state();
    result.insert(result.end(), own.begin(), own.end());
  }
  return result;
}

bool TrainingSteps::restore(const std::vector<double> &state) {
  // The last one has what is left: how much it kept depends on the metrics.
  size_t position = 0;
  for (const std::unique_ptr<Turn> &turn : turns) {
    const size_t rest = state.size() - position;
    const size_t size = turn == turns.back() ? rest : turn->sums.state().size();
    auto begin = state.begin() + static_cast<std::ptrdiff_t>(position);
    if (size > rest ||
        !turn->sums.restore(std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(size))))
      return false;
    position += size;
  }
  return true;
}

std::vector<double> TrainingSteps::lastLosses() const {
  std::vector<double> result;
  for (const std::unique_ptr<Turn> &turn : turns)
    result.push_back(turn->lastLoss);
  return result;
}

void TrainingSteps::setLastLosses(const std::vector<double> &losses) {
  for (size_t i = 0; i < std::min(losses.size(), turns.size()); ++i)
    turns[i]->lastLoss = losses[i];
}

} // namespace nnc::runtime
