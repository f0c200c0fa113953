// Implements TrainingElaborator: the statements of the train block, once for each function.
#include "lang/elaborate/training/Training.h"

#include "lang/elaborate/environment/Application.h"
#include "lang/elaborate/training/Augmentation.h"
#include "lang/elaborate/training/Data.h"
#include "lang/elaborate/training/GenerateBlock.h"
#include "lang/elaborate/training/MadeData.h"
#include "lang/support/NearestName.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

TrainingElaborator::TrainingElaborator(Elaboration &elaboration)
    : elaboration(elaboration), environment(elaboration.environment), emitter(elaboration.emitter),
      program(elaboration.program), diagnostics(elaboration.environment.diagnostics) {}

void TrainingElaborator::run() {
  findDeclarations();
  emitter.initialize =
      std::make_unique<Pass>("initialize", model ? model->name.range : SourceRange{}, true);
  emitter.initialize->simplify = true;
  elaborateDataBlocks();
  checkOtherModels();
  if (!model)
    return;
  std::vector<const PredictDeclaration *> blocks = predictions;
  if (blocks.empty())
    blocks.push_back(nullptr);
  if (trainBlocks.empty()) {
    for (const PredictDeclaration *block : blocks)
      for (Role role : {Role::Predict, Role::Sample}) {
        std::unique_ptr<Pass> pass = modelPass(*model, role, block);
        const bool isRandom = pass && pass->readsStochastic;
        if (pass)
          passes.push_back({role, std::move(pass)});
        if (!isRandom)
          break;
      }
    if (generate)
      if (std::unique_ptr<Pass> pass = modelPass(*model, Role::Generate))
        passes.push_back({Role::Generate, std::move(pass)});
    assemble(elaboration, passes);
    return;
  }
  if (std::ranges::any_of(trainBlocks, [](const TrainBlock &block) { return !block.data; }))
    return;
  for (TrainBlock &block : trainBlocks)
    addRecipe(block);
  for (const PredictDeclaration *block : blocks) {
    train = trainBlockOf(block ? findModel(block->model) : model);
    addTrainingRoles(Role::Predict, block);
    if (passes.empty() || passes.back().role != Role::Predict)
      continue;
    if (const Pass &prediction = *passes.back().pass; prediction.readsStochastic) {
      addTrainingRoles(Role::Sample, block);
      // Random layers whose rate is 0 draw nothing.
      if (passes.back().role == Role::Sample &&
          passes.back().pass->randomSites == prediction.randomSites)
        passes.pop_back();
    }
  }
  if (generate) {
    train = trainBlockOf(findModel(generate->model));
    addTrainingRoles(Role::Generate);
    // Which input is the sequence is known by now: if it is padded, it is taken as one that grows.
    if (!passes.empty() && passes.back().role == Role::Generate) {
      const Pass &pass = *passes.back().pass;
      if (const std::optional<Generation> &generation = pass.graph.function.generation;
          generation && pass.padding.fields.contains(generation->sequence)) {
        sequence = generation->sequence;
        passes.pop_back();
        addTrainingRoles(Role::Generate);
      }
    }
  }
  addDataFunctions();
  for (TrainBlock &block : trainBlocks) {
    train = &block;
    checkUnused();
  }
  if (!diagnostics.hasErrors())
    checkReached();
  if (!diagnostics.hasErrors())
    assemble(elaboration, passes);
}

void TrainingElaborator::checkBatch(const Pass &pass) {
  for (const BatchRequirement &requirement : pass.batchRequirements)
    if (train->batch < requirement.examples)
      diagnostics.report(Diag::RequirementFailed, requirement.range, requirement.text);
}

std::vector<std::string> TrainingElaborator::bindFields() {
  const DataDeclaration &data = *train->data;
  const std::map<std::string, int64_t> &vocabularies =
      environment.vocabularies.sizes[data.name.text];
  const DataInfo *info = program.findData(data.name.text);
  const std::vector<DataField> known = info ? info->fields : std::vector<DataField>();
  for (const Field &field : data.fields) {
    if (field.name.text.empty())
      continue;
    Entity value = elaboration.types.fieldInput(field, known);
    // The ids of a text are classes: the pieces of its vocabulary.
    if (auto found = vocabularies.find(field.name.text); found != vocabularies.end())
      if (auto *tensor = value.get<Tensor>()) {
        tensor->classes = found->second;
        emitter.pass->graph.function.values[tensor->id].type.classes = found->second;
      }
    environment.bindFresh(field.name.text, std::move(value), field.name.range);
  }
  const Entry *augment = emitter.pass->training && info ? findAugment(data) : nullptr;
  return augment ? Augmentation(elaboration).apply(*augment, data) : std::vector<std::string>();
}

