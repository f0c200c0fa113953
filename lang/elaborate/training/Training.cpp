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

/// Whether a reader has `stream = true`: row r of a batch continues row r of the batch before it,
/// whatever `shuffle` is.
static bool readsStreams(const Program &program) {
  for (const DataSplit &split : program.data ? program.data->splits : std::vector<DataSplit>())
    for (const ReaderArgument &argument : split.arguments)
      if (auto *stream = std::get_if<bool>(&argument.value);
          argument.name == "stream" && stream && *stream)
        return true;
  return false;
}

void TrainingElaborator::run() {
  findDeclarations();
  emitter.initialize =
      std::make_unique<Pass>("initialize", model ? model->name.range : SourceRange{}, true);
  emitter.initialize->simplify = true;
  if (model)
    program.model = model->name.text;
  for (const auto &[name, block] : environment.globals.dataBlocks()) {
    emitter.pass = emitter.initialize.get();
    std::optional<DataInfo> info =
        elaborateData(environment, elaboration.types, elaboration.interpreter, *block);
    // There is an entry after an error too, so that `vocabulary` does not report it again.
    std::map<std::string, int64_t> &sizes = environment.vocabularies.sizes[name];
    if (info)
      for (const DataField &field : info->fields)
        if (field.tokenizer)
          sizes[field.name] = field.vocabulary;
    if (block == data && info)
      program.data = std::move(info);
  }
  checkOtherModels();
  if (!model)
    return;
  std::vector<const PredictDeclaration *> blocks = predictions;
  if (blocks.empty())
    blocks.push_back(nullptr);
  if (!train) {
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
    assemble(elaboration, passes, update, numbers);
    return;
  }
  if (!data)
    return;
  // An error in one mode mostly is one in all of them: it is reported once.
  auto add = [&](Role role, const PredictDeclaration *block = nullptr) {
    if (!passes.empty() && diagnostics.hasErrors())
      return;
    passes.push_back({role, trainPass(role, block)});
    checkBatch(*passes.back().pass);
  };
  add(Role::TrainStep);
  for (const StateInfo &state : program.states)
    if (state.perExample && program.recipe.shuffle && !readsStreams(program))
      diagnostics.report(Diag::ShuffledState, state.range, state.path)
          .help("write `shuffle = false` in the train block");
  add(Role::Evaluate);
  for (const PredictDeclaration *block : blocks) {
    add(Role::Predict, block);
    if (const Pass &prediction = *passes.back().pass; prediction.readsStochastic) {
      add(Role::Sample, block);
      // Random layers whose rate is 0 draw nothing.
      if (passes.back().role == Role::Sample &&
          passes.back().pass->randomSites == prediction.randomSites)
        passes.pop_back();
    }
  }
  if (generate) {
    add(Role::Generate);
    // Which input is the sequence is known by now: if it is padded, it is taken as one that grows.
    const Pass &pass = *passes.back().pass;
    if (const std::optional<Generation> &generation = pass.graph.function.generation;
        generation && pass.padding.fields.contains(generation->sequence)) {
      sequence = generation->sequence;
      passes.pop_back();
      add(Role::Generate);
    }
  }
  add(Role::Gradient);
  if (findAugment(*data))
    passes.push_back({Role::Augment, augmentPass()});
  addMadeData();
  checkUnused();
  if (!diagnostics.hasErrors())
    assemble(elaboration, passes, update, numbers);
}

void TrainingElaborator::checkBatch(const Pass &pass) {
  for (const BatchRequirement &requirement : pass.batchRequirements)
    if (program.recipe.batch < requirement.examples)
      diagnostics.report(Diag::RequirementFailed, requirement.range, requirement.text);
}

