// `train`: plans a run from the command line, the recipe and the resumed run, and starts it.
#include "runtime/cli/Commands.h"
#include "runtime/cli/EpochRecord.h"
#include "runtime/cli/EvaluationRecord.h"
#include "runtime/cli/InitialWeights.h"
#include "runtime/cli/Members.h"
#include "runtime/cli/MetricTables.h"
#include "runtime/cli/PhasePlan.h"
#include "runtime/cli/RunRecord.h"
#include "runtime/data/DataHash.h"
#include "runtime/support/Interruption.h"
#include "runtime/support/Output.h"
#include "runtime/cli/Settings.h"
#include "runtime/cli/TrainOptions.h"
#include "runtime/train/CachedField.h"
#include "runtime/train/Trainer.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace nnc::runtime {

namespace {

/// The data of a run: what is trained on, and what is evaluated.
struct TrainingData {
  Dataset train;
  RowSet trainRows, validationRows; ///< rows of `train`
  std::optional<Dataset> validation, test;
  DataConventions conventions;
  std::map<std::string, std::string> hashes; ///< by split
};

TrainingData readTrainingData(const Description &description, const Recipe &recipe,
                              const std::string &folder, const DataConventions &known) {
  const DataBlock &block = *description.block(recipe.data);
  const DataSplit *train = block.split("train");
  if (!train)
    fail("data '%s' has no train split", block.name.c_str());
  TrainingData data;
  data.conventions = known;
  data.train = readSplit(block, *train, folder, data.conventions, &recipe);
  const Split &split = *data.train.split;
  if (const DataSplit *validation = block.split("validation"))
    data.validation = readSplit(block, *validation, folder, data.conventions);
  data.trainRows = split.train;
  data.validationRows = split.validation;
  if (const DataSplit *test = block.split("test"))
    data.test = readSplit(block, *test, folder, data.conventions);
  data.hashes["train"] = hashOf(data.train);
  if (data.validation)
    data.hashes["validation"] = hashOf(*data.validation);
  if (data.test)
    data.hashes["test"] = hashOf(*data.test);
  return data;
}

/// A state that was loaded from `origin` must fit the program and the data.
void checkResumed(const TrainingState &state, const Recipe &recipe, const TrainingData &data,
                  bool changedData, const std::string &origin) {
  const int64_t examples = data.trainRows.size();
  if (state.examples != examples)
    fail("%s: that run had %lld training examples, this one has %lld (--init starts a new run from "
         "its weights)",
         origin.c_str(), static_cast<long long>(state.examples), static_cast<long long>(examples));
  if (state.batch != recipe.examplesPerStep())
    fail("%s: that run had batches of %lld examples, this one has %lld (--init starts a new run "
         "from its weights)",
         origin.c_str(), static_cast<long long>(state.batch),
         static_cast<long long>(recipe.examplesPerStep()));
  if (static_cast<size_t>(state.phase) >= recipe.phases.size())
    fail("%s: that run had %zu phases, this one has %zu", origin.c_str(), state.steps.size(),
         recipe.phases.size());
  checkPlace(state, origin, recipe.phases[static_cast<size_t>(state.phase)].trainingSteps[0].every);
  for (const auto &[split, hash] : data.hashes)
    if (auto before = state.data.find(split);
        before != state.data.end() && before->second != hash && !changedData)
      fail("%s: the %s split of data '%s' has changed since that run; --changed-data goes on with "
           "what it is now",
           origin.c_str(), split.c_str(), recipe.data.c_str());
}

/// The measures of the epochs of all phases, as a log names them: of the training, then of the split
/// that is evaluated, which may be null. Those that are tensors are left out.
std::vector<std::string> logColumns(const Description &description, const Recipe &recipe,
                                    const char *evaluated) {
  std::vector<std::string> names;
  auto add = [&](const std::string &name) {
    if (std::ranges::find(names, name) == names.end())
      names.push_back(name);
  };
  for (const char *split : {"train", evaluated})
    for (const Phase &phase : recipe.phases) {
      if (!split)
        continue;
      const std::string prefix = std::string(split) + "_";
      add(prefix + "loss");
      if (split != evaluated && phase.trainingSteps.size() > 1)
        for (const TrainingStep &step : phase.trainingSteps)
          add(prefix + step.name + "_loss");
      for (const OutputValue *metric :
           description.function(phase.evaluate)->valuesOf(OutputKind::Metric))
        add(prefix + metric->name);
      if (const Function *metrics = description.function(phase.metrics))
        for (const OutputValue &metric : metrics->values)
          if (metric.shape.empty())
            add(prefix + metric.name);
    }
  return names;
}

/// The settings of the resumed run, but for those that --set changes.
void keepSettings(SettingValues &settings, const SettingValues &before,
                  const Description &description, const std::string &origin) {
  for (const auto &[name, value] : before) {
    try {
      settings.emplace(findSetting(description, name).name, value);
    } catch (const Error &error) {
      fail("%s: %s", origin.c_str(), error.what());
    }
  }
}

} // namespace

