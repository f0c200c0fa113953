#include "runtime/AtomicFile.h"
#include "runtime/Commands.h"
#include "runtime/Csv.h"
#include "runtime/Trainer.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace nnc::runtime {

static const Option trainOptions[] = {
    {"--data", "NAME=FOLDER", "folder of a data block's files (default: that of the program)",
     true},
    {"--epochs", "N", "passes over the training data, from the beginning of the run"},
    {"--steps", "N", "steps, from the beginning of the run; with --epochs, what comes first"},
    {"--stop-after", "N", "pause after N steps of this process; --resume goes on"},
    {"--set", "KEY=VALUE", "change a setting of the recipe (listed below)", true},
    {"--seed", "S", "seed of initialisation, shuffling and dropout (default 0)"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
    {"--init", "W.safetensors", "start from these weights"},
    {"--save", "W.safetensors", "where the weights go (default: MODEL.safetensors)"},
    {"--weights-only", nullptr, "save a file without the tensors that --resume needs"},
    {"--resume", "CKPT", "continue the run that saved this file, with its seed and settings"},
    {"--log", "F.jsonl", "write one JSON object per step and per epoch"},
    {"--no-shuffle", nullptr, "take the examples in the order of the file"},
    {"--quiet", nullptr, "print nothing but errors"},
};
const Command trainCommandTable = {"train", "train the model and save its weights", trainOptions};

std::string settingsHelp(const Description &description) {
  std::string result;
  for (const Scalar &scalar : description.scalars)
    if (scalar.settable)
      result += text("  %s = %g%s%s\n", scalar.name.c_str(), scalar.defaultValue,
                     scalar.description.empty() ? "" : "  ", scalar.description.c_str());
  return result.empty() ? "" : "\nsettings for --set, with their defaults:\n" + result;
}

/// --set: into `settings`, checked against the model's.
static void readSettings(const Description &description, const Arguments &arguments,
                         std::map<std::string, double> &settings) {
  std::vector<std::string> known;
  for (const Scalar &scalar : description.scalars)
    if (scalar.settable)
      known.push_back(scalar.name);
  for (const std::string &word : arguments.all("--set")) {
    auto [key, valueText] = splitAssignment("--set", word);
    auto found =
        std::find_if(description.scalars.begin(), description.scalars.end(),
                     [&](const Scalar &scalar) { return scalar.settable && scalar.name == key; });
    if (found == description.scalars.end())
      throw UsageError(text("--set: unknown setting '%s'%s", printable(key).c_str(),
                            suggestion(key, known).c_str()));
    std::optional<double> value = parseNumber(valueText);
    if (!value || (found->integer && !parseInteger(valueText)))
      throw UsageError(text("--set %s: '%s' is no %s", key.c_str(), printable(valueText).c_str(),
                            found->integer ? "integer" : "number"));
    settings[key] = *value;
  }
}

namespace {

/// How long the command line says that the run is to be.
struct Length {
  std::optional<int64_t> epochs, steps, stopAfter;
};

} // namespace

/// Steps of the whole run: what the command line says, else what the resumed run planned, else the
/// recipe.
static int64_t plannedSteps(const Recipe &recipe, Length length, int64_t examples,
                            int64_t resumedSteps) {
  if (!length.epochs && !length.steps) {
    if (resumedSteps)
      return resumedSteps;
    if (recipe.epochs)
      length.epochs = recipe.epochs;
    if (recipe.steps)
      length.steps = recipe.steps;
    if (!length.epochs && !length.steps)
      throw UsageError("how long? Give --epochs or --steps");
  }
  int64_t stepsPerEpoch = (examples + recipe.batch - 1) / recipe.batch;
  int64_t ofEpochs = INT64_MAX;
  if (length.epochs && __builtin_mul_overflow(*length.epochs, stepsPerEpoch, &ofEpochs))
    ofEpochs = INT64_MAX;
  return std::min(ofEpochs, length.steps.value_or(INT64_MAX));
}

namespace {

/// The data of a run: what is trained on, and what is evaluated.
struct TrainingData {
  Dataset train;
  Rows trainRows, validationRows; ///< rows of `train`
  std::optional<Dataset> validation, test;
  DataConventions conventions;
};

TrainingData readTrainingData(const Description &description, const std::string &folder,
                              const DataConventions &known) {
  const DataBlock &block = recipeData(description);
  const DataSplit *train = block.split("train");
  if (!train)
    fail("data '%s' has no train split", block.name.c_str());
  TrainingData data;
  data.conventions = known;
  data.train = readSplit(block, *train, folder, data.conventions);
  Split split{inOrder(data.train.examples), {}};
  if (const DataSplit *validation = block.split("validation"))
    data.validation = readSplit(block, *validation, folder, data.conventions);
  else
    split = splitRows(data.train.examples, description.recipe->validate);
  data.trainRows = std::move(split.train);
  data.validationRows = std::move(split.validation);
  if (const DataSplit *test = block.split("test"))
    data.test = readSplit(block, *test, folder, data.conventions);
  return data;
}

void checkWritable(const std::string &path) {
  // Better known before hours of training than after them.
  AtomicFile probe(path);
}

} // namespace

int trainCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  if (!model.trainStep || !description.recipe)
    throw Error("this program has no `train` block");
  if (arguments.has("--init") && arguments.has("--resume"))
    throw UsageError("--init and --resume exclude each other");
  if (arguments.has("--seed") && arguments.has("--resume"))
    throw UsageError("--seed: a resumed run keeps its seed");

  TrainingPlan plan;
  plan.savePath = arguments.value("--save", description.weightsFile());
  plan.logPath = arguments.value("--log");
  plan.appendLog = arguments.has("--resume");
  plan.quiet = arguments.has("--quiet");
  plan.resumable = !arguments.has("--weights-only");
  plan.patience = description.recipe->patience;
  Length length{arguments.integer("--epochs", 1), arguments.integer("--steps", 1),
                arguments.integer("--stop-after", 1)};
  TrainingState state;
  state.seed = arguments.integer("--seed", INT64_MIN).value_or(0);
  std::map<std::string, double> settings;
  readSettings(description, arguments, settings);
  std::map<std::string, std::string> folders = dataFolders(description, arguments);
  checkWritable(plan.savePath);

  Execution execution(model, threadCount(arguments));
  AlignedBuffer best(arguments.has("--resume") ? description.persistentBytes : 0);
  bool hasBest = false;
  DataConventions conventions;
  execution.initialize(state.seed);
  if (arguments.has("--resume")) {
    Safetensors file = Safetensors::read(arguments.value("--resume"));
    Resumed resumed = loadForResume(file, description, execution.persistent(), best.data());
    state = std::move(resumed.state);
    hasBest = resumed.hasBest;
    conventions = loadConventions(file, description);
    settings.insert(state.settings.begin(), state.settings.end());
  } else if (arguments.has("--init")) {
    Safetensors file = Safetensors::read(arguments.value("--init"));
    loadWeights(file, description, execution.persistent());
    conventions = loadConventions(file, description);
  }
  state.settings = settings;
  for (const auto &[name, value] : settings)
    execution.setScalar(name, value);
  if (arguments.has("--no-shuffle"))
    state.shuffled = false;

  TrainingData data = readTrainingData(description, folders[description.recipe->data], conventions);
  int64_t examples = static_cast<int64_t>(data.trainRows.size());
  if (arguments.has("--resume") && state.examples != examples)
    fail("%s: that run had %lld training examples, this one has %lld",
         arguments.value("--resume").c_str(), static_cast<long long>(state.examples),
         static_cast<long long>(examples));
  plan.steps = plannedSteps(*description.recipe, length, examples,
                            arguments.has("--resume") ? state.steps : 0);

  if (length.stopAfter)
    plan.stopAt = state.step + std::min(*length.stopAfter, plan.steps);

  std::optional<Evaluator> validation, test;
  if (model.evaluate) {
    if (data.validation)
      validation.emplace(execution, *data.validation, inOrder(data.validation->examples));
    else if (!data.validationRows.empty())
      validation.emplace(execution, data.train, data.validationRows);
    if (data.test)
      test.emplace(execution, *data.test, inOrder(data.test->examples));
  }

  Trainer trainer(execution, data.train, data.trainRows, plan, state, data.conventions);
  if (validation)
    trainer.evaluateWith(&*validation, "validation", true);
  else if (test)
    trainer.evaluateWith(&*test, "test", false);
  if (hasBest && plan.patience > 0) {
    std::copy(best.data(), best.data() + best.size(), trainer.best());
    trainer.setHasBest(true);
  }
  if (plan.steps <= state.step)
    trainer.output().message(text("nothing to do: %lld of %lld steps are done",
                                  static_cast<long long>(state.step),
                                  static_cast<long long>(plan.steps)));
  Trainer::Outcome outcome = trainer.run();

  int64_t steps = trainer.state().step;
  if (outcome == Trainer::Outcome::Interrupted || outcome == Trainer::Outcome::Paused) {
    std::string next = plan.resumable ? ", --resume " + plan.savePath + " goes on" : "";
    bool interrupted = outcome == Trainer::Outcome::Interrupted;
    trainer.output().message(
        text("%s after step %lld; saved %s%s", interrupted ? "interrupted" : "paused",
             static_cast<long long>(steps), plan.savePath.c_str(), next.c_str()));
    return interrupted ? 128 + Trainer::signal() : 0;
  }
  if (outcome == Trainer::Outcome::StoppedEarly)
    trainer.output().message(text("stopped early: no better %s loss than %.4g for %lld epochs",
                                  validation ? "validation" : "training", trainer.state().bestLoss,
                                  static_cast<long long>(trainer.state().badEpochs)));
  trainer.output().message(
      text("saved %s after %lld steps", plan.savePath.c_str(), static_cast<long long>(steps)));
  if (plan.quiet || (!test && !validation))
    return 0;
  trainer.useBest();
  Evaluator &last = test ? *test : *validation;
  Measures measures = last.evaluate();
  trainer.output().message(text("%s %s (%lld examples)", test ? "test" : "validation",
                                measures.describe().c_str(),
                                static_cast<long long>(last.examples())));
  return 0;
}

} // namespace nnc::runtime
