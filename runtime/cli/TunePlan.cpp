// Implements the plan of a tuning, as JSON in its folder and as what it means for the program.
#include "runtime/cli/TunePlan.h"

#include "runtime/cli/Commands.h"
#include "runtime/cli/Settings.h"
#include "runtime/support/Hash.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>

namespace nnc::runtime {

static constexpr int64_t mostTrials = 10'000;

/// Options of `train` that a tuning gives to each trial, but for --seed.
static constexpr const char *passedOptions[] = {"--data",         "--recipe",     "--epochs",
                                                "--steps",        "--set",        "--init",
                                                "--init-partial", "--no-shuffle", "--bootstrap"};

std::string programHash(const Description &description) {
  Hash hash;
  for (const std::string &part : {description.program, description.target, description.compiler,
                                  std::string(nameOf(description.floatType))})
    hash.add(std::string_view(part));
  return hash.text();
}

/// The metric that decides, and whether a higher one is better.
static std::pair<std::string, bool> readMetric(const Phase &phase, const Arguments &arguments) {
  const std::string metric = arguments.value("--metric", phase.stopMetric);
  const std::string best = arguments.value("--best");
  if (!best.empty() && best != "highest" && best != "lowest")
    throw UsageError(text("--best is highest or lowest, not '%s'", printable(best).c_str()));
  if (metric.empty() || metric == "loss") {
    if (!best.empty())
      throw UsageError("--best is for --metric: the loss is best where it is lowest");
    return {"", false};
  }
  if (!best.empty())
    return {metric, best == "highest"};
  auto known = phase.directions.find(metric);
  if (known == phase.directions.end())
    throw UsageError(text("--metric %s: say whether a higher one is better, by --best highest or "
                          "--best lowest",
                          metric.c_str()));
  return {metric, known->second};
}

static void checkMetric(const Description &description, const Phase &phase,
                        const std::string &metric) {
  std::vector<std::string> names{"loss"};
  for (const OutputValue *value :
       description.function(phase.evaluate)->valuesOf(OutputKind::Metric))
    if (value->shape.empty())
      names.push_back(value->name);
  if (const Function *metrics = description.function(phase.metrics))
    for (const OutputValue &value : metrics->values)
      if (value.shape.empty())
        names.push_back(value.name);
  if (!metric.empty() && std::ranges::find(names, metric) == names.end())
    throw UsageError(text("--metric: '%s' is not a metric of one number%s",
                          printable(metric).c_str(), suggestionOrAll(metric, names).c_str()));
}

Json tuningRecord(const Description &description, const Recipe &recipe,
                  const Arguments &arguments) {
  Json record = Json::object(), options = Json::array();
  const std::string search = arguments.value("--search", "random");
  if (search != "grid" && search != "random" && search != "halving")
    throw UsageError(text("--search is grid, random or halving, not '%s'%s",
                          printable(search).c_str(),
                          suggestion(search, {"grid", "random", "halving"}).c_str()));
  if (search == "grid" && arguments.has("--trials"))
    throw UsageError("--trials is for random and halving: a grid tries all its points");
  if (search != "halving" && arguments.has("--factor"))
    throw UsageError("--factor is for --search halving");
  const std::string metric = arguments.value("--metric", recipe.phases.back().stopMetric);
  checkMetric(description, recipe.phases.back(), metric == "loss" ? "" : metric);
  const auto [decisive, highest] = readMetric(recipe.phases.back(), arguments);
  for (const char *name : passedOptions)
    for (const std::string &value : arguments.all(name)) {
      options.push_back(name);
      if (!value.empty())
        options.push_back(value);
    }
  record["program"] = programHash(description);
  record["recipe"] = recipe.name;
  record["search"] = search;
  record["trials"] =
      arguments.integer("--trials", 1, mostTrials).value_or(search == "halving" ? 27 : 20);
  record["factor"] = arguments.integer("--factor", 2, 100).value_or(3);
  record["seed"] = arguments.integer("--seed", INT64_MIN, INT64_MAX).value_or(0);
  record["metric"] = decisive;
  record["highest"] = highest;
  record["over"] = arguments.all("--over");
  record["configs"] = arguments.all("--config");
  record["compile"] = arguments.all("--compile");
  record["options"] = std::move(options);
  return record;
}

std::vector<std::string> TunePlan::trainWords(size_t trial) const {
  std::vector<std::string> words = options;
  std::string seedOfTrial = std::to_string(seed);
  for (size_t i = 0; i < firstConfig; ++i) {
    const std::string &value = points[trial][i];
    if (axes[i].name == "seed")
      seedOfTrial = value;
    else
      words.insert(words.end(), {"--set", axes[i].name + "=" + value});
  }
  if (seedOfTrial != "0")
    words.insert(words.end(), {"--seed", seedOfTrial});
  return words;
}

/// How many epochs a whole run has.
static int64_t epochsOf(const Recipe &recipe, const Arguments &ofTrials) {
  const std::optional<int64_t> given = ofTrials.integer("--epochs", 1, INT64_MAX);
  int64_t sum = 0;
  for (const Phase &phase : recipe.phases) {
    const int64_t epochs = given ? *given : phase.steps ? 0 : phase.epochs;
    if (!epochs || ofTrials.has("--steps") || __builtin_add_overflow(sum, epochs, &sum))
      throw UsageError("--search halving compares trials after epochs: say how many a run has, by "
                       "--epochs, and not --steps");
  }
  return sum;
}

TunePlan readTunePlan(const Description &description, const Recipe &recipe, const Json &record) {
  TunePlan plan;
  plan.search = record.at("search").get<std::string>();
  plan.seed = record.at("seed").get<int64_t>();
  plan.factor = record.at("factor").get<int64_t>();
  plan.metric = record.at("metric").get<std::string>();
  plan.highest = record.at("highest").get<bool>();
  plan.options = record.at("options").get<std::vector<std::string>>();
  std::vector<std::string> known;
  auto addAxis = [&](const char *option, const std::string &word) {
    auto [name, values] = splitAssignment(option, word);
    try {
      const bool isConfig = std::string_view(option) == "--config";
      const Scalar *setting =
          isConfig || name == "seed" ? nullptr : &findSetting(description, name);
      const std::string key = isConfig ? "-D " + name : setting ? setting->name : name;
      if (std::ranges::find(known, key) != known.end())
        fail("%s is given twice", name.c_str());
      known.push_back(key);
      plan.axes.push_back(parseAxis(name, values, !setting || setting->whole));
      const Axis &axis = plan.axes.back();
      if ((setting ? setting->whole : !isConfig) && axis.values.empty() && !axis.whole)
        fail("%s: its values are integers", name.c_str());
    } catch (const UsageError &) {
      throw;
    } catch (const Error &error) {
      throw UsageError(text("%s: %s", option, error.what()));
    }
  };
  for (const Json &word : record.at("over"))
    addAxis("--over", word.get<std::string>());
  plan.firstConfig = plan.axes.size();
  for (const Json &word : record.at("configs"))
    addAxis("--config", word.get<std::string>());
  if (plan.axes.empty())
    throw UsageError("what is to be tuned? Give --over KEY=VALUES, for example --over "
                     "rate=1e-4..1e-1:log; `train --help` lists the settings");
  try {
    plan.points = plan.search == "grid"
                      ? gridPoints(plan.axes)
                      : drawPoints(plan.axes, plan.seed, record.at("trials").get<int64_t>());
  } catch (const Error &error) {
    throw UsageError(std::string("--over: ") + error.what());
  }
  if (plan.points.empty())
    fail("the tuning has no trials");
  for (size_t trial = 0; trial < plan.points.size(); ++trial) {
    std::vector<std::string> words = plan.trainWords(trial);
    std::vector<char *> pointers;
    for (std::string &word : words)
      pointers.push_back(word.data());
    const Arguments ofTrial(trainCommandTable, pointers);
    readSettings(description, ofTrial); // a wrong value is found before anything is trained
    (void)ofTrial.integer("--seed", INT64_MIN, INT64_MAX);
    if (plan.search == "halving" && trial == 0)
      plan.epochs = epochsOf(recipe, ofTrial);
  }
  return plan;
}

} // namespace nnc::runtime
