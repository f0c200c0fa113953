// Implements the training loop: steps, epochs, and when a run is saved.
#include "runtime/train/Trainer.h"

#include "runtime/support/Error.h"
#include "runtime/support/Interruption.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace nnc::runtime {

static constexpr std::chrono::seconds saveInterval(60);

/// Steps from one remembered block to the next. To copy and check a block is to cost less than one
/// part in 200 of the steps, where a byte takes as long as 20 floating-point operations; a failing
/// run repeats at most so many steps. A function of the model alone, so that a run that diverges
/// does so in the same step on every machine.
static int64_t rememberInterval(const Description &description, const Function &step) {
  double work = std::max(1.0, static_cast<double>(step.flop));
  double steps = 200 * 20 * static_cast<double>(description.persistentBytes) / work;
  return static_cast<int64_t>(std::clamp(steps, 32.0, 4096.0));
}

Trainer::Trainer(Execution &execution, const Recipe &recipe, const Phase &phase,
                 const Dataset &dataset, RowSet trainRows, const TrainingPlan &plan,
                 const TrainingState &state, const DataConventions &conventions)
    : execution(execution), phase(phase), dataset(dataset), plan(plan), conventions(conventions),
      now(state), trainingSteps(execution, recipe, phase, dataset, trainRows.size()),
      order(dataset, std::move(trainRows)),
      best(phase.patience > 0 || !plan.bestPath.empty() ? execution.description().persistentBytes
                                                        : 0),
      rememberedBlock(execution.description().persistentBytes),
      rememberEvery(rememberInterval(execution.description(), trainingSteps.function())),
      watcher(execution.description()),
      progress(plan.quiet, plan.plot, plan.steps, stepsPerEpoch(), state.step, phase.directions),
      log(
          plan.logPath, plan.resumed ? std::optional(state.last) : std::nullopt,
          execution.description().floatType == DType::F64 ? 17 : 9,
          [this](const std::string &line) { progress.warning(line); }, plan.logColumns,
          !plan.folder.empty()),
      lastSaved(std::chrono::steady_clock::now()) {
  for (const PersistentTensor &tensor : execution.description().tensors)
    if (tensor.kind == TensorKind::Parameter ||
        allFinite(execution.tensor(tensor), tensor.dtype, tensor.count()))
      finiteTensors.push_back(&tensor);
  now.examples = order.size();
  now.batch = trainingSteps.batch();
  if (!now.sums.empty() && !trainingSteps.restore(now.sums))
    throw Error("the checkpoint is of a model with other metrics");
  trainingSteps.setLastLosses(now.losses);
  trainingSteps.restoreWatch(now.watched);
  trainingSteps.plan(plan.steps, stepsPerEpoch());
  execution.setScalar("seed", now.seed);
  setValidationLoss(now.validationLoss);
}

int64_t Trainer::stepsPerEpoch() const {
  const int64_t batch = trainingSteps.batch();
  return (order.size() + batch - 1) / batch;
}

void Trainer::evaluateWith(Evaluator *newEvaluator, const char *name, bool decides) {
  evaluator = newEvaluator;
  evaluated = name;
  evaluatorDecides = decides;
}

void Trainer::beginEpoch() {
  if (orderEpoch == now.epoch)
    return;
  uint64_t seed = static_cast<uint64_t>(now.seed);
  uint32_t epoch = static_cast<uint32_t>(now.epochsBefore + now.epoch);
  order.begin(now.shuffled, seed, epoch);
  const std::vector<uint8_t> &bucketOf = trainingSteps.bucketOfRows();
  if (Rows *all = order.all(); all && now.shuffled && !bucketOf.empty())
    sortIntoBuckets(*all, bucketOf, trainingSteps.batch(), seed, epoch);
  orderEpoch = now.epoch;
}

void Trainer::step() {
  int64_t count = std::min(trainingSteps.batch(), now.examples - now.position);
  trainingSteps.run(now.step, order.batch(now.position, count), count);
  ++now.step;
  now.position += count;
}

/// Also for the schedules of the steps that follow.
void Trainer::setValidationLoss(double value) {
  now.validationLoss = value;
  execution.setScalar("validation_loss", value);
}