void TrainingElaborator::addDataFunctions() {
  for (const DataInfo &info : program.data) {
    const DataDeclaration &data = *environment.globals.findData(info.name);
    if (findAugment(data)) {
      train = &*std::ranges::find(trainBlocks, &data, &TrainBlock::data);
      passes.push_back({Role::Augment, augmentPass()});
    }
    for (const Entry &entry : data.entries)
      for (const DataSplit &split : info.splits)
        if (const CallExpression *made =
                split.name == entry.name.text ? findMade(entry) : nullptr) {
          std::unique_ptr<Pass> pass = MadeData(elaboration).pass(*made, info, split);
          pass->graph.function.name = functionName(pass->graph.function.name);
          pass->graph.function.data = info.name;
          passes.push_back({Role::Made, std::move(pass)});
        }
  }
}

std::unique_ptr<Pass> TrainingElaborator::augmentPass() {
  auto pass = std::make_unique<Pass>(functionName("augment"),
                                     findAugment(*train->data)->value->range, true);
  pass->graph.function.data = train->data->name.text;
  pass->graph.function.batch = train->batch;
  EnterPass enterPass(emitter, pass.get());
  EnterFrame enterFrame(environment);
  for (const std::string &field : bindFields())
    if (auto *value = environment.findLocal(field)->value.get<Tensor>())
      pass->graph.addResult(ResultKind::ExampleOutput, field, value->id);
  return pass;
}

std::unique_ptr<Pass> TrainingElaborator::predictPass(const PredictDeclaration *block,
                                                      SourceRange range, Role role) {
  predictPasses += role == Role::Predict;
  std::string number = predictPasses > 1 ? fmt::format("_{}", predictPasses) : "";
  auto pass = std::make_unique<Pass>((role == Role::Sample ? "sample" : "predict") + number,
                                     block ? block->keyword : range, false);
  pass->stochastic = role == Role::Sample;
  if (role == Role::Predict)
    pass->graph.function.block =
        block && !block->name.text.empty() ? block->name.text : model->name.text;
  return pass;
}

std::unique_ptr<Pass> TrainingElaborator::generatePass() {
  auto pass = std::make_unique<Pass>("generate", generate->keyword, false);
  pass->generates = true;
  pass->sequence = sequence;
  return pass;
}

std::unique_ptr<Pass> TrainingElaborator::trainPass(Role role, const PredictDeclaration *block) {
  const SourceRange range = train->declaration->keyword;
  bool training = role == Role::TrainStep || role == Role::Gradient;
  const char *name = role == Role::TrainStep  ? "train_step"
                     : role == Role::Evaluate ? "evaluate"
                     : role == Role::Cache    ? "cache"
                                              : "gradient";
  const bool predicts = role == Role::Predict || role == Role::Sample;
  std::unique_ptr<Pass> pass = predicts ? predictPass(block, range, role)
                               : role == Role::Generate
                                   ? generatePass()
                                   : std::make_unique<Pass>(name, range, training);
  pass->graph.function.data = train->data->name.text;
  pass->frozen = frozen;
  pass->takesParts = training && train->parts > 1;
  EnterPass enterPass(emitter, pass.get());
  EnterFrame enterFrame(environment);
  loss.reset();
  lossBlock = nullptr;
  metrics->begin();
  stepLosses.clear();
  phasesMet = stepsMet = 0;
  keys.emplace(elaboration);
  keys->enter(TrainKeys::Train, train->scope);
  keys->recipe.name = train->declaration->name.text;
  keys->recipe.data = train->data->name.text;
  elaboration.interpreter.onRecipeStatement = [&](const Statement &statement) {
    runStatement(statement, role);
  };
  bindFields();
  runBlock(*train->declaration->body, role);
  elaboration.interpreter.onRecipeStatement = nullptr;
  if (role == Role::Generate) {
    GenerateBlock(elaboration).add(*generate);
  } else if (predicts) {
    if (block)
      Predictions(elaboration).addBlock(*block->body);
    else if (LayerPtr trained = elaboration.instances.model(*model); trained->result)
      Predictions(elaboration).addModel(*trained->result, model->name.range);
  } else if (role == Role::Cache) {
    Predictions(elaboration).addModel(keys->cached->value, keys->cached->range);
  }
  for (const auto &[name, binding] : environment.frame().scopes.back())
    if (auto known = train->bindings.find(name); known != train->bindings.end())
      known->second.used |= binding.used;
  if (role == Role::TrainStep) {
    train->batch = keys->recipe.batch;
    train->parts = keys->recipe.parts;
  }
  pass->graph.function.batch = train->batch;
  // An evaluation applies what any of the steps does.
  if (role == Role::Evaluate)
    for (const Identifier &name : train->declaration->models)
      if (!elaboration.instances.model(*environment.globals.findModel(name.text))->result &&
          !diagnostics.hasErrors())
        diagnostics.report(Diag::ModelUnused, name.range, name.text);
  return pass;
}