/// Reports the end of a run that is not its last step; the exit status.
static int reportPause(Trainer &trainer, Trainer::Outcome outcome, const TrainingPlan &plan) {
  const TrainingState &state = trainer.state();
  // Of a run with a folder, this is what is resumed.
  const std::string &resumed = plan.bestPath.empty() ? plan.savePath : plan.folder;
  std::string next = plan.resumable ? ", --resume " + resumed + " goes on" : "";
  bool interrupted = outcome == Trainer::Outcome::Interrupted;
  const std::string message = text(
      "%s after step %lld; saved %s%s", interrupted ? "interrupted" : "paused",
      static_cast<long long>(state.stepsBefore + state.step), plan.savePath.c_str(), next.c_str());
  if (plan.logPath == "-") // the standard output has the log alone
    std::fprintf(stderr, "%s\n", message.c_str());
  else
    trainer.output().message(message);
  return interrupted ? 128 + Interruption::signal() : 0;
}

/// A phase can be skipped only by a resumed run that has been at its end.
static bool isFinished(const TrainingState &state, const Phase &phase) {
  return state.step >= state.steps[static_cast<size_t>(state.phase)] ||
         (phase.patience > 0 && state.badEpochs >= phase.patience);
}

namespace {

/// A run from its start, or from the resumed file, to its end.
class TrainingRun {
public:
  TrainingRun(const Model &model, const Arguments &arguments);

  /// Trains phase by phase; the exit status.
  int run();

private:
  void openFolder();
  int runPhases();
  /// The data that `eval` takes.
  struct Evaluated {
    const Dataset &dataset;
    RowSet rows;
    const char *split;
  };
  Evaluated evaluated() const;
  /// The data by which runs are compared, if there is any.
  std::optional<Evaluated> heldOut() const;
  DataConventions loadStart();
  /// Throws UsageError if the command line ends the current phase before where it is.
  void checkLength() const;
  bool isDone() const { return isLastPhase() && state.step == plannedSteps(); }
  bool isLastPhase() const { return state.phase + 1 == std::ssize(recipe.phases); }
  int64_t plannedSteps() const { return state.steps[static_cast<size_t>(state.phase)]; }
  /// The exit status if the run ends within the phase or with it.
  std::optional<int> runPhase(const Phase &phase);
  void reportResult(Trainer &trainer, const Phase &phase);

