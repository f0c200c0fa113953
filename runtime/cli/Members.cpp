// Implements the training of an ensemble.
#include "runtime/cli/Members.h"

#include "runtime/cli/Classification.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Processes.h"
#include "runtime/cli/RunFolder.h"
#include "runtime/support/Interruption.h"
#include "runtime/support/Output.h"
#include "runtime/support/Table.h"
#include "runtime/train/CachedField.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Evaluation.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nnc::runtime {

namespace {

/// `digits.safetensors` -> `digits-2.safetensors`
std::string numbered(const std::string &path, int64_t number) {
  const size_t slash = path.rfind('/'), dot = path.rfind('.');
  const bool hasEnding =
      dot != std::string::npos && (slash == std::string::npos || dot > slash + 1);
  return path.substr(0, hasEnding ? dot : path.size()) + "-" + std::to_string(number) +
         (hasEnding ? path.substr(dot) : "");
}

/// The joined predictions of the members: for each example and class the sum of scores, or of votes.
class Votes {
public:
  Votes(const Classification &output, const Dataset &dataset, const RowSet &rows)
      : output(output), dataset(dataset), rows(rows),
        classes(static_cast<size_t>(output.field->classes)),
        sums(static_cast<size_t>(rows.size()) * classes) {}

  /// Adds the predictions of a member; the fraction of the examples that it has right.
  double add(Execution &execution) {
    BoundFunction bound(execution, *output.function, dataset);
    std::vector<double> own(classes);
    size_t right = 0;
    Rows buffer;
    for (int64_t first = 0; first < rows.size(); first += bound.batch()) {
      const int64_t count = std::min(bound.batch(), rows.size() - first);
      bound.run(rows.part(first, count, buffer), count);
      for (int64_t i = 0; i < count; ++i) {
        std::ranges::fill(own, 0);
        if (output.hasScores())
          for (size_t k = 0; k < classes; ++k)
            own[k] = output.score(bound, i, static_cast<int64_t>(k));
        else if (auto k = static_cast<size_t>(output.predicted(bound, i)); k < classes)
          own[k] = 1;
        const size_t example = static_cast<size_t>(first + i);
        for (size_t k = 0; k < classes; ++k)
          sums[example * classes + k] += own[k];
        right += isRight(example, own.data());
      }
    }
    return static_cast<double>(right) / static_cast<double>(rows.size());
  }

  double accuracy() const {
    size_t right = 0;
    for (size_t example = 0; example < static_cast<size_t>(rows.size()); ++example)
      right += isRight(example, sums.data() + example * classes);
    return static_cast<double>(right) / static_cast<double>(rows.size());
  }

private:
  bool isRight(size_t example, const double *scores) const {
    return std::max_element(scores, scores + classes) - scores ==
           classOf(dataset, *output.field, rows[static_cast<int64_t>(example)]);
  }

  const Classification output;
  const Dataset &dataset;
  const RowSet &rows;
  const size_t classes;
  std::vector<double> sums;
};

/// Loss and metrics of each member on the test split, else on what was held out, and the accuracy of
/// their mean.
void printScores(const Model &model, const Arguments &arguments,
                 const std::vector<std::string> &paths) {
  const Description &description = model.description;
  const Recipe &recipe = chooseRecipe(description, arguments);
  const Phase &phase = recipe.phases.back();
  const DataBlock &block = *description.block(recipe.data);
  const std::string split = defaultSplit(block, recipe);
  if (split == "train")
    return;
  const DataSplit *train = block.split("train"), *test = block.split(split);
  const std::string folder = dataFolders(description, arguments)[block.name];
  Execution execution(model, threadCount(arguments));
  Safetensors first = readWeights(paths[0], execution);
  DataConventions conventions = loadConventions(first, description);
  Dataset dataset =
      readSplit(block, test ? *test : *train, folder, conventions, test ? nullptr : &recipe);
  addCachedField(execution, phase, dataset);
  const RowSet rows = test ? examplesInOrder(dataset, recipe.batch) : dataset.split->validation;

  const Classification output =
      findClassification(description, block, dataset, /*prefersScores=*/true);
  std::optional<Votes> votes;
  if (output.function)
    votes.emplace(output, dataset, rows);
  std::vector<std::vector<std::string>> table{{"", "loss"}};
  if (output.function)
    table[0].push_back(output.output->name + " right");
  double loss = 0, right = 0;
  for (size_t i = 0; i < paths.size(); ++i) {
    readWeights(paths[i], execution);
    addCachedField(execution, phase, dataset);
    Evaluator evaluator(execution, phase, dataset, rows);
    const Measures measures = evaluator.evaluate();
    loss += measures.loss;
    table.push_back({paths[i], text("%.4g", measures.loss)});
    if (votes) {
      const double own = votes->add(execution);
      right += own;
      table.back().push_back(text("%.2f %%", 100 * own));
    }
  }
  const auto count = static_cast<double>(paths.size());
  table.push_back({"mean of the members", text("%.4g", loss / count)});
  if (votes) {
    table.back().push_back(text("%.2f %%", 100 * right / count));
    table.push_back({output.hasScores() ? "mean of their " + output.output->name
                                        : "majority of their " + output.output->name,
                     "", text("%.2f %%", 100 * votes->accuracy())});
  }
  print(text("%s split, %zu examples\n", split.c_str(), rows.size()));
  printTable(table, 1, 3);
}

} // namespace