/// The statements of a block that has keys, in a scope of their own; that of the train block stays.
void TrainingElaborator::runBlock(const Block &body, Role role) {
  const bool outermost = &body == train->declaration->body.get();
  const Block *outer = std::exchange(block, &body);
  environment.frame().scopes.emplace_back();
  for (const StatementPtr &statement : body.statements)
    if (!holdsBlock(*statement))
      runStatement(*statement, role);
  // A loop may have changed the loss since it was bound.
  auto &scope = environment.frame().scopes.back();
  if (auto bound = scope.find("loss"); loss && lossBlock == &body && bound != scope.end())
    loss->value = bound->second.value;
  // The block's own keys hold for all its phases, and theirs for the steps, wherever they stand.
  for (bool ofStep : {false, true})
    for (const StatementPtr &statement : body.statements)
      if (holdsBlock(*statement) && (as<StepStatement>(statement) != nullptr) == ofStep)
        runStatement(*statement, role);
  if (!outermost)
    environment.frame().scopes.pop_back();
  block = outer;
}

/// Only the function of this step runs it, or one of the loss of all steps.
void TrainingElaborator::runStep(const StepStatement &statement, Role role) {
  size_t number = stepsMet++;
  const bool all = role == Role::Evaluate;
  if (!all && (number != place.step || (role != Role::TrainStep && role != Role::Gradient)))
    return;
  std::optional<RecipePart> shared = loss;
  TrainKeys::Block outer = keys->enter(TrainKeys::Step, train->scope + statement.name.text + ".");
  runBlock(*statement.body, role);
  keys->leave(std::move(outer));
  if (all && loss)
    stepLosses.emplace_back(statement.name.text, *loss);
  if (all)
    loss = shared;
}

void TrainingElaborator::runPhase(const ThenStatement &statement, Role role) {
  size_t number = ++phasesMet;
  if (number == train->phases.size()) {
    std::string name =
        statement.name.text.empty() ? fmt::format("phase_{}", number + 1) : statement.name.text;
    std::string unique = name;
    for (int copy = 2; std::ranges::find(train->phases, unique) != train->phases.end(); ++copy)
      unique = fmt::format("{}_{}", name, copy);
    train->phases.push_back(unique);
  }
  if (number > place.phase)
    return;
  TrainKeys::Block outer = keys->enter(TrainKeys::Then, train->scope + train->phases[number] + ".");
  if (role == Role::TrainStep)
    keys->unfreeze(statement.unfrozen);
  runningPhase = number;
  runBlock(*statement.body, role);
  runningPhase = 0;
  keys->leave(std::move(outer));
}

/// The functions besides the training step that must know what a phase caches.
static bool readsCache(Role role) { return role == Role::Cache || role == Role::Evaluate; }

void TrainingElaborator::runStatement(const Statement &statement, Role role) {
  if (auto *metric = as<MetricStatement>(&statement)) {
    bool last = train->steps.empty() || place.step + 1 == train->steps.size();
    if ((role == Role::TrainStep && last) || role == Role::Evaluate)
      metrics->add(*metric);
    return;
  }
  if (auto *step = as<StepStatement>(&statement))
    return runStep(*step, role);
  if (auto *phase = as<ThenStatement>(&statement))
    return runPhase(*phase, role);
  auto *binding = as<BindingStatement>(&statement);
  if (!binding) {
    elaboration.interpreter.evaluateStatement(statement);
    return;
  }
  const Identifier &name = binding->names[0];
  if (binding->names.size() != 1 || !isTrainKey(name.text)) {
    elaboration.interpreter.bindStatement(*binding);
    for (const Identifier &one : binding->names)
      if (Binding *bound = environment.findLocal(one.text)) {
        const Entity &value = bound->value;
        TrainBlock::Bound &known = train->bindings[one.text];
        known.range = one.range;
        known.isValue =
            value.is<Tensor>() || value.is<Group>() || value.is<LayerPtr>() || value.poisoned();
      }
    return;
  }
  if (role == Role::TrainStep)
    keys->see(name);
  if (name.text == "loss") {
    loss = {elaboration.interpreter.evaluate(*binding->value), binding->value->range};
    lossPhase = runningPhase;
    lossBlock = block;
    environment.bindFresh("loss", loss->value, name.range);
  } else if (role == Role::TrainStep && name.text == "batch") {
    keys->readBatch(*binding->value, binding->parts.get());
  } else if (role == Role::TrainStep || (readsCache(role) && name.text == "cache")) {
    keys->read(name.text, *binding->value);
  }
}