  const Description &description;
  const Arguments &arguments;
  std::optional<RunFolder> folder; ///< of a run that has one
  Json configuration;              ///< of the folder's run that is resumed
  const Recipe &recipe;
  TrainingPlan plan;
  Length length;
  TrainingState state;
  SettingValues settings;
  std::map<std::string, std::string> folders;
  Execution execution;
  AlignedBuffer best; ///< of the resumed run
  bool hasBest = false;
  TrainingData data;
  std::optional<Evaluated> shown; ///< of a run that has a folder
  std::optional<EpochRecord> epochs;
  int64_t stopAt; ///< steps of all phases after which to pause
  int64_t pauseAtEpoch;
  std::optional<EventLog> events;
  const char *ending = "finished";
};

/// The number of blocks of the size of the persistent one. Besides the one that trains: the
/// remembered one, the best one, and that of the resumed run.
int persistentBlocks(const Recipe &recipe, bool resumed, bool keepsBest) {
  const bool patient =
      std::ranges::any_of(recipe.phases, [](const Phase &phase) { return phase.patience > 0; });
  return 2 + (patient || keepsBest ? 1 : 0) + (resumed ? 1 : 0);
}

/// The folder of the run that is resumed, if it has one.
std::optional<RunFolder> resumedFolder(const Arguments &arguments) {
  checkTrainOptions(arguments);
  if (!resumesFolder(arguments))
    return std::nullopt;
  RunFolder folder = RunFolder::open(arguments.value("--resume"));
  if (!folder.has(RunFolder::last))
    fail("%s has no checkpoint yet: its run ended before it saved one. Remove the folder and start "
         "again",
         folder.path().c_str());
  return folder;
}

TrainingRun::TrainingRun(const Model &model, const Arguments &arguments)
    : description(model.description), arguments(arguments), folder(resumedFolder(arguments)),
      configuration(folder ? folder->read(RunFolder::configuration) : Json()),
      recipe(chooseRecipe(description, arguments,
                          folder ? configuration.value("recipe", std::string()) : "")),
      plan(planFiles(arguments, folder ? folder->file(RunFolder::last)
                                       : nameOfRuns(description, recipe) + ".safetensors")),
      length{arguments.integer("--epochs", 1, mostSteps),
             arguments.integer("--steps", 1, mostSteps),
             arguments.integer("--stop-after", 1, mostSteps)},
      settings(readSettings(description, arguments)),
      folders(dataFolders(description, arguments,
                          configuration.is_object() ? configuration["folders"] : Json())),
      execution(model, threadCount(arguments),
                persistentBlocks(recipe, plan.resumed, folder || arguments.has("--run"))),
      best(plan.resumed ? description.persistentBytes : 0) {
  state.recipe = recipe.name;
  state.seed = arguments.integer("--seed", INT64_MIN, INT64_MAX).value_or(0);
  const DataConventions conventions = loadStart();
  state.settings = settings;
  for (const auto &[name, value] : settings)
    execution.setScalar(name, value);
  if (arguments.has("--no-shuffle") || !recipe.shuffle)
    state.shuffled = false;
  state.bootstrap |= arguments.has("--bootstrap");
  data = readTrainingData(description, recipe, folders[recipe.data], conventions);
  if (state.bootstrap && data.train.memory)
    throw UsageError("--bootstrap draws examples that are all in memory, and the train split has "
                     "`memory`");
  if (state.bootstrap) {
    Rows drawn = data.trainRows.toList();
    drawBootstrap(drawn, static_cast<uint64_t>(state.seed));
    data.trainRows = std::move(drawn);
  }
  if (plan.resumed)
    checkResumed(state, recipe, data, arguments.has("--changed-data"), arguments.value("--resume"));
  state.data = data.hashes;
  state.examples = data.trainRows.size();
  planPhases(state, recipe, length, state.examples);
  plan.logColumns = logColumns(description, recipe,
                               data.validation || !data.validationRows.empty() ? "validation"
                               : data.test                                     ? "test"
                                                                               : nullptr);
  checkLength();
  pauseAtEpoch = arguments.integer("--pause-at-epoch", 1, mostSteps).value_or(INT64_MAX);
  stopAt = length.stopAfter ? state.stepsBefore + state.step + *length.stopAfter : INT64_MAX;
}

/// Fills the persistent block: new weights, those that the user names, or those of the resumed run
/// with its state.
DataConventions TrainingRun::loadStart() {
  execution.initialize(state.seed);
  if (!plan.resumed)
    return loadInitialWeights(execution, recipe, arguments);
  Safetensors file =
      Safetensors::read(folder ? folder->file(RunFolder::last) : arguments.value("--resume"));
  Resumed resumed = loadForResume(file, description, execution.persistent(), best.data());
  warnOfUnknownTensors(file, description);
  state = std::move(resumed.state);
  if (state.recipe != recipe.name)
    fail("%s: it is a run of the train block '%s', not of '%s'", file.origin().c_str(),
         printable(state.recipe).c_str(), recipe.name.c_str());
  hasBest = resumed.hasBest;
  keepSettings(settings, state.settings, description, file.origin());
  return loadConventions(file, description);
}

void TrainingRun::checkLength() const {
  if (plannedSteps() >= state.step)
    return;
  throw UsageError(text("the run is already at step %lld, later than the %lld steps that %s for",
                        static_cast<long long>(state.step), static_cast<long long>(plannedSteps()),
                        length.steps && length.epochs ? "--steps and --epochs ask"
                        : length.steps                ? "--steps asks"
                                                      : "--epochs asks"));
}

/// Makes the folder of a new run, and writes the configuration.
void TrainingRun::openFolder() {
  if (folder) {
    folder->write(RunFolder::configuration,
                  resumedConfiguration(configuration, description, state, settings, folders));
  } else {
    folder.emplace(RunFolder::create(arguments.value("--run"), nameOfRuns(description, recipe)));
    folder->write(RunFolder::configuration,
                  configurationOf(description, recipe, state, settings, folders, arguments));
  }
  folder->write(RunFolder::program, description.program);
  plan.savePath = folder->file(RunFolder::last);
  plan.bestPath = folder->file(RunFolder::best);
  plan.logPath = folder->file(RunFolder::log);
  plan.folder = folder->path();
  shown.emplace(evaluated());
  epochs.emplace(*folder, execution, *description.block(recipe.data), shown->dataset, shown->rows,
                 data.conventions, state.epochsBefore + state.epoch);
  plan.afterEpoch = [this](int64_t epoch) { epochs->add(epoch); };
}

int TrainingRun::run() {
  if (isDone() && (!folder || hasEnded(*folder, state.stepsBefore + state.step))) {
    if (!plan.quiet)
      print(text("nothing to do: all %lld steps of the run are done\n",
                 static_cast<long long>(state.stepsBefore + state.step)));
    return 0;
  }
  if (state.epochsDone() >= pauseAtEpoch) {
    if (!plan.quiet)
      print(text("nothing to do: %lld epochs of the run are done\n",
                 static_cast<long long>(state.epochsDone())));
    return 0;
  }
  if (!folder && !arguments.has("--run"))
    return runPhases();
  openFolder();
  RunSession session(*folder, execution.threads(), state.stepsBefore + state.step);
  if (!plan.quiet)
    print("run " + folder->path() + "\n");
  try {
    const int status = runPhases();
    session.finish(ending, state.stepsBefore + state.step);
    return status;
  } catch (const std::exception &error) {
    try {
      session.finish("failed", state.stepsBefore + state.step, error.what());
    } catch (const Error &) {
      // The error that ended the run says more.
    }
    throw;
  }
}

int TrainingRun::runPhases() {
  if (arguments.has("--tensorboard")) {
    const std::string path = arguments.value("--tensorboard");
    events.emplace(
        path.empty() ? folder->path() : path, state.stepsBefore + state.step,
        [](const std::string &line) { (void)writeAll(STDERR_FILENO, "warning: " + line + "\n"); });
    plan.events = &*events;
  }
  for (;; beginNextPhase(state)) {
    const Phase &phase = recipe.phases[static_cast<size_t>(state.phase)];
    if (!isLastPhase() && plan.resumed && isFinished(state, phase)) {
      if (hasBest)
        copyWeights(description, best.data(), execution.persistent());
    } else if (std::optional<int> status = runPhase(phase)) {
      return *status;
    }
    hasBest = false;
    plan.resumed = true; // the log goes on
  }
}

std::optional<int> TrainingRun::runPhase(const Phase &phase) {
  plan.steps = plannedSteps();
  plan.stopAt = stopAt == INT64_MAX ? stopAt : stopAt - state.stepsBefore;
  plan.pauseAtEpoch = pauseAtEpoch;
  addCachedField(execution, phase, data.train);
  if (data.validation)
    addCachedField(execution, phase, *data.validation);
  if (data.test)
    addCachedField(execution, phase, *data.test);
  std::optional<Evaluator> validation, test;
  if (data.validation)
    validation.emplace(execution, phase, *data.validation,
                       examplesInOrder(*data.validation, recipe.batch));
  else if (!data.validationRows.empty())
    validation.emplace(execution, phase, data.train, data.validationRows);
  if (data.test)
    test.emplace(execution, phase, *data.test, examplesInOrder(*data.test, recipe.batch));

  Trainer trainer(execution, recipe, phase, data.train, data.trainRows, plan, state,
                  data.conventions);
  if (!phase.name.empty() && state.step == 0)
    trainer.output().message("then " + phase.name);
  if (validation)
    trainer.evaluateWith(&*validation, "validation", true);
  else if (test)
    trainer.evaluateWith(&*test, "test", false);
  if (hasBest && phase.patience > 0)
    trainer.goOnWithBest(best.data());
  Trainer::Outcome outcome = trainer.run();
  state = trainer.state();
  if (outcome == Trainer::Outcome::Interrupted || outcome == Trainer::Outcome::Paused) {
    ending = outcome == Trainer::Outcome::Paused ? "paused" : "interrupted";
    return reportPause(trainer, outcome, plan);
  }
  ending = outcome == Trainer::Outcome::StoppedEarly ? "stopped early" : "finished";
  if (outcome == Trainer::Outcome::StoppedEarly)
    trainer.output().message(text("stopped early: no better %s %s than %.4g for %lld epochs",
                                  validation ? "validation" : "training",
                                  trainer.decisive().c_str(), trainer.bestValue(),
                                  static_cast<long long>(state.badEpochs)));
  trainer.useBest();
  if (isLastPhase()) {
    reportResult(trainer, phase);
    return 0;
  }
  if (stopAt <= state.stepsBefore + state.step || state.epochsDone() >= pauseAtEpoch) {
    ending = "paused";
    return reportPause(trainer, Trainer::Outcome::Paused, plan);
  }
  return std::nullopt;
}

TrainingRun::Evaluated TrainingRun::evaluated() const {
  if (data.test)
    return {*data.test, examplesInOrder(*data.test, recipe.batch), "test"};
  return heldOut().value_or(Evaluated{data.train, data.trainRows, "train"});
}

std::optional<TrainingRun::Evaluated> TrainingRun::heldOut() const {
  if (data.validation)
    return Evaluated{*data.validation, examplesInOrder(*data.validation, recipe.batch),
                     "validation"};
  if (!data.validationRows.empty())
    return Evaluated{data.train, data.validationRows, "validation"};
  return std::nullopt;
}

void TrainingRun::reportResult(Trainer &trainer, const Phase &phase) {
  trainer.output().message(text("saved %s after %lld steps", plan.savePath.c_str(),
                                static_cast<long long>(state.stepsBefore + state.step)));
  const Evaluated last = evaluated();
  std::optional<Measures> measures;
  if (folder) {
    measures = recordEvaluation(*folder, execution, recipe, shown->dataset, shown->rows,
                                shown->split, data.conventions);
    if (std::optional<Evaluated> compared = heldOut()) {
      const bool isShown = std::string_view(shown->split) == compared->split;
      folder->write(
          RunFolder::validation,
          toJson(isShown
                     ? *measures
                     : Evaluator(execution, phase, compared->dataset, compared->rows).evaluate()));
    }
  }
  if (plan.quiet || std::string_view(last.split) == "train")
    return;
  if (!measures)
    measures = Evaluator(execution, phase, last.dataset, last.rows).evaluate();
  trainer.output().message(text("%s %s (%lld examples)", last.split, measures->describe().c_str(),
                                static_cast<long long>(last.rows.size())));
  printMetricTables(*measures, *description.block(recipe.data), data.conventions);
}

} // namespace

int trainCommand(const Model &model, const Arguments &arguments) {
  auto train = [&](const Arguments &ofRun) { return TrainingRun(model, ofRun).run(); };
  const std::optional<int64_t> members = arguments.integer("--members", 1, 1000);
  return members ? trainMembers(model, arguments, *members, train) : train(arguments);
}

} // namespace nnc::runtime
