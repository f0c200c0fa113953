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

/// Whether keys of a train block, or of the blocks in it, must be known before its layers are
/// elaborated: those of frozen parts are as in evaluation, and random numbers of parts of a batch
/// depend on the part.
bool needsKeysFirst(const Block &body) {
  return std::ranges::any_of(body.statements, [](const StatementPtr &statement) {
    if (auto *binding = as<BindingStatement>(statement))
      return binding->parts || (binding->names.size() == 1 && binding->names[0].text == "freeze");
    if (auto *phase = as<ThenStatement>(statement))
      return needsKeysFirst(*phase->body);
    auto *loop = as<ForStatement>(statement);
    return loop && needsKeysFirst(*loop->body);
  });
}

/// The tensor that a path takes from a file: `load.from` with what stands for the `*` of `load.to`.
std::string sourceOf(const TrainKeys::Load &load, const std::string &path) {
  if (load.from.text == load.to.text)
    return path;
  const size_t star = load.to.text.find('*');
  std::string name = load.from.text;
  return name.replace(name.find('*'), 1, path.substr(star, path.size() + 1 - load.to.text.size()));
}

LoadedWeights tensorsOf(const TrainKeys::Load &load, const Program &program) {
  LoadedWeights loaded{load.file, {}};
  auto add = [&](const std::string &path) {
    if (matchesPath(load.to.text, path))
      loaded.tensors.emplace_back(path, sourceOf(load, path));
  };
  for (const ParameterInfo &info : program.parameters)
    add(info.path);
  for (const StateInfo &info : program.states)
    if (!info.perExample)
      add(info.path);
  return loaded;
}

} // namespace

/// The names of the train block, the phase and the step of a training step, where there are several.
static std::vector<std::string> namesOf(const TrainBlock &block, size_t phase, size_t step) {
  std::vector<std::string> names;
  if (!block.scope.empty())
    names.push_back(block.declaration->name.text);
  if (phase)
    names.push_back(block.phases[phase]);
  if (!block.steps.empty())
    names.push_back(block.steps[step]->name.text);
  return names;
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
  Recipe recipe;
  std::vector<TrainKeys::Load> loads;
  bool cachedBefore = false;
  for (size_t phase = 0; phase < block.phases.size(); ++phase) {
    Phase made;
    bool caches = false;
    for (size_t step = 0; step == 0 || step < block.steps.size(); ++step) {
      // An error in one function mostly is one in all of them: it is reported once.
      if (diagnostics.hasErrors() && !passes.empty())
        return;
      place = {phase, step};
      addTrainingStep(made);
      if (phase == 0 && step == 0) {
        recipe = finishedRecipe;
        for (const TrainKeys::Load &load : keys->loads)
          checkPaths({load.to});
        loads = std::move(keys->loads);
      }
      const bool hasOwnLoss = lossPhase == phase;
      caches = keys->cached.has_value();
      if (caches && step == 0)
        addCache(made);
      // Derivatives are checked of each loss.
      if (hasOwnLoss)
        addGradient();
    }
    made.name = block.phases[phase];
    // A phase whose block gives no loss has the function of the one before it.
    if (phase > 0 && lossPhase != phase && !caches && !cachedBefore)
      made.evaluate = recipe.phases.back().evaluate;
    else
      addEvaluation(made);
    cachedBefore = caches;
    recipe.phases.push_back(std::move(made));
  }
  if (diagnostics.hasErrors())
    return;
  checkExampleStates(recipe);
  for (const TrainKeys::Load &load : loads)
    recipe.loads.push_back(tensorsOf(load, program));
  program.recipes.push_back(std::move(recipe));
}

void TrainingElaborator::addTrainingStep(Phase &phase) {
  frozen.clear();
  if (needsKeysFirst(*train->declaration->body)) {
    trainPass(Role::TrainStep);
    if (diagnostics.hasErrors())
      return;
    frozen = keys->frozen;
  }
  std::unique_ptr<Pass> pass = trainPass(Role::TrainStep);
  pass->graph.function.name = functionName("train_step");
  keys->require(train->declaration->keyword, *train->declaration->body);
  if (place.step + 1 >= train->steps.size()) // the last step has the metrics
    keys->finishStop(*metrics);
  if (const DataInfo *data = program.findData(train->data->name.text))
    keys->finishSelections(*data);
  finishedRecipe = keys->recipe;
  checkValidation();
  checkPaths(frozen);
  checkPaths(keys->trained);
  if (keys->cached)
    takeCached(*pass);

  TrainingStep step = keys->step;
  trained = keys->trained;
  if (!train->steps.empty()) {
    const Identifier &name = train->steps[place.step]->name;
    step.name = name.text;
    if (trained.empty())
      trained.push_back(name);
  }
  Update update(elaboration, *keys, frozen, trained);
  if (const std::vector<std::string> names = namesOf(*train, place.phase, place.step);
      !names.empty())
    update.slotPrefix = fmt::format("{}:", fmt::join(names, "."));
  endWithLoss(*pass, true, [&](const Tensor &mean) {
    reached.merge(pass->graph.argumentsBehind(mean.id, ArgumentKind::Parameter, true));
    if (pass->takesParts)
      update.sumGradients(mean, loss->range);
    else
      update.updateParameters(mean, loss->range);
  });
  checkBatch(*pass);
  step.function = pass->graph.function.name;
  step.scope = keys->optimizer.scope;
  step.schedule = update.schedule;
  // The last step knows all of the phase's keys.
  std::vector<TrainingStep> steps = std::move(phase.trainingSteps);
  phase = keys->phase;
  const bool takesParts = pass->takesParts;
  passes.push_back({Role::TrainStep, std::move(pass), std::move(update.updates)});
  if (takesParts)
    addUpdate(step, update);
  steps.push_back(std::move(step));
  phase.trainingSteps = std::move(steps);
}

