// `find-rate`: a range test of learning rates. The rate is raised from step to step, and the losses say
// which rates train and which diverge.
#include "runtime/cli/Commands.h"
#include "runtime/cli/Settings.h"
#include "runtime/data/Order.h"
#include "runtime/data/Csv.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"
#include "runtime/support/Table.h"
#include "runtime/train/CachedField.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/TrainingSteps.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace nnc::runtime {

static const Option findRateOptions[] = {
    {"--data", "NAME=FOLDER", "folder of a data block's files (default: that of the program)",
     true},
    {"--from", "RATE", "rate of the first step (default 1e-7)"},
    {"--to", "RATE", "rate of the last step (default 10)"},
    {"--steps", "N", "steps (default 100); the test ends earlier where the loss diverges"},
    {"--recipe", "NAME", "the train block, of a program with several"},
    {"--set", "KEY=VALUE", "change a setting of the recipe (see `train --help`)", true},
    {"--init", "W.safetensors", "start from these weights"},
    {"--seed", "S", "seed of initialisation, shuffling and dropout (default 0)"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
    {"--csv", nullptr, "print every step: rate,loss,smoothed"},
    {"--json", nullptr, "print one JSON object"},
};
const Command findRateCommandTable = {
    "find-rate", "losses at rising learning rates, and which rate to begin with", findRateOptions};

namespace {

struct RateTest {
  double rate, loss, smoothed;
};

constexpr const char *overridingScalar = "rate_override";

/// A smoothed loss so many times the least one so far has diverged.
constexpr double divergence = 4;
/// The weight of the past in smoothed losses.
constexpr double persistence = 0.9;

double readRate(const Arguments &arguments, const char *option, double otherwise) {
  if (!arguments.has(option))
    return otherwise;
  std::optional<double> rate = parseNumber(arguments.value(option));
  if (!rate || *rate <= 0)
    throw UsageError(text("%s: '%s' is not a number above 0", option,
                          printable(arguments.value(option)).c_str()));
  return *rate;
}

/// The steps of the test, whose last one may have a loss that is not finite.
std::vector<RateTest> runTrials(Execution &execution, TrainingSteps &trainingSteps,
                                const Dataset &dataset, RowSet rows, bool shuffled, int64_t seed,
                                double from, double to, int64_t steps) {
  const int64_t examples = rows.size();
  const int64_t batch = trainingSteps.batch();
  const int64_t stepsPerEpoch = (examples + batch - 1) / batch;
  execution.setScalar("seed", seed);
  trainingSteps.plan(steps, stepsPerEpoch);
  execution.setScalar("validation_loss", HUGE_VAL);
  std::vector<RateTest> trials;
  Order order(dataset, std::move(rows));
  double average = 0, least = HUGE_VAL;
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t epoch = step / stepsPerEpoch, position = step % stepsPerEpoch * batch;
    if (position == 0)
      order.begin(shuffled, static_cast<uint64_t>(seed), static_cast<uint32_t>(epoch));
    const double part = steps > 1 ? static_cast<double>(step) / static_cast<double>(steps - 1) : 0;
    const double rate = from * std::pow(to / from, part);
    execution.setScalar(overridingScalar, rate);
    const int64_t count = std::min(batch, examples - position);
    trainingSteps.run(step, order.batch(position, count), count);
    const double value = trainingSteps.loss();
    average = persistence * average + (1 - persistence) * value;
    const double smoothed = average / (1 - std::pow(persistence, static_cast<double>(step + 1)));
    trials.push_back({rate, value, smoothed});
    if (!std::isfinite(value) || smoothed > divergence * least)
      break;
    least = std::min(least, smoothed);
  }
  return trials;
}

/// The rate at which the smoothed loss falls fastest, before it is least; none if it never falls.
std::optional<double> steepest(const std::vector<RateTest> &trials) {
  auto least = std::ranges::min_element(trials, {}, [](const RateTest &one) {
    return std::isfinite(one.smoothed) ? one.smoothed : HUGE_VAL;
  });
  const auto end = static_cast<size_t>(least - trials.begin());
  std::optional<double> rate;
  double best = 0;
  // Each slope is over a few steps, as the noise of single ones would decide otherwise.
  constexpr size_t reach = 2;
  for (size_t i = reach; i + reach <= end; ++i)
    if (double change = trials[i + reach].smoothed - trials[i - reach].smoothed; change < best) {
      best = change;
      rate = trials[i].rate;
    }
  return rate;
}

void printTrials(const std::vector<RateTest> &trials, std::optional<double> suggested) {
  constexpr size_t mostRows = 25;
  std::vector<std::vector<std::string>> table{{"rate", "loss", "smoothed"}};
  const size_t every = (trials.size() + mostRows - 1) / mostRows;
  for (size_t i = 0; i < trials.size(); ++i)
    if (i % every == 0 || i + 1 == trials.size())
      table.push_back({text("%.3g", trials[i].rate), text("%.5g", trials[i].loss),
                       text("%.5g", trials[i].smoothed)});
  printTable(table, 0, 3);
  if (suggested)
    print(text("\nthe loss falls fastest at a rate of %.2g: begin with it, or with a peak of it\n",
               *suggested));
  else
    print("\nthe loss does not fall at any of these rates\n");
}

} // namespace

int findRateCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  const Recipe &recipe = chooseRecipe(description, arguments);
  const Phase &phase = recipe.phases[0];
  if (phase.trainingSteps.size() > 1)
    throw Error("find-rate tries one training step, and this program has several");
  if (!description.scalar(overridingScalar))
    throw Error("the optimizer of this program has no learning rate");
  if (arguments.has("--csv") && arguments.has("--json"))
    throw UsageError("--csv and --json exclude each other");
  const double from = readRate(arguments, "--from", 1e-7), to = readRate(arguments, "--to", 10);
  if (from >= to)
    throw UsageError(text("--from %g is not below --to %g", from, to));
  const int64_t steps = arguments.integer("--steps", 2, 1'000'000).value_or(100);
  const int64_t seed = arguments.integer("--seed", INT64_MIN, INT64_MAX).value_or(0);
  SettingValues settings = readSettings(description, arguments);
  std::map<std::string, std::string> folders = dataFolders(description, arguments);

  Execution execution(model, threadCount(arguments));
  execution.initialize(seed);
  DataConventions conventions;
  if (arguments.has("--init")) {
    Safetensors file = readWeights(arguments.value("--init"), execution);
    conventions = loadConventions(file, description);
  }
  for (const auto &[name, value] : settings)
    execution.setScalar(name, value);
  const DataBlock &block = *description.block(recipe.data);
  const DataSplit *train = block.split("train");
  if (!train)
    fail("data '%s' has no train split", block.name.c_str());
  Dataset dataset = readSplit(block, *train, folders[recipe.data], conventions, &recipe);
  addCachedField(execution, phase, dataset);
  const RowSet &rows = dataset.split->train;
  TrainingSteps trainingSteps(execution, recipe, phase, dataset, rows.size());
  std::vector<RateTest> trials =
      runTrials(execution, trainingSteps, dataset, rows, recipe.shuffle, seed, from, to, steps);
  std::optional<double> suggested = steepest(trials);

  if (arguments.has("--json")) {
    Json list = Json::array();
    auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
    for (const RateTest &trial : trials)
      list.push_back({{"rate", trial.rate},
                      {"loss", number(trial.loss)},
                      {"smoothed", number(trial.smoothed)}});
    print(dumpJson({{"steps", list}, {"suggested", suggested ? Json(*suggested) : Json()}}) + "\n");
  } else if (arguments.has("--csv")) {
    std::string out = "rate,loss,smoothed\n";
    for (const RateTest &trial : trials)
      out += text("%.9g,%.9g,%.9g\n", trial.rate, trial.loss, trial.smoothed);
    print(out);
  } else {
    printTrials(trials, suggested);
  }
  return 0;
}

} // namespace nnc::runtime
