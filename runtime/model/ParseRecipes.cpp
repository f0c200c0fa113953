// Implements the part of parseDescription() that reads "recipes" and checks them.
#include "runtime/model/DescriptionReader.h"

#include <algorithm>

namespace nnc::runtime {

static TrainingStep readTrainingStep(const DescriptionReader &reader) {
  TrainingStep step;
  step.name = reader.string("name", "");
  step.function = reader.string("function");
  step.update = reader.string("update", "");
  if (reader.has("buckets"))
    step.buckets = reader.strings("buckets");
  step.every = reader.count("every", 1);
  step.scope = reader.string("scope", "");
  step.schedule = reader.string("schedule", "");
  if (step.every < 1)
    reader.wrong("\"every\" is not at least 1");
  return step;
}

static Phase readPhase(const DescriptionReader &reader) {
  Phase phase;
  phase.name = reader.string("name", "");
  phase.epochs = reader.count("epochs", 0);
  phase.steps = reader.count("steps", 0);
  phase.patience = reader.count("patience", 0);
  phase.stopMetric = reader.string("stop_metric", "");
  phase.stopHighest = reader.boolean("stop_highest", false);
  if (reader.has("directions")) {
    const DescriptionReader directions = reader.inside("directions");
    for (const auto &[metric, highest] : reader.member("directions").items())
      phase.directions[metric] = directions.boolean(metric.c_str(), false);
  }
  phase.evaluate = reader.string("evaluate");
  phase.metrics = reader.string("metrics", "");
  phase.cache = reader.string("cache", "");
  reader.forEach("training_steps", [&](const DescriptionReader &element) {
    phase.trainingSteps.push_back(readTrainingStep(element));
  });
  return phase;
}

static LoadedWeights readLoad(const DescriptionReader &reader, const Description &description) {
  LoadedWeights load{reader.string("file"), {}};
  const DescriptionReader tensors = reader.inside("tensors");
  for (const auto &[path, name] : reader.member("tensors").items()) {
    if (!description.tensor(path))
      reader.wrong("has no tensor named " + path);
    load.tensors.emplace_back(path, tensors.string(path.c_str()));
  }
  return load;
}

/// Whether a training step of a bucket gives what the step for all lengths does.
static bool hasOutputsOf(const Function &bucket, const Function &step) {
  bool same = bucket.batch == step.batch && bucket.values.size() == step.values.size();
  for (size_t i = 0; same && i < step.values.size(); ++i)
    same = bucket.values[i].name == step.values[i].name &&
           bucket.values[i].kind == step.values[i].kind &&
           bucket.values[i].offset == step.values[i].offset;
  return same;
}

/// Whether a function has the totals that a function of metrics takes.
static bool hasTotals(const Function &function, const Function &metrics) {
  return std::ranges::all_of(metrics.fields, [&](const InputField &total) {
    const OutputValue *sum = function.value(OutputKind::Total, total.name);
    bool ofPairs = total.shape.empty() &&
                   function.value(OutputKind::Prediction, total.name + ".score") &&
                   function.value(OutputKind::Prediction, total.name + ".positive");
    return ofPairs || (sum && sum->shape == total.shape);
  });
}

/// The recipe must fit the functions and the data of the description.
static void checkRecipe(const Description &description, const Recipe &recipe,
                        const DescriptionReader &reader) {
  if (!description.block(recipe.data))
    reader.wrong("has no data block named " + recipe.data);
  auto find = [&](const std::string &symbol) -> const Function & {
    const Function *function = description.function(symbol);
    if (!function || !function->loss() || function->batch != recipe.batch)
      reader.wrong("has no function " + symbol + " of a loss with the batch of its recipe");
    return *function;
  };
  for (const Phase &phase : recipe.phases) {
    find(phase.evaluate);
    const Function *cache = phase.cache.empty() ? nullptr : description.function(phase.cache);
    if (!phase.cache.empty() && (!cache || cache->values.size() != 1))
      reader.wrong("has no function " + phase.cache + " of one value");
    if (phase.trainingSteps.empty())
      reader.wrong("has a phase without a training step");
    if (!phase.metrics.empty()) {
      const Function *metrics = description.function(phase.metrics);
      for (const std::string &symbol : {phase.evaluate, phase.trainingSteps.back().function})
        if (!metrics || !hasTotals(find(symbol), *metrics))
          reader.wrong("has metrics of other totals than those of " + symbol);
    }
    for (const TrainingStep &step : phase.trainingSteps) {
      const Function &function = find(step.function);
      const Function *update = description.function(step.update);
      if ((recipe.parts > 1 || !step.update.empty()) && !(update && update->fields.empty()))
        reader.wrong("has no update " + step.update + " without inputs");
      for (const std::string &bucket : step.buckets)
        if (!hasOutputsOf(find(bucket), function))
          reader.wrong("has a bucket, " + bucket +
                       ", whose outputs are not those of the training step");
    }
  }
}

static Selection readSelection(const DescriptionReader &reader) {
  return {static_cast<Selection::Manner>(reader.choice(
              "manner", {"random", "stratified", "grouped", "latest", "balanced", "weighted"})),
          reader.string("field", "")};
}

Recipe readRecipe(const DescriptionReader &reader, const Description &description) {
  Recipe recipe;
  recipe.name = reader.string("name");
  recipe.data = reader.string("data");
  recipe.batch = reader.count("batch");
  recipe.parts = reader.count("parts", 1);
  recipe.validate = reader.number("validate", 0);
  if (reader.has("validate_by"))
    recipe.validateBy = readSelection(reader.inside("validate_by"));
  if (reader.has("sample"))
    recipe.sample = readSelection(reader.inside("sample"));
  recipe.shuffle = reader.boolean("shuffle", true);
  reader.forEachIfAny("load", [&](const DescriptionReader &element) {
    recipe.loads.push_back(readLoad(element, description));
  });
  reader.forEach("phases", [&](const DescriptionReader &element) {
    recipe.phases.push_back(readPhase(element));
  });
  if (!(recipe.validate >= 0 && recipe.validate < 1))
    reader.wrong("\"validate\" is not in [0, 1)");
  if (recipe.parts < 1)
    reader.wrong("\"parts\" is not at least 1");
  if (recipe.phases.empty())
    reader.wrong("has no phase");
  checkRecipe(description, recipe, reader);
  return recipe;
}

} // namespace nnc::runtime