/// Evaluates and decides; true if the run is to stop.
bool Trainer::finishEpoch() {
  if (best.size() > 0) // these may be the best weights
    checkFinite();
  const std::vector<Watched> watched = trainingSteps.watched();
  Measures training = trainingSteps.result();
  std::optional<Measures> evaluation;
  if (evaluator)
    evaluation = evaluator->evaluate();
  trainingSteps.clear();
  ++now.epoch;
  now.position = 0;
  log.epoch(now.epochsBefore + now.epoch, now.stepsBefore + now.step, training, evaluation,
            evaluated, watched);
  if (plan.events)
    plan.events->epoch(now.stepsBefore + now.step, training, evaluation, evaluated);
  progress.epoch(now.epoch, now.step, training, evaluation, evaluated);
  if (plan.afterEpoch)
    plan.afterEpoch(now.epochsBefore + now.epoch);
  for (const std::string &problem : watcher.problems(watched))
    progress.warning(problem);
  const Measures &deciding = evaluatorDecides ? *evaluation : training;
  setValidationLoss(deciding.loss);
  lossesSince.push_back(deciding.loss);
  if (best.size() == 0)
    return false;
  double value = deciding.loss;
  for (const Metric &metric : deciding.metrics)
    if (metric.name == phase.stopMetric)
      value = phase.stopHighest ? -metric.values[0] : metric.values[0];
  if (value < now.bestLoss) {
    now.bestLoss = value;
    now.badEpochs = 0;
    std::memcpy(best.data(), execution.persistent(), best.size());
    endsWithBest = phase.patience > 0;
    bestIsNew = true;
    return false;
  }
  return phase.patience > 0 && ++now.badEpochs >= phase.patience;
}

void Trainer::goOnWithBest(const char *block) {
  std::memcpy(best.data(), block, best.size());
  endsWithBest = true;
  if (const PersistentTensor *tensor = firstNotFinite(block))
    fail("the best weights that the run is resumed with are not finite: %s", tensor->name.c_str());
}

Trainer::Outcome Trainer::run() {
  Interruption interruption;
  Outcome outcome = Outcome::Finished;
  while (now.step < plan.steps) {
    if (phase.patience > 0 && now.badEpochs >= phase.patience) {
      outcome = Outcome::StoppedEarly;
      break;
    }
    if (rememberedStep < 0 || now.step % rememberEvery == 0)
      remember();
    beginEpoch();
    int64_t before = now.position;
    step();
    double value = trainingSteps.loss();
    std::optional<double> rateValue = trainingSteps.rate();
    now.last = {now.stepsBefore + now.step, now.epochsBefore + now.epoch + 1, value,
                rateValue.value_or(NAN)};
    log.step(now.last);
    if (plan.events)
      plan.events->step(now.last);
    if (rateValue && !std::isfinite(*rateValue))
      reportRate(*rateValue);
    if (!std::isfinite(value))
      reportDivergence(value);
    progress.step(now.step, now.position - before, value,
                  [this] { return trainingSteps.result(); });
    if (now.position == now.examples && finishEpoch()) {
      outcome = Outcome::StoppedEarly;
      break;
    }
    if (Interruption::signal()) {
      outcome = Outcome::Interrupted;
      break;
    }
    const bool isDue = now.step >= plan.stopAt || now.epochsDone() >= plan.pauseAtEpoch;
    if (isDue && now.step < plan.steps) {
      outcome = Outcome::Paused;
      break;
    }
    saveIfDue();
  }
  checkFinite();
  progress.finish();
  save();
  return outcome;
}

/// Comes before the checkpoint, whose best loss is that of the file.
void Trainer::saveBest() {
  if (bestIsNew && !plan.bestPath.empty())
    saveCheckpoint(plan.bestPath,
                   {execution.description(), conventions, best.data(), best.data(), nullptr});
  bestIsNew = false;
}

void Trainer::save() {
  if (plan.savePath.empty())
    return;
  log.synchronise();
  saveBest();
  now.sums = now.position ? trainingSteps.state() : std::vector<double>();
  now.losses = trainingSteps.lastLosses();
  now.watched = trainingSteps.watchState();
  const char *current = execution.persistent();
  saveCheckpoint(plan.savePath,
                 {execution.description(), conventions, endsWithBest ? best.data() : current,
                  current, plan.resumable ? &now : nullptr});
  savedStep = now.step;
  lastSaved = std::chrono::steady_clock::now();
}

/// Saves once a minute, so that a killed run loses little. A failure is a warning, and saving is
/// tried again later. A block that is not finite is not saved; the next call of remember() ends the
/// run, so that the step in which it ends does not depend on the time.
void Trainer::saveIfDue() {
  if (std::chrono::steady_clock::now() - lastSaved < saveInterval ||
      firstNotFinite(execution.persistent()))
    return;
  try {
    save();
  } catch (const Error &error) {
    progress.warning(error.what());
    lastSaved = std::chrono::steady_clock::now();
  }
}

void Trainer::useBest() {
  if (endsWithBest)
    copyWeights(execution.description(), best.data(), execution.persistent());
}

} // namespace nnc::runtime