std::vector<std::string> TrainingElaborator::bindFields() {
  const std::map<std::string, int64_t> &vocabularies =
      environment.vocabularies.sizes[data->name.text];
  const std::vector<DataField> known =
      program.data ? program.data->fields : std::vector<DataField>();
  for (const Field &field : data->fields) {
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
  const Entry *augment = emitter.pass->training && program.data ? findAugment(*data) : nullptr;
  return augment ? Augmentation(elaboration).apply(*augment, *data) : std::vector<std::string>();
}

void TrainingElaborator::addMadeData() {
  for (const Entry &entry : data->entries)
    for (const DataSplit &split : program.data ? program.data->splits : std::vector<DataSplit>())
      if (const CallExpression *made = split.name == entry.name.text ? findMade(entry) : nullptr)
        passes.push_back({Role::Made, MadeData(elaboration).pass(*made, *program.data, split)});
}

std::unique_ptr<Pass> TrainingElaborator::augmentPass() {
  auto pass = std::make_unique<Pass>("augment", findAugment(*data)->value->range, true);
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
  bool training = role == Role::TrainStep || role == Role::Gradient;
  const char *name = role == Role::TrainStep  ? "train_step"
                     : role == Role::Evaluate ? "evaluate"
                                              : "gradient";
  const bool predicts = role == Role::Predict || role == Role::Sample;
  std::unique_ptr<Pass> pass = predicts ? predictPass(block, train->keyword, role)
                               : role == Role::Generate
                                   ? generatePass()
                                   : std::make_unique<Pass>(name, train->keyword, training);
  EnterPass enterPass(emitter, pass.get());
  EnterFrame enterFrame(environment);
  loss.reset();
  bindFields();
  environment.frame().scopes.emplace_back();
  for (const StatementPtr &statement : train->body->statements)
    runStatement(*statement, role);
  // A loop may have changed the loss since it was bound.
  if (loss)
    loss->value = environment.findLocal("loss")->value;
  if (role == Role::TrainStep) {
    keys.require(train->keyword, *train->body);
    keys.finishStop(metrics);
    checkValidation();
  }
  if (role == Role::Generate) {
    GenerateBlock(elaboration).add(*generate);
  } else if (predicts) {
    if (block)
      Predictions(elaboration).addBlock(*block->body);
    else if (LayerPtr trained = elaboration.instances.model(*model); trained->result)
      Predictions(elaboration).addModel(*trained->result, model->name.range);
  } else if (std::optional<Tensor> value = meanLoss()) {
    pass->graph.addResult(ResultKind::Output, "loss", value->id);
    metrics.finish();
    if (role == Role::TrainStep)
      update.updateParameters(*value, loss->range);
    else if (role == Role::Gradient)
      update.addGradients(*value, loss->range);
  }
  for (const auto &[name, binding] : environment.frame().scopes.back())
    if (auto known = bindings.find(name); known != bindings.end())
      known->second.used |= binding.used;
  if (!elaboration.instances.model(*model)->result && !diagnostics.hasErrors())
    diagnostics.report(Diag::ModelUnused, train->model.range, model->name.text);
  return pass;
}

void TrainingElaborator::runStatement(const Statement &statement, Role role) {
  if (auto *metric = as<MetricStatement>(&statement)) {
    if (role == Role::TrainStep || role == Role::Evaluate)
      metrics.add(*metric);
    return;
  }
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
        TrainBinding &known = bindings[one.text];
        known.range = one.range;
        known.isValue =
            value.is<Tensor>() || value.is<Group>() || value.is<LayerPtr>() || value.poisoned();
      }
    return;
  }
  if (role == Role::TrainStep)
    keys.see(name);
  if (name.text == "loss") {
    loss = {elaboration.interpreter.evaluate(*binding->value), binding->value->range};
    environment.bindFresh("loss", loss->value, name.range);
  } else if (role == Role::TrainStep) {
    keys.read(name.text, *binding->value);
  }
}

void TrainingElaborator::checkValidation() {
  bool ownSplit = program.data && std::ranges::any_of(program.data->splits, [](auto &split) {
                    return std::ranges::any_of(
                        split.arguments, [](auto &argument) { return argument.name == "window"; });
                  });
  for (size_t i = 0; program.data && i < program.data->fields.size(); ++i)
    ownSplit |= program.data->fields[i].tokenizer.has_value();
  if (ownSplit && program.recipe.validate > 0)
    diagnostics
        .report(Diag::KeyValue, train->keyword, "validate", "left out with texts and with windows",
                fmt::format("{}%", program.recipe.validate * 100))
        .note("examples held out at random would overlap with training windows, or be part of the "
              "vocabulary")
        .help(fmt::format("in the data block, write `split = {}%` in the reader of `train`",
                          100 - program.recipe.validate * 100));
}

std::optional<Tensor> TrainingElaborator::meanLoss() {
  if (!loss)
    return std::nullopt;
  std::optional<Tensor> example = exampleScalar(elaboration, loss->value, "loss", loss->range);
  if (!example)
    return std::nullopt;
  Tensor mean = emitter.emit("batch_mean", {*example}, Element::Float, {}, {}, loss->range);
  emitter.pass->graph.name(mean.id, "loss");
  return mean;
}

void TrainingElaborator::checkUnused() {
  for (const auto &[name, binding] : bindings) {
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
