// `tune`: trains with many settings, each trial in a folder and a process of its own, and says which
// are the best.
#include "runtime/cli/Commands.h"
#include "runtime/cli/Processes.h"
#include "runtime/cli/RunFolder.h"
#include "runtime/cli/Settings.h"
#include "runtime/cli/Trial.h"
#include "runtime/cli/TunePlan.h"
#include "runtime/support/Hash.h"
#include "runtime/support/Output.h"
#include "runtime/support/Safetensors.h"
#include "runtime/support/Table.h"

#include <algorithm>
#include <cmath>
#include <sys/stat.h>

namespace nnc::runtime {

static const Option tuneOptions[] = {
    {"--over", "KEY=VALUES",
     "a setting (listed by `train --help`) or `seed`, and its values: 0.8,0.9 or a range, "
     "1e-4..1e-1, "
     "1e-4..1e-1:log, in a grid with their number, 1e-4..1e-1:log:4",
     true},
    {"--search", "HOW",
     "random (default), grid, or halving: the best third goes on to three times as many epochs"},
    {"--trials", "N", "trials of random (default 20) and halving (default 27)"},
    {"--factor", "N", "of halving: one of so many trials goes on (default 3)"},
    {"--metric", "NAME",
     "the validation metric that decides (default: that of `patience`, else the loss)"},
    {"--best", "HOW", "highest or lowest: which value of the metric is best, if that is not known"},
    {"--folder", "DIR", "for the trials (default: runs/MODEL-tune-N)"},
    {"--resume", "DIR", "go on with the tuning in this folder; of random, --trials may be higher"},
    {"--seed", "S", "seed of what is drawn, and of each trial (default 0)"},
    {"--threads", "N", "threads (default: one per core), shared by as many trials at a time"},
    {"--json", nullptr, "print one JSON object"},
    {"--data", "NAME=FOLDER", "folder of a data block's files (default: that of the program)",
     true},
    {"--recipe", "NAME", "the train block, of a program with several"},
    {"--epochs", "N", "passes over the training data in each phase"},
    {"--steps", "N", "steps of each phase; with --epochs, the shorter of both"},
    {"--set", "KEY=VALUE", "change a setting in all trials", true},
    {"--init", "W.safetensors", "start from these weights"},
    {"--init-partial", "W.safetensors", "start from those of these weights that fit"},
    {"--no-shuffle", nullptr, "take the examples in the order of the file"},
    {"--bootstrap", nullptr, "train on examples drawn from the training set"},
    {"--config", "NAME=VALUES",
     "values of a `config`, for which --compile compiles (from `nnc tune`)", true},
    {"--compile", "WORD", "a word of the command that compiles the program (from `nnc tune`)",
     true},
};
const Command tuneCommandTable = {"tune", "train with many settings, and say which are the best",
                                  tuneOptions};

namespace {

/// A word as a shell reads it.
std::string quoted(const std::string &word) {
  if (!word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789_./=:,+@%^-") == std::string::npos)
    return word;
  std::string result = "'";
  for (char letter : word)
    result += letter == '\'' ? "'\\''" : std::string(1, letter);
  return result + "'";
}

std::string commandOf(const std::vector<std::string> &words) {
  std::string line;
  for (const std::string &word : words)
    line += (line.empty() ? "" : " ") + quoted(word);
  return line;
}

class Tuning {
public:
  Tuning(const Model &model, const Arguments &arguments);

  int run();

private:
  RunFolder openFolder();
  std::vector<std::string> compileWords(size_t trial) const;
  std::string trialFolder(size_t trial) const {
    return folder.path() + "/trial-" + std::to_string(trial + 1);
  }
  bool takeResult(Schedule::Job job);
  void start(Processes &processes, Schedule::Job job, int64_t threads);
  void show(Schedule::Job job) const;
  std::vector<std::string> reproduction(size_t trial) const;
  std::string valueText(double value) const { return text("%.4g", plan.highest ? -value : value); }
  void printResult() const;
  void printResultAsJson() const;

  const Model &model;
  const Description &description;
  const Arguments &arguments;
  Json record;
  RunFolder folder;
  std::vector<std::string> compile; ///< words of the command that compiles a program
  const Recipe &recipe;
  TunePlan plan;
  Schedule schedule;
  std::vector<Trial> trials;
};

/// The folder of a tuning that goes on, or one for a new one, in which the record is.
RunFolder Tuning::openFolder() {
  for (const char *option : {"--over", "--search", "--factor", "--metric", "--best", "--folder",
                             "--seed", "--data", "--recipe", "--epochs", "--steps", "--set",
                             "--init", "--init-partial", "--no-shuffle", "--bootstrap", "--config"})
    if (arguments.has("--resume") && arguments.has(option))
      throw UsageError(text("%s: a tuning that goes on keeps what it tries", option));
  if (!arguments.has("--resume")) {
    const Recipe &chosen = chooseRecipe(description, arguments);
    const DataBlock &block = *description.block(chosen.data);
    if (!block.split("validation") && chosen.validate == 0)
      fail(
          "tune compares trials by validation data, of which data '%s' has none: write `validate = "
          "10%%` into the train block, or a `validation` split into the data block",
          block.name.c_str());
    record = tuningRecord(description, chosen, arguments);
    // Their errors come before the folder.
    readTunePlan(description, chosen, record);
    for (const char *option : {"--init", "--init-partial"})
      if (arguments.has(option))
        readTensorEntries(arguments.value(option));
    RunFolder::checkFree(arguments.value("--folder"));
    RunFolder created =
        RunFolder::create(arguments.value("--folder"), nameOfRuns(description, chosen) + "-tune");
    created.write(RunFolder::tuning, record);
    return created;
  }
  RunFolder opened = RunFolder::open(arguments.value("--resume"), RunFolder::tuning);
  record = opened.read(RunFolder::tuning);
  if (record.value("program", std::string()) != programHash(description))
    fail("%s: it is the tuning of another version of this program, or of another target",
         opened.path().c_str());
  if (arguments.has("--trials")) {
    const int64_t before = record.at("trials").get<int64_t>();
    if (record.at("search") != "random")
      throw UsageError("--trials: only a random search that goes on may have more of them");
    record["trials"] = arguments.integer("--trials", before, 10'000).value_or(before);
    opened.write(RunFolder::tuning, record);
  }
  return opened;
}

Tuning::Tuning(const Model &model, const Arguments &arguments)
    : model(model), description(model.description), arguments(arguments), folder(openFolder()),
      compile(record["compile"].get<std::vector<std::string>>()),
      recipe(chooseRecipe(description, arguments, record.value("recipe", std::string()))),
      plan(readTunePlan(description, recipe, record)), schedule(plan.schedule()) {
  if (plan.firstConfig < plan.axes.size() && compile.empty())
    throw UsageError("--config needs --compile: `nnc tune FILE.nn -D NAME=VALUES` gives both");
  const Phase &last = recipe.phases.back();
  for (size_t trial = 0; trial < plan.points.size(); ++trial) {
    trials.emplace_back(trialFolder(trial), plan.measure(),
                        last.patience > 0
                            ? "validation_" + (last.stopMetric.empty() ? "loss" : last.stopMetric)
                            : "",
                        last.stopHighest);
  }
}

/// The words that name the configs of a trial; empty if no configs are tuned.
std::vector<std::string> Tuning::compileWords(size_t trial) const {
  std::vector<std::string> words;
  for (size_t i = plan.firstConfig; i < plan.axes.size(); ++i)
    words.insert(words.end(), {"-D", plan.axes[i].name + "=" + plan.points[trial][i]});
  return words;
}

/// Whether the result of a job is known from what its folder has.
bool Tuning::takeResult(Schedule::Job job) {
  const bool isLast = job.rung + 1 == schedule.rungs().size();
  const std::optional<double> value =
      trials[job.trial].valueAfter(schedule.rungs()[job.rung].epochs, isLast);
  if (!value)
    return false;
  schedule.setResult(job, std::isfinite(*value) && plan.highest ? -*value : *value);
  return true;
}

void Tuning::start(Processes &processes, Schedule::Job job, int64_t threads) {
  const size_t trial = job.trial;
  std::vector<std::string> words{"train"};
  if (trials[trial].canResume()) {
    words.insert(words.end(), {"--resume", trialFolder(trial)});
  } else {
    trials[trial].clear();
    words.insert(words.end(), {"--run", trialFolder(trial)});
    const std::vector<std::string> own = plan.trainWords(trial);
    words.insert(words.end(), own.begin(), own.end());
  }
  words.insert(words.end(), {"--quiet", "--threads", std::to_string(threads)});
  if (job.rung + 1 < schedule.rungs().size())
    words.insert(words.end(),
                 {"--pause-at-epoch", std::to_string(schedule.rungs()[job.rung].epochs)});
  processes.start(static_cast<int64_t>(trial), "trial " + std::to_string(trial + 1), [&] {
    trials[trial].redirectMessages();
    const std::vector<std::string> configs = compileWords(trial);
    if (!configs.empty()) {
      std::vector<std::string> command = compile;
      command.insert(command.end(), configs.begin(), configs.end());
      Hash hash;
      hash.add(std::string_view(commandOf(configs)));
      hash.add(std::string_view(record.at("program").get<std::string>()));
      const std::string program =
          compiledProgram(folder.path() + "/programs", hash.text(), command);
      folder.keepLock();
      becomeProgram(program, words);
    }
    std::vector<char *> pointers;
    for (size_t i = 1; i < words.size(); ++i)
      pointers.push_back(words[i].data());
    return trainCommand(model, Arguments(trainCommandTable, pointers));
  });
}

/// A line about a trial whose result has just come.
void Tuning::show(Schedule::Job job) const {
  std::string line = text("trial %zu/%zu:", job.trial + 1, trials.size());
  for (size_t i = 0; i < plan.axes.size(); ++i)
    line += (i ? ", " : " ") + plan.axes[i].name + "=" + plan.points[job.trial][i];
  const double value = *schedule.result(job);
  line += ": ";
  if (std::isfinite(value))
    line += text("%s %s at epoch %lld", plan.measureName().c_str(), valueText(value).c_str(),
                 static_cast<long long>(trials[job.trial].epochs()));
  else
    line += "failed: " + trials[job.trial].message();
  print(line + "\n");
}

int Tuning::run() {
  const int64_t threads = threadCount(arguments);
  const int64_t atOnce = std::min(static_cast<int64_t>(trials.size()), threads);
  const bool json = arguments.has("--json");
  if (!json)
    print(text("%zu trials in %s\n", trials.size(), folder.path().c_str()));
  Processes processes;
  std::vector<bool> running(trials.size());
  std::vector<size_t> rungOf(trials.size());
  while (!processes.interrupted()) {
    const std::optional<Schedule::Job> job =
        std::cmp_less(processes.count(), atOnce) ? schedule.next(running) : std::nullopt;
    if (job) {
      if (!takeResult(*job)) {
        start(processes, *job, threads / atOnce);
        running[job->trial] = true;
        rungOf[job->trial] = job->rung;
      }
      continue;
    }
    if (processes.count() == 0)
      break;
    const auto [number, status] = processes.wait();
    const auto trial = static_cast<size_t>(number);
    running[trial] = false;
    if (processes.interrupted())
      break;
    trials[trial].read();
    trials[trial].removeEmptyMessages();
    const Schedule::Job ended{trial, rungOf[trial]};
    if (!takeResult(ended)) {
      trials[trial].setFailed(status);
      // An error before any trial has begun is one of the command line.
      if (!trials[trial].hasBegun() && compile.empty() &&
          std::ranges::none_of(trials, &Trial::hasBegun))
        fail("%s", trials[trial].message().c_str());
      takeResult(ended);
    }
    if (!json)
      show(ended);
  }
  while (processes.count())
    processes.wait();
  if (processes.interrupted()) {
    if (!json)
      print(text("interrupted; tune --resume %s goes on\n", folder.path().c_str()));
    return 128 + Interruption::signal();
  }
  if (json)
    printResultAsJson();
  else
    printResult();
  const size_t best = schedule.ranking()[0];
  return std::isfinite(*schedule.result({best, *schedule.reached(best)})) ? 0 : 1;
}

/// The commands that train a trial again.
std::vector<std::string> Tuning::reproduction(size_t trial) const {
  std::vector<std::string> commands, words;
  std::string program = programWord();
  if (std::vector<std::string> configs = compileWords(trial); !configs.empty()) {
    words = compile;
    words.insert(words.end(), configs.begin(), configs.end());
    words.insert(words.end(), {"-o", description.model});
    commands.push_back(commandOf(words));
    program = "./" + description.model;
  }
  words = {program, "train"};
  const std::vector<std::string> own = plan.trainWords(trial);
  words.insert(words.end(), own.begin(), own.end());
  commands.push_back(commandOf(words));
  return commands;
}

void Tuning::printResult() const {
  constexpr size_t mostRows = 50;
  const std::vector<size_t> ranking = schedule.ranking();
  std::vector<std::vector<std::string>> table{{"trial"}};
  for (const Axis &axis : plan.axes)
    table[0].push_back(axis.name);
  table[0].insert(table[0].end(), {"epochs", plan.measureName(), ""});
  for (size_t i = 0; i < std::min(mostRows, ranking.size()); ++i) {
    const size_t trial = ranking[i];
    const double value = *schedule.result({trial, *schedule.reached(trial)});
    std::vector<std::string> &row = table.emplace_back();
    row.push_back(std::to_string(trial + 1));
    row.insert(row.end(), plan.points[trial].begin(), plan.points[trial].end());
    row.push_back(std::to_string(trials[trial].epochs()));
    row.push_back(std::isfinite(value) ? valueText(value) : "");
    const std::string message = trials[trial].message(); // its first part is short
    row.push_back(std::isfinite(value)
                      ? ""
                      : "failed: " + message.substr(0, std::min(message.find(": "), size_t(100))));
    const std::string file = text("trial-%zu/%s", trial + 1, RunFolder::messages);
    if (!std::isfinite(value) && exists(folder.path() + "/" + file))
      row.back() += ", see " + file;
  }
  print("\n");
  printTable(table, 0, table[0].size() - 1);
  if (ranking.size() > mostRows)
    print(text("and %zu more\n", ranking.size() - mostRows));
  const size_t best = ranking[0];
  if (!std::isfinite(*schedule.result({best, *schedule.reached(best)})))
    return print("\nall trials have failed\n");
  print(text("\nbest: trial %zu, %s\n", best + 1, trials[best].describeResult().c_str()));
  print("weights: " + trialFolder(best) + "/" + RunFolder::last + "\nthe same run again:\n");
  for (const std::string &command : reproduction(best))
    print("  " + command + "\n");
}

void Tuning::printResultAsJson() const {
  Json list = Json::array(), result = Json::object();
  for (size_t trial : schedule.ranking()) {
    const double value = *schedule.result({trial, *schedule.reached(trial)});
    Json &entry = list.emplace_back(Json::object());
    entry["trial"] = trial + 1;
    Json &values = entry["values"] = Json::object();
    for (size_t i = 0; i < plan.axes.size(); ++i)
      values[plan.axes[i].name] = plan.points[trial][i];
    entry["epochs"] = trials[trial].epochs();
    entry["value"] = std::isfinite(value) ? Json(plan.highest ? -value : value) : Json();
    if (!std::isfinite(value))
      entry["message"] = trials[trial].message();
    entry["commands"] = reproduction(trial);
  }
  result["folder"] = folder.path();
  result["measure"] = plan.measure();
  result["trials"] = std::move(list);
  print(dumpJson(result) + "\n");
}

} // namespace

int tuneCommand(const Model &model, const Arguments &arguments) {
  try {
    return Tuning(model, arguments).run();
  } catch (const Json::exception &) {
    fail("%s/%s is damaged", arguments.value("--resume").c_str(), RunFolder::tuning);
  }
}

} // namespace nnc::runtime