void TrainingElaborator::checkValidation() {
  const DataInfo *data = program.findData(train->data->name.text);
  if (!data || keys->recipe.validate == 0)
    return;
  if (std::ranges::find(data->splits, "validation", &DataSplit::name) != data->splits.end()) {
    diagnostics
        .report(Diag::KeyValue, train->declaration->keyword, "validate",
                "left out where the data has a `validation` split",
                fmt::format("{}%", keys->recipe.validate * 100))
        .help("remove `validate`: the split is evaluated after each epoch");
    return;
  }
  bool ownSplit = std::ranges::any_of(data->splits, [](auto &split) {
    return std::ranges::any_of(split.arguments,
                               [](auto &argument) { return argument.name == "window"; });
  });
  for (const DataField &field : data->fields)
    ownSplit |= field.tokenizer.has_value();
  if (!ownSplit)
    return;
  const double part = keys->recipe.validate * 100;
  diagnostics
      .report(Diag::KeyValue, train->declaration->keyword, "validate",
              "left out with texts and with windows", fmt::format("{}%", part))
      .note("examples held out at random would overlap with training windows, or be part of the "
            "vocabulary")
      .help(fmt::format("in the data block, write `split = {}%` in the reader of `train`",
                        100 - part));
}

std::optional<Tensor> TrainingElaborator::batchMean(const RecipePart &value,
                                                    const std::string &name) {
  std::optional<Tensor> example = exampleScalar(elaboration, value.value, name, value.range);
  if (!example)
    return std::nullopt;
  Tensor mean = emitter.emit("batch_mean", {*example}, Element::Float, {}, {}, value.range);
  emitter.pass->graph.name(mean.id, name);
  return mean;
}

std::optional<Tensor> TrainingElaborator::meanLoss() {
  if (stepLosses.empty())
    return loss ? batchMean(*loss, "loss") : std::nullopt;
  std::optional<Tensor> sum;
  for (const auto &[step, value] : stepLosses) {
    const std::string name = step + "_loss";
    std::optional<Tensor> mean = batchMean(value, name);
    if (!mean)
      return std::nullopt;
    emitter.pass->graph.addResult(ResultKind::Output, name, mean->id);
    sum = sum ? emitter.emit("add", {*sum, *mean}, Element::Float, {}, {}, value.range) : *mean;
  }
  return sum;
}

void TrainingElaborator::checkUnused() {
  for (const auto &[name, binding] : train->bindings) {
    if (binding.used)
      continue;
    if (binding.isValue && nearestName(name, trainKeys()).empty())
      continue;
    DiagnosticBuilder builder = diagnostics.report(Diag::UnknownKey, binding.range, name);
    if (!builder.suggest(NameKind::Key, name, trainKeys()))
      builder.note(fmt::format("the keys are {}", fmt::join(trainKeys(), ", ")));
  }
}

std::unique_ptr<Pass> TrainingElaborator::modelPass(const CallableDeclaration &declaration,
                                                    Role role, const PredictDeclaration *block) {
  // Without a train block the model's inputs are the fields. Their sizes must be numbers; a model
  // with sizes that only its use would fix is checked no further.
  model = &declaration;
  std::unique_ptr<Pass> pass =
      role == Role::Generate ? generatePass() : predictPass(block, declaration.name.range, role);
  EnterPass enterPass(emitter, pass.get());
  EnterFrame enterFrame(environment);
  std::vector<GivenArgument> inputs;
  for (const Parameter &input : declaration.inputs) {
    if (!input.type || input.name.text.empty())
      return nullptr;
    std::vector<const NameExpression *> open;
    for (const Dimension &dimension : input.type->dimensions) {
      if (dimension.kind == Dimension::Kind::UpTo)
        elaboration.types.reportPadded(dimension);
      if (dimension.kind != Dimension::Kind::Size)
        return nullptr;
      elaboration.unifier.collectUnbound(*dimension.value, open);
    }
    if (input.type->classCount)
      elaboration.unifier.collectUnbound(*input.type->classCount, open);
    if (!open.empty())
      return nullptr;
    Entity value = elaboration.types.declaredInput(input.name, *input.type);
    environment.bindFresh(input.name.text, value, input.name.range);
    inputs.push_back({"", value, input.name.range});
  }
  environment.frame().scopes.emplace_back();
  if (role == Role::Generate) {
    GenerateBlock(elaboration).add(*generate);
  } else if (block) {
    Predictions(elaboration).addBlock(*block->body);
  } else {
    Entity value = elaboration.calls.apply(elaboration.instances.model(declaration), inputs,
                                           declaration.name.range);
    Predictions(elaboration).addModel(value, model->name.range);
  }
  return pass;
}

} // namespace nnc::lang
