#include "runtime/Trainer.h"

#include "runtime/Error.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>

namespace nnc::runtime {

static constexpr int64_t rememberEvery = 32;
static constexpr std::chrono::seconds saveInterval(60);

static volatile std::sig_atomic_t interruptSignal = 0;

namespace {

/// While it lives, the first SIGINT or SIGTERM only asks the training loop to end; a second one
/// ends the process.
class InterruptHandler {
public:
  InterruptHandler() {
    struct sigaction action = {};
    action.sa_handler = [](int signal) { interruptSignal = signal; };
    action.sa_flags = SA_RESETHAND | SA_RESTART;
    sigaction(SIGINT, &action, &oldInterrupt);
    sigaction(SIGTERM, &action, &oldTerminate);
  }
  ~InterruptHandler() {
    sigaction(SIGINT, &oldInterrupt, nullptr);
    sigaction(SIGTERM, &oldTerminate, nullptr);
  }

private:
  struct sigaction oldInterrupt = {}, oldTerminate = {};
};

} // namespace

static const Function &stepFunction(const Execution &execution) {
  const Function *function = execution.description().function("nnc_train_step");
  if (!function || !execution.model().trainStep)
    throw Error("this program has no training step");
  return *function;
}

Trainer::Trainer(Execution &execution, const Dataset &dataset, Rows trainRows,
                 const TrainingPlan &plan, const TrainingState &state,
                 const DataConventions &conventions)
    : execution(execution), dataset(dataset), rows(std::move(trainRows)), plan(plan),
      conventions(conventions), now(state),
      function(execution, stepFunction(execution), execution.model().trainStep, dataset),
      loss(function.description().loss()), rate(function.description().learningRate()),
      sums(function.description()),
      bestBlock(plan.patience > 0 ? execution.description().persistentBytes : 0),
      rememberedBlock(execution.description().persistentBytes),
      log(plan.logPath, plan.appendLog, execution.description().floatType == DType::F64 ? 17 : 9),
      progress(plan.quiet, plan.steps,
               (static_cast<int64_t>(rows.size()) + function.batch() - 1) / function.batch(),
               state.step),
      lastSaved(std::chrono::steady_clock::now()) {
  int64_t stepsPerEpoch =
      (static_cast<int64_t>(rows.size()) + function.batch() - 1) / function.batch();
  now.steps = plan.steps;
  now.examples = static_cast<int64_t>(rows.size());
  if (!now.sums.empty() && !sums.restore(now.sums))
    throw Error("the checkpoint is of a model with other metrics");
  execution.setScalar("seed", now.seed);
  execution.setScalar("steps", plan.steps);
  execution.setScalar("steps_per_epoch", stepsPerEpoch);
  execution.setScalar("epochs",
                      std::max<int64_t>(1, (plan.steps + stepsPerEpoch - 1) / stepsPerEpoch));
}

void Trainer::evaluateWith(Evaluator *newEvaluator, const char *name, bool decides) {
  evaluator = newEvaluator;
  evaluated = name;
  evaluatorDecides = decides;
}

void Trainer::beginEpoch() {
  if (orderEpoch == now.epoch)
    return;
  order = rows;
  if (now.shuffled)
    shuffle(order, static_cast<uint64_t>(now.seed), static_cast<uint32_t>(now.epoch));
  orderEpoch = now.epoch;
}

double Trainer::step() {
  int64_t count = std::min(function.batch(), now.examples - now.position);
  execution.setScalar("step", now.step);
  execution.setScalar("epoch", now.epoch);
  function.run(order.data() + now.position, count);
  ++now.step;
  now.position += count;
  return function.scalar(*loss);
}

/// Evaluates and decides; true if the run is to stop.
bool Trainer::finishEpoch() {
  Measures training = sums.mean();
  std::optional<Measures> evaluation;
  if (evaluator)
    evaluation = evaluator->evaluate();
  sums.clear();
  ++now.epoch;
  now.position = 0;
  log.epoch(now.epoch, now.step, training, evaluation, evaluated);
  progress.epoch(now.epoch, now.step, training, evaluation, evaluated);
  if (plan.patience == 0)
    return false;
  double decisive = evaluatorDecides ? evaluation->loss : training.loss;
  if (decisive < now.bestLoss) {
    now.bestLoss = decisive;
    now.badEpochs = 0;
    std::memcpy(best(), execution.persistent(), bestBlock.size());
    hasBest = true;
    return false;
  }
  return ++now.badEpochs >= plan.patience;
}

Trainer::Outcome Trainer::run() {
  InterruptHandler handler;
  Outcome outcome = Outcome::Finished;
  while (now.step < plan.steps) {
    if (plan.patience > 0 && now.badEpochs >= plan.patience) {
      outcome = Outcome::StoppedEarly;
      break;
    }
    if (rememberedStep < 0 || now.step >= rememberedStep + rememberEvery)
      remember();
    beginEpoch();
    int64_t before = now.position;
    double value = step();
    std::optional<double> rateValue;
    if (rate)
      rateValue = function.scalar(*rate);
    log.step(now.step, now.epoch + 1, value, rateValue);
    if (!std::isfinite(value))
      reportDivergence(value);
    sums.add(function, now.position - before);
    progress.step(now.step, now.position - before, [this] { return sums.mean(); });
    if (now.position == now.examples && finishEpoch()) {
      outcome = Outcome::StoppedEarly;
      break;
    }
    if (interruptSignal) {
      outcome = Outcome::Interrupted;
      break;
    }
    if (now.step >= plan.stopAt && now.step < plan.steps) {
      outcome = Outcome::Paused;
      break;
    }
    saveIfDue();
  }
  save();
  log.flush();
  return outcome;
}

int Trainer::signal() { return interruptSignal; }

void Trainer::save() {
  now.sums = now.position ? sums.state() : std::vector<double>();
  const char *current = execution.persistent();
  saveCheckpoint(plan.savePath, {execution.description(), conventions, hasBest ? best() : current,
                                 current, plan.resumable ? &now : nullptr});
  lastSaved = std::chrono::steady_clock::now();
}

/// A long run that is killed loses about a minute. If saving fails now it is tried again later, and
/// the end of the run decides.
void Trainer::saveIfDue() {
  if (std::chrono::steady_clock::now() - lastSaved < saveInterval)
    return;
  try {
    save();
  } catch (const Error &error) {
    progress.message(std::string("warning: ") + error.what());
    lastSaved = std::chrono::steady_clock::now();
  }
}

void Trainer::useBest() {
  if (hasBest)
    std::memcpy(execution.persistent(), best(), bestBlock.size());
}

void Trainer::remember() {
  std::memcpy(rememberedBlock.data(), execution.persistent(), rememberedBlock.size());
  rememberedStep = now.step;
  rememberedEpoch = now.epoch;
  rememberedPosition = now.position;
}

void Trainer::reportDivergence(double value) {
  int64_t failing = now.step - 1, epoch = now.epoch;
  log.flush();
  std::memcpy(execution.persistent(), rememberedBlock.data(), rememberedBlock.size());
  now.step = rememberedStep;
  now.epoch = rememberedEpoch;
  now.position = rememberedPosition;
  while (now.step < failing) {
    beginEpoch();
    step();
    if (now.position == now.examples) {
      ++now.epoch;
      now.position = 0;
    }
  }
  beginEpoch();
  fail("the loss is %s at step %lld (epoch %lld): %s; nothing was saved",
       std::isnan(value) ? "nan" : "infinite", static_cast<long long>(failing + 1),
       static_cast<long long>(epoch + 1), findCulprit().c_str());
}

static std::string layerOf(const std::string &tensorName) {
  size_t dot = tensorName.rfind('.');
  return dot == std::string::npos ? tensorName : tensorName.substr(0, dot);
}

/// What was wrong before the failing step began: a parameter or state, else an input, else the
/// largest parameter is named, because then the step itself overflowed.
std::string Trainer::findCulprit() {
  const PersistentTensor *largest = nullptr;
  double largestValue = -1;
  for (const PersistentTensor &tensor : execution.description().tensors) {
    const char *data = execution.tensor(tensor);
    if (tensor.kind != TensorKind::Slot && !allFinite(data, tensor.dtype, tensor.count()))
      return text("%s of layer %s became infinite or nan in step %lld", tensor.name.c_str(),
                  layerOf(tensor.name).c_str(), static_cast<long long>(now.step));
    if (tensor.kind != TensorKind::Parameter)
      continue;
    for (int64_t i = 0; i < tensor.count(); ++i) {
      double magnitude = std::fabs(loadElement(data, tensor.dtype, i));
      if (magnitude > largestValue) {
        largestValue = magnitude;
        largest = &tensor;
      }
    }
  }
  int64_t end = std::min(now.examples, now.position + function.batch());
  for (const FieldData &field : dataset.fields) {
    int64_t elements = elementCount(field.shape);
    for (int64_t i = now.position; i < end; ++i) {
      int64_t row = order[static_cast<size_t>(i)];
      const char *data =
          field.bytes.data() + static_cast<size_t>(row * elements) * sizeOf(field.storage);
      if (!allFinite(data, field.storage, elements))
        return text("field '%s' of example %lld of the data is infinite or nan", field.name.c_str(),
                    static_cast<long long>(row));
    }
  }
  std::string culprit =
      "parameters and inputs were finite before it, so the step itself overflowed";
  if (largest)
    culprit += text("; the largest parameter is in %s of layer %s (%.3g)", largest->name.c_str(),
                    layerOf(largest->name).c_str(), largestValue);
  return culprit;
}

} // namespace nnc::runtime