int trainMembers(const Model &model, const Arguments &arguments, int64_t members,
                 const std::function<int(const Arguments &)> &train) {
  if (arguments.has("--resume"))
    throw UsageError("--members and --resume exclude each other");
  for (const char *option : {"--save", "--log"})
    if (arguments.has("--run") && arguments.has(option))
      throw UsageError(text("--run and %s exclude each other: the folder of a run has its weights "
                            "and its log",
                            option));
  if (arguments.has("--tensorboard") && !arguments.value("--tensorboard").empty())
    throw UsageError(
        "--tensorboard DIR: several members have several folders; leave DIR out, with --run");
  if (arguments.value("--log") == "-")
    throw UsageError("--log -: several members have several logs; name a file");
  const Description &description = model.description;
  const Recipe &recipe = chooseRecipe(description, arguments);
  const std::string weights =
      arguments.value("--save", nameOfRuns(description, recipe) + ".safetensors");
  const int64_t seed = arguments.integer("--seed", INT64_MIN, INT64_MAX - members).value_or(0);
  const std::string folder =
      arguments.has("--run")
          ? RunFolder::createForMembers(arguments.value("--run"), nameOfRuns(description, recipe))
          : "";
  const int64_t threads = threadCount(arguments), atOnce = std::min(members, threads);
  std::vector<std::string> paths;
  int status = 0;
  bool interrupted = false;
  {
    Processes processes;
    auto waitForOne = [&] {
      if (const int ended = processes.wait().status; status == 0)
        status = ended;
    };
    for (int64_t number = 1; number <= members && !processes.interrupted() && !status; ++number) {
      Arguments own = arguments;
      own.set("--seed", std::to_string(seed + number - 1));
      if (folder.empty()) {
        own.set("--save", numbered(weights, number));
        paths.push_back(numbered(weights, number));
      } else {
        own.set("--run", folder + "/member-" + std::to_string(number));
        paths.push_back(own.value("--run") + "/" + RunFolder::last);
      }
      own.set("--threads", std::to_string(threads / atOnce));
      own.set("--quiet", "");
      if (arguments.has("--log"))
        own.set("--log", numbered(arguments.value("--log"), number));
      processes.start(number, text("member %lld", static_cast<long long>(number)), [&] {
        try {
          return train(own);
        } catch (const UsageError &) {
          if (number > 1) // it is that of all members
            return 2;
          throw;
        }
      });
      if (std::cmp_equal(processes.count(), atOnce))
        waitForOne();
    }
    while (processes.count())
      waitForOne();
    interrupted = processes.interrupted();
  }
  if (interrupted)
    return 128 + Interruption::signal();
  if (status)
    return status;
  if (arguments.has("--quiet"))
    return 0;
  for (const std::string &path : paths)
    print("saved " + path + "\n");
  printScores(model, arguments, paths);
  return 0;
}

} // namespace nnc::runtime