void TrainingElaborator::addUpdate(TrainingStep &step, const Update &summed) {
  if (diagnostics.hasErrors())
    return;
  // Only the keys are of use here: what the statements compute besides is dropped.
  std::unique_ptr<Pass> pass = trainPass(Role::TrainStep);
  pass->graph.function.name = step.update = functionName("update");
  pass->graph.function.batch = 0;
  pass->graph.function.results.clear();
  pass->states.clear();
  Update update(elaboration, *keys, frozen, trained);
  update.slotPrefix = summed.slotPrefix;
  {
    EnterPass enterPass(emitter, pass.get());
    EnterFrame enterFrame(environment);
    update.applySums(summed.summed);
  }
  step.schedule = update.schedule;
  passes.push_back({Role::Update, std::move(pass), std::move(update.updates)});
}

void TrainingElaborator::addGradient() {
  if (diagnostics.hasErrors())
    return;
  std::unique_ptr<Pass> pass = trainPass(Role::Gradient);
  pass->graph.function.name = functionName("gradient");
  pass->graph.function.block =
      fmt::format("{}", fmt::join(namesOf(*train, place.phase, place.step), ", "));
  Update update(elaboration, *keys, frozen, trained);
  endWithLoss(*pass, false, [&](const Tensor &mean) { update.addGradients(mean, loss->range); });
  passes.push_back({Role::Gradient, std::move(pass)});
}

void TrainingElaborator::addCache(Phase &phase) {
  if (diagnostics.hasErrors())
    return;
  std::unique_ptr<Pass> pass = trainPass(Role::Cache);
  pass->graph.function.name = phase.cache = functionName("cache");
  passes.push_back({Role::Cache, std::move(pass)});
}

void TrainingElaborator::takeCached(Pass &pass) {
  EnterPass enterPass(emitter, &pass);
  const RecipePart &cached = *keys->cached;
  auto *tensor = cached.value.get<Tensor>();
  if (!tensor || tensor->element != Element::Float ||
      !pass.graph.differsBetweenExamples(tensor->id) ||
      Padding(environment, emitter).isPadded(*tensor)) {
    if (!cached.value.poisoned())
      diagnostics.report(Diag::KeyValue, cached.range, "cache",
                         "a tensor of each example without padded dimensions",
                         describe(cached.value));
    return;
  }
  auto isFrozen = [&](const std::string &path) { return matchesAny(frozen, path); };
  for (const std::string &path :
       pass.graph.argumentsBehind(tensor->id, ArgumentKind::Parameter, true))
    if (!isFrozen(path)) {
      diagnostics.report(Diag::CachedChanges, cached.range, fmt::format("the parameter `{}`", path))
          .help(fmt::format("freeze it: `freeze = \"{}\"`", path));
      return;
    }
  std::set<std::string> changes = pass.graph.changesBehind(tensor->id);
  std::erase_if(changes, isFrozen);
  if (!changes.empty() || pass.graph.dependsOnBatch(tensor->id)) {
    diagnostics.report(Diag::CachedChanges, cached.range,
                       changes.empty() ? "the other examples of the batch"
                       : changes.begin()->starts_with("random")
                           ? "random numbers"
                           : fmt::format("the state `{}`", *changes.begin()));
    return;
  }
  reached.merge(pass.graph.argumentsBehind(tensor->id, ArgumentKind::Parameter, true));
  ValueId input = pass.graph.addArgument(ArgumentKind::Input, cachedInput,
                                         pass.graph.type(tensor->id), cached.range);
  pass.graph.replaceUses(tensor->id, input);
  if (auto *value = loss ? loss->value.get<Tensor>() : nullptr; value && value->id == tensor->id)
    value->id = input;
}

void TrainingElaborator::addEvaluation(Phase &phase) {
  if (diagnostics.hasErrors())
    return;
  std::unique_ptr<Pass> pass = trainPass(Role::Evaluate);
  if (keys->cached)
    takeCached(*pass);
  pass->graph.function.name = phase.evaluate = functionName("evaluate");
  endWithLoss(*pass, true, [](const Tensor &) {});
  checkBatch(*pass);
  passes.push_back({Role::Evaluate, std::move(pass)});
}

/// A function of the bindings of the current train block, as its first phase has them.
void TrainingElaborator::addTrainingRoles(Role role, const PredictDeclaration *block) {
  if (diagnostics.hasErrors() && !passes.empty())
    return;
  place = {};
  frozen.clear();
  std::unique_ptr<Pass> pass = trainPass(role, block);
  checkBatch(*pass);
  passes.push_back({role, std::move(pass)});
}

void TrainingElaborator::checkExampleStates(const Recipe &recipe) {
  const DataInfo *data = program.findData(train->data->name.text);
  for (const StateInfo &state : program.states)
    if (state.perExample && recipe.shuffle && !(data && readsStreams(*data)))
      diagnostics.report(Diag::ShuffledState, state.range, state.path)
          .help("write `shuffle = false` in the train block");
    else if (state.perExample && recipe.parts > 1)
      diagnostics.report(Diag::KeyValue, state.range, "batch",
                         "in one part where the examples have states of their own",
                         fmt::format("{} parts", recipe.parts));
}

void TrainingElaborator::checkReached() {
  for (const ParameterInfo &info : program.parameters)
    if (!reached.contains(info.path))
      diagnostics.report(Diag::ParameterUnreached, info.range, info.path);
}

} // namespace nnc::lang
