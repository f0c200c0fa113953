// `cross-validate`: trains once for each fold of the training data, and evaluates what was held out.
#include "runtime/cli/Commands.h"
#include "runtime/cli/InitialWeights.h"
#include "runtime/cli/MetricTables.h"
#include "runtime/cli/PhasePlan.h"
#include "runtime/cli/Settings.h"
#include "runtime/support/Interruption.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"
#include "runtime/train/CachedField.h"
#include "runtime/train/Trainer.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

static const Option crossValidateOptions[] = {
    {"--folds", "K", "parts of the training data, each of which is held out once (default: 5)"},
    {"--data", "NAME=FOLDER", "folder of a data block's files (default: that of the program)",
     true},
    {"--recipe", "NAME", "the train block, of a program with several"},
    {"--epochs", "N", "passes over the training data in each phase"},
    {"--steps", "N", "steps of each phase; with --epochs, the shorter of both"},
    {"--set", "KEY=VALUE", "change a setting of the recipe (`train --help` lists them)", true},
    {"--seed", "S", "seed of initialisation, shuffling and dropout (default 0)"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
    {"--json", nullptr, "print one JSON object"},
};
const Command crossValidateCommandTable = {
    "cross-validate", "train and evaluate on parts of the training data in turn",
    crossValidateOptions};

namespace {

/// The measures of one fold and the number of its examples.
struct FoldResult {
  Measures measures;
  int64_t examples = 0;
};

class CrossValidation {
public:
  CrossValidation(const Model &model, const Arguments &arguments)
      : model(model), arguments(arguments), description(model.description),
        recipe(chooseRecipe(description, arguments)), block(*description.block(recipe.data)),
        folder(dataFolders(description, arguments)[recipe.data]),
        settings(readSettings(description, arguments)),
        length{arguments.integer("--epochs", 1, mostSteps),
               arguments.integer("--steps", 1, mostSteps)} {
    if (!block.split("train"))
      fail("data '%s' has no train split", block.name.c_str());
    if (block.split("train")->window || block.split("train")->reader == "text")
      fail("cross-validate holds out examples, and those of texts and of windows overlap: "
           "`split` in the reader of data '%s' holds out a part",
           block.name.c_str());
  }

  /// Nothing if a signal has ended it.
  std::optional<FoldResult> run(Fold fold);

private:
  const Model &model;
  const Arguments &arguments;
  const Description &description;
  const Recipe &recipe;
  const DataBlock &block;
  const std::string folder;
  const SettingValues settings;
  const Length length;
};

std::optional<FoldResult> CrossValidation::run(Fold fold) {
  // All that a fold learns begins anew.
  Execution execution(model, threadCount(arguments), 3);
  TrainingState state;
  state.recipe = recipe.name;
  state.seed = arguments.integer("--seed", INT64_MIN, INT64_MAX).value_or(0);
  state.shuffled = recipe.shuffle;
  execution.initialize(state.seed);
  DataConventions conventions = loadInitialWeights(execution, recipe, arguments);
  for (const auto &[name, value] : settings)
    execution.setScalar(name, value);
  Dataset dataset = readSplit(block, *block.split("train"), folder, conventions, &recipe, fold);
  state.examples = dataset.split->train.size();
  planPhases(state, recipe, length, state.examples);
  TrainingPlan plan;
  plan.quiet = true;
  for (;; beginNextPhase(state)) {
    const Phase &phase = recipe.phases[static_cast<size_t>(state.phase)];
    plan.steps = state.steps[static_cast<size_t>(state.phase)];
    addCachedField(execution, phase, dataset);
    Evaluator evaluator(execution, phase, dataset, dataset.split->validation);
    Trainer trainer(execution, recipe, phase, dataset, dataset.split->train, plan, state,
                    conventions);
    trainer.evaluateWith(&evaluator, "validation", true);
    if (trainer.run() == Trainer::Outcome::Interrupted)
      return std::nullopt;
    state = trainer.state();
    trainer.useBest();
    if (state.phase + 1 == std::ssize(recipe.phases))
      return FoldResult{evaluator.evaluate(), evaluator.examples()};
  }
}

/// The mean over the folds of each number, or its standard deviation from one fold to another.
Measures summary(const std::vector<FoldResult> &folds, bool deviation) {
  auto reduce = [&](auto value) {
    const double count = static_cast<double>(folds.size());
    double sum = 0, squares = 0;
    for (const FoldResult &fold : folds)
      sum += value(fold.measures);
    for (const FoldResult &fold : folds)
      squares += (value(fold.measures) - sum / count) * (value(fold.measures) - sum / count);
    return deviation ? std::sqrt(squares / (count - 1)) : sum / count;
  };
  Measures result = folds[0].measures;
  result.loss = reduce([](const Measures &measures) { return measures.loss; });
  for (size_t i = 0; i < result.metrics.size(); ++i)
    for (size_t j = 0; j < result.metrics[i].values.size(); ++j)
      result.metrics[i].values[j] =
          reduce([&](const Measures &measures) { return measures.metrics[i].values[j]; });
  return result;
}

} // namespace

int crossValidateCommand(const Model &model, const Arguments &arguments) {
  const int64_t count = arguments.integer("--folds", 2, 1000).value_or(5);
  const bool json = arguments.has("--json");
  CrossValidation validation(model, arguments);
  std::vector<FoldResult> folds;
  Json list = Json::array();
  for (int64_t index = 0; index < count; ++index) {
    std::optional<FoldResult> result = validation.run({index, count});
    if (!result)
      return 128 + Interruption::signal();
    list.push_back(toJson(result->measures));
    list.back()["examples"] = result->examples;
    if (!json)
      print(text("fold %lld/%lld: %s (%lld examples)\n", static_cast<long long>(index + 1),
                 static_cast<long long>(count), result->measures.describe().c_str(),
                 static_cast<long long>(result->examples)));
    folds.push_back(std::move(*result));
  }
  const Measures mean = summary(folds, false), deviation = summary(folds, true);
  if (json)
    print(dumpJson({{"folds", list}, {"mean", toJson(mean)}, {"deviation", toJson(deviation)}}) +
          "\n");
  else
    print(text("mean: %s\ndeviation: %s\n", mean.describe().c_str(), deviation.describe().c_str()));
  return 0;
}

} // namespace nnc::runtime
