// Implements TrainingElaborator: the functions of each train block, and the table that says which of
// them a phase of training calls.
#include "lang/elaborate/training/Training.h"

#include "lang/elaborate/graph/Padding.h"
#include "lang/elaborate/environment/Patterns.h"

#include <functional>
#include <utility>

namespace nnc::lang {

namespace {

/// Whether a reader has `stream = true`: row r of a batch continues row r of the batch before it,
/// whatever `shuffle` is.
bool readsStreams(const DataInfo &data) {
  for (const DataSplit &split : data.splits)
    for (const ReaderArgument &argument : split.arguments)
      if (auto *stream = std::get_if<bool>(&argument.value);
          argument.name == "stream" && stream && *stream)
        return true;
  return false;
}

/// Whether `freeze` is among the keys of a train block, or of the blocks in it.
bool freezes(const Block &body) {
  return std::ranges::any_of(body.statements, [](const StatementPtr &statement) {
    if (auto *binding = as<BindingStatement>(statement))
      return binding->names.size() == 1 && binding->names[0].text == "freeze";
    if (auto *phase = as<ThenStatement>(statement))
      return freezes(*phase->body);
    auto *loop = as<ForStatement>(statement);
    return loop && freezes(*loop->body);
  });
}

} // namespace

/// The place of a training step in its program, where there are several.
static std::string describePlace(const TrainBlock &block, size_t phase, size_t step) {
  std::vector<std::string> parts;
  if (!block.scope.empty())
    parts.push_back(block.declaration->name.text);
  if (phase)
    parts.push_back(block.phases[phase]);
  if (!block.steps.empty())
    parts.push_back(block.steps[step]->name.text);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string TrainingElaborator::functionName(std::string_view name) {
  size_t count = ++functionNames[std::string(name)];
  return count == 1 ? std::string(name) : fmt::format("{}_{}", name, count);
}

void TrainingElaborator::endWithLoss(Pass &pass, bool hasMetrics,
                                     const std::function<void(const Tensor &)> &use) {
  EnterPass enterPass(emitter, &pass);
  EnterFrame enterFrame(environment);
  std::optional<Tensor> mean = meanLoss();
  if (!mean)
    return;
  std::vector<FunctionResult> &results = pass.graph.function.results;
  results.insert(results.begin(), {ResultKind::Output, "loss", mean->id});
  if (hasMetrics)
    metrics->finish();
  use(*mean);
}

void TrainingElaborator::checkPaths(const std::vector<Identifier> &patterns) {
  std::vector<std::string> paths;
  for (const ParameterInfo &info : program.parameters)
    paths.push_back(info.path);
  for (const Identifier &pattern : patterns)
    checkPattern(diagnostics, pattern.text, pattern.range, paths);
}

void TrainingElaborator::addRecipe(TrainBlock &block) {
  train = &block;
  metrics.emplace(elaboration);
  frozen.clear();
  Recipe recipe;
  for (size_t phase = 0; phase < block.phases.size(); ++phase) {
    for (size_t step = 0; step == 0 || step < block.steps.size(); ++step) {
      // An error in one function mostly is one in all of them: it is reported once.
      if (diagnostics.hasErrors() && !passes.empty())
        return;
      addTrainingStep({phase, step}, recipe);
    }
    addEvaluation({phase, 0}, recipe);
  }
  if (diagnostics.hasErrors())
    return;
  checkExampleStates(recipe);
  program.recipes.push_back(std::move(recipe));
}

void TrainingElaborator::addTrainingStep(Place newPlace, Recipe &recipe) {
  place = newPlace;
  frozen.clear();
  if (freezes(*train->declaration->body)) {
    // Layers of frozen parts are elaborated as in evaluation, so that what is frozen must be known
    // before the first of them: the keys are read in a run of their own.
    trainPass(Role::TrainStep);
    if (diagnostics.hasErrors())
      return;
    frozen = keys->frozen;
  }
  std::unique_ptr<Pass> pass = trainPass(Role::TrainStep);
  Function &function = pass->graph.function;
  function.name = functionName("train_step");
  keys->require(train->declaration->keyword, *train->declaration->body);
  const bool isLast = place.step + 1 >= train->steps.size();
  if (isLast)
    keys->finishStop(*metrics);
  checkValidation();
  checkPaths(frozen);
  checkPaths(keys->trained);

  const bool caches = keys->cached && takeCached(*pass);
  const StepStatement *block = train->steps.empty() ? nullptr : train->steps[place.step];
  TrainingStep step = keys->step;
  step.function = function.name;
  step.scope = keys->optimizer.scope;
  std::vector<Identifier> trained = keys->trained;
  if (block) {
    step.name = block->name.text;
    if (trained.empty())
      trained.push_back(block->name);
  }
  auto update = std::make_unique<Update>(elaboration, *keys);
  update->slotPrefix = train->scope + train->phases[place.phase] + (block ? step.name : "");
  if (!update->slotPrefix.empty())
    update->slotPrefix += ':';
  update->frozen = frozen;
  update->trained = trained;
  endWithLoss(*pass, true, [&](const Tensor &mean) {
    reached.merge(pass->graph.argumentsBehind(mean.id, ArgumentKind::Parameter, true));
    update->updateParameters(mean, loss->range);
  });
  step.schedule = update->schedule;
  checkBatch(*pass);
  if (place.phase == 0 && place.step == 0)
    recipe = keys->recipe;
  if (place.step == 0) {
    recipe.phases.emplace_back().name = train->phases[place.phase];
  }
  if (isLast) {
    // The metrics of a phase are known by its last step.
    Phase &phase = recipe.phases.back(), known = keys->phase;
    std::swap(phase, known);
    phase.name = known.name;
    phase.trainingSteps = std::move(known.trainingSteps);
  }
  recipe.phases.back().trainingSteps.push_back(std::move(step));
  const size_t foundInPhase = lossPhase;
  passes.push_back({Role::TrainStep, std::move(pass), std::move(update)});
  if (caches && place.step == 0 && !diagnostics.hasErrors()) {
    std::unique_ptr<Pass> values = trainPass(Role::Cache);
    values->graph.function.name = recipe.phases.back().cache = functionName("cache");
    passes.push_back({Role::Cache, std::move(values), nullptr});
  }

  // Derivatives are checked of each loss.
  if (diagnostics.hasErrors() || foundInPhase != place.phase)
    return;
  std::unique_ptr<Pass> derivatives = trainPass(Role::Gradient);
  derivatives->graph.function.name = functionName("gradient");
  derivatives->graph.function.block = describePlace(*train, place.phase, place.step);
  Update gradient(elaboration, *keys);
  gradient.frozen = frozen;
  gradient.trained = trained;
  endWithLoss(*derivatives, false,
              [&](const Tensor &mean) { gradient.addGradients(mean, loss->range); });
  passes.push_back({Role::Gradient, std::move(derivatives), nullptr});
}

bool TrainingElaborator::takeCached(Pass &pass) {
  const RecipePart &cached = *keys->cached;
  auto *tensor = cached.value.get<Tensor>();
  if (!tensor || tensor->element != Element::Float ||
      !pass.graph.differsBetweenExamples(tensor->id) ||
      Padding(environment, emitter).isPadded(*tensor)) {
    if (!cached.value.poisoned())
      diagnostics.report(Diag::KeyValue, cached.range, "cache",
                         "a tensor of each example without padded dimensions",
                         describe(cached.value));
    return false;
  }
  auto isFrozen = [&](const std::string &path) {
    return std::ranges::any_of(
        frozen, [&](const Identifier &pattern) { return matchesPath(pattern.text, path); });
  };
  for (const std::string &path :
       pass.graph.argumentsBehind(tensor->id, ArgumentKind::Parameter, true))
    if (!isFrozen(path)) {
      diagnostics.report(Diag::CachedChanges, cached.range, fmt::format("the parameter `{}`", path))
          .help(fmt::format("freeze it: `freeze = \"{}\"`", path));
      return false;
    }
  std::set<std::string> changes = pass.graph.changesBehind(tensor->id);
  std::erase_if(changes, isFrozen);
  if (!changes.empty() || pass.graph.dependsOnBatch(tensor->id)) {
    diagnostics.report(Diag::CachedChanges, cached.range,
                       changes.empty() ? "the other examples of the batch"
                       : changes.begin()->starts_with("random")
                           ? "random numbers"
                           : fmt::format("the state `{}`", *changes.begin()));
    return false;
  }
  reached.merge(pass.graph.argumentsBehind(tensor->id, ArgumentKind::Parameter, true));
  ValueId input = pass.graph.addArgument(ArgumentKind::Input, cachedInput,
                                         pass.graph.type(tensor->id), cached.range);
  pass.graph.replaceUses(tensor->id, input);
  if (auto *value = loss ? loss->value.get<Tensor>() : nullptr; value && value->id == tensor->id)
    value->id = input;
  return true;
}

/// A phase whose block gives no loss has the function of the one before it.
void TrainingElaborator::addEvaluation(Place newPlace, Recipe &recipe) {
  if (diagnostics.hasErrors() || recipe.phases.empty())
    return;
  Phase &phase = recipe.phases.back();
  if (newPlace.phase > 0 && lossPhase != newPlace.phase) {
    phase.evaluate = recipe.phases[newPlace.phase - 1].evaluate;
    return;
  }
  place = newPlace;
  std::unique_ptr<Pass> pass = trainPass(Role::Evaluate);
  pass->graph.function.name = phase.evaluate = functionName("evaluate");
  endWithLoss(*pass, true, [](const Tensor &) {});
  checkBatch(*pass);
  passes.push_back({Role::Evaluate, std::move(pass), nullptr});
}

/// A function of the bindings of the current train block, as its first phase has them.
void TrainingElaborator::addTrainingRoles(Role role, const PredictDeclaration *block) {
  if (diagnostics.hasErrors() && !passes.empty())
    return;
  place = {};
  frozen.clear();
  std::unique_ptr<Pass> pass = trainPass(role, block);
  checkBatch(*pass);
  passes.push_back({role, std::move(pass), nullptr});
}

void TrainingElaborator::checkExampleStates(const Recipe &recipe) {
  const DataInfo *data = program.findData(train->data->name.text);
  for (const StateInfo &state : program.states)
    if (state.perExample && recipe.shuffle && !(data && readsStreams(*data)))
      diagnostics.report(Diag::ShuffledState, state.range, state.path)
          .help("write `shuffle = false` in the train block");
}

void TrainingElaborator::checkReached() {
  for (const ParameterInfo &info : program.parameters)
    if (!reached.contains(info.path))
      diagnostics.report(Diag::ParameterUnreached, info.range, info.path);
}

} // namespace nnc::lang
