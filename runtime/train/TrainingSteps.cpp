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
      sums(execution, step.description(), metrics, examples) {
  if (description.update.empty())
    return;
  update.emplace(execution, *execution.description().function(description.update), dataset);
  rate = update->description().learningRate();
}

TrainingSteps::TrainingSteps(Execution &execution, const Recipe &recipe, const Phase &phase,
                             const Dataset &dataset, int64_t examples)
    : execution(execution), parts(recipe.parts), stepScalar(execution.description().scalar("step")),
      stepsScalar(execution.description().scalar("steps")),
      epochScalar(execution.description().scalar("epoch")),
      stepsPerEpochScalar(execution.description().scalar("steps_per_epoch")),
      partScalar(execution.description().scalar("part")),
      partWeightScalar(execution.description().scalar("part_weight")) {
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

template <typename Use>
void TrainingSteps::forParts(Turn &turn, int64_t number, const int64_t *rows, int64_t count,
                             const Use &use) {
  int64_t part = number / turn.description.every * parts;
  for (int64_t begin = 0; begin < count; begin += turn.step.batch()) {
    const int64_t examples = std::min(turn.step.batch(), count - begin);
    execution.setScalar(partScalar, part++);
    execution.setScalar(partWeightScalar,
                        static_cast<double>(examples) / static_cast<double>(count));
    use(turn.buckets.forRows(rows + begin, examples), rows + begin, examples);
  }
}

void TrainingSteps::run(int64_t number, const int64_t *rows, int64_t count) {
  for (const std::unique_ptr<Turn> &turn : turns) {
    if (!takes(*turn, number))
      continue;
    double loss = 0;
    forParts(*turn, number, rows, count,
             [&](BoundFunction &function, const int64_t *ofPart, int64_t examples) {
               function.run(ofPart, examples);
               turn->sums.add(function, examples);
               loss += static_cast<double>(examples) / static_cast<double>(count) *
                       function.scalar(*turn->loss);
               turn->updating = &function;
             });
    if (turn->update) {
      turn->update->runAgain();
      turn->updating = &*turn->update;
    }
    turn->lastLoss = loss;
    last = &turn->description;
    lastRate = turn->rate ? std::optional(turn->updating->scalar(*turn->rate)) : std::nullopt;
  }
}

void TrainingSteps::forEach(
    int64_t number, const int64_t *rows, int64_t count,
    const std::function<void(BoundFunction &, const int64_t *, int64_t)> &use) {
  for (const std::unique_ptr<Turn> &turn : turns)
    if (takes(*turn, number))
      forParts(*turn, number, rows, count, use);
}

double TrainingSteps::loss() const {
  double sum = turns[0]->lastLoss;
  for (size_t i = 1; i < turns.size(); ++i)
    sum += turns[i]->lastLoss;
  return sum;
}

std::vector<Watched> TrainingSteps::watched() const {
  std::vector<Watched> all;
  for (const std::unique_ptr<Turn> &turn : turns)
    if (const std::vector<double> numbers = turn->watched(); !numbers.empty())
      for (Watched &one : watchedBy(turn->updater(), numbers))
        all.push_back(std::move(one));
  return all;
}

std::vector<std::vector<double>> TrainingSteps::watchState() const {
  std::vector<std::vector<double>> state;
  for (const std::unique_ptr<Turn> &turn : turns)
    state.push_back(turn->watched());
  return state;
}

void TrainingSteps::restoreWatch(const std::vector<std::vector<double>> &state) {
  for (size_t i = 0; i < std::min(state.size(), turns.size()); ++i)
    if (state[i].size() == countOfWatched(turns[i]->updater()))
      turns[i]->watchedBefore = state[i];
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
