// `eval`: loss and metrics of a split.
#include "runtime/train/Checkpoint.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/EvaluationRecord.h"
#include "runtime/cli/LossLandscape.h"
#include "runtime/cli/MetricTables.h"
#include "runtime/train/CachedField.h"
#include "runtime/train/Evaluation.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"

#include <cstdio>

namespace nnc::runtime {

static const Option evaluateOptions[] = {
    {"--recipe", "NAME",
     "the train block whose loss and data are meant, of a program with several"},
    {"--weights", "W", "weights to evaluate (default: MODEL.safetensors)"},
    {"--raw-weights", nullptr,
     "the weights themselves, where the file has averages of them (default: the averages)"},
    {"--data", "NAME=FOLDER", "folder of a data block's files (default: that of the program)",
     true},
    {"--split", "NAME", "train, validation or test (default: test, else validation, else train)"},
    {"--run", "DIR",
     "evaluate the last weights of the run in this folder, or --weights, and write metrics and "
     "evaluation there"},
    {"--landscape", nullptr,
     "with --run: also the loss around the weights, along two random directions"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
    {"--json", nullptr, "print one JSON object"},
};
const Command evaluateCommandTable = {"eval", "loss and metrics of trained weights",
                                      evaluateOptions};

int evaluateCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  if (arguments.has("--landscape") && !arguments.has("--run"))
    throw UsageError("--landscape is for --run, whose folder holds the result");
  std::optional<RunFolder> run;
  Json configuration = Json::object();
  if (arguments.has("--run")) {
    run.emplace(RunFolder::open(arguments.value("--run")));
    configuration = run->read(RunFolder::configuration);
  }
  const Recipe &recipe =
      chooseRecipe(description, arguments, configuration.value("recipe", std::string()));
  const DataBlock &block = *description.block(recipe.data);
  std::map<std::string, std::string> folders =
      dataFolders(description, arguments, configuration["folders"]);
  const std::string &folder = folders[block.name];

  Execution execution(model, threadCount(arguments));
  const std::string usual = run ? run->file(RunFolder::last) : description.weightsFile();
  Safetensors weights =
      readWeights(arguments.value("--weights", usual), execution, arguments.has("--raw-weights"));
  DataConventions conventions = loadConventions(weights, description);

  std::string splitName = arguments.value("--split", defaultSplit(block, recipe));
  const DataSplit *split = block.split(splitName), *train = block.split("train");
  // A validation split that is not in a file of its own is what training held out.
  bool heldOut = splitName == "validation" && !split && train && recipe.validate > 0;
  if (!split && !heldOut)
    throw UsageError(text("--split: data '%s' has no split '%s'", block.name.c_str(),
                          printable(splitName).c_str()));
  // Weights that do not say their classes' names: the training data does.
  if (conventions.classes.empty() && conventions.statistics.empty() && train && split &&
      split != train && split->reader == "csv")
    readSplit(block, *train, folder, conventions, &recipe);
  Dataset dataset = readSplit(block, heldOut ? *train : *split, folder, conventions, &recipe);
  const RowSet rows = heldOut          ? dataset.split->validation
                      : split == train ? dataset.split->train
                                       : examplesInOrder(dataset, recipe.batch);
  addCachedField(execution, recipe.phases.back(), dataset);
  Json landscape;
  if (arguments.has("--landscape"))
    landscape = lossLandscape(execution, recipe.phases.back(), dataset, rows);
  const Measures measures =
      run ? recordEvaluation(*run, execution, recipe, dataset, rows, splitName, conventions,
                             landscape)
          : Evaluator(execution, recipe.phases.back(), dataset, rows).evaluate();
  if (!arguments.has("--json")) {
    std::printf("%s %s (%lld examples)\n", splitName.c_str(), measures.describe().c_str(),
                static_cast<long long>(rows.size()));
    printMetricTables(measures, block, conventions);
    return 0;
  }
  Json json = toJson(measures);
  json["examples"] = rows.size();
  json["split"] = splitName;
  print(dumpJson(json) + "\n");
  return 0;
}

} // namespace nnc::runtime
