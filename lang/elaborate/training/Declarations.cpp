// Implements the search for the train blocks, their models, their data, the predict blocks and the
// generate block.
#include "lang/elaborate/training/Training.h"

#include "lang/elaborate/training/Data.h"

#include <map>
#include <ranges>
#include <utility>

namespace nnc::lang {

const CallableDeclaration *TrainingElaborator::findModel(const Identifier &name) {
  if (name.text.empty())
    return nullptr;
  if (const CallableDeclaration *found = environment.globals.findModel(name.text))
    return found;
  std::vector<std::string> models = environment.globals.models();
  DiagnosticBuilder builder = diagnostics.report(Diag::UnknownModel, name.range, name.text);
  if (!builder.suggest(NameKind::Other, name.text, models) && !models.empty())
    builder.note(fmt::format("the models of this file are {}", fmt::join(models, ", ")));
  return nullptr;
}

TrainBlock *TrainingElaborator::trainBlockOf(const CallableDeclaration *wanted) {
  for (TrainBlock &block : std::views::reverse(trainBlocks))
    if (block.trains(wanted))
      return &block;
  return nullptr;
}

void TrainingElaborator::findTrainBlocks() {
  std::map<std::string, SourceRange> names;
  for (const DeclarationPtr &declaration : environment.globals.user.declarations) {
    auto *training = as<TrainDeclaration>(declaration);
    if (!training)
      continue;
    TrainBlock block{training, {}, environment.globals.findData(training->data.text), {}, {""}, ""};
    for (const Identifier &name : training->models)
      if (const CallableDeclaration *trained = findModel(name))
        block.models.push_back(trained);
    for (const StatementPtr &statement : training->body->statements)
      if (auto *step = as<StepStatement>(statement))
        block.steps.push_back(step);
    auto [first, isNew] = names.emplace(training->name.text, training->name.range);
    if (!isNew)
      diagnostics.report(Diag::RepeatedRecipe, training->name.range, training->name.text)
          .label(first->second, "the first one")
          .help(fmt::format("give it a name of its own: `train NAME = {} on ...`",
                            training->models[0].text));
    if (!block.data && !training->data.text.empty()) {
      std::vector<std::string> known;
      for (const auto &[name, data] : environment.globals.dataBlocks())
        known.push_back(name);
      diagnostics.report(Diag::UnknownData, training->data.range, training->data.text)
          .suggest(NameKind::Other, training->data.text, known);
    }
    trainBlocks.push_back(std::move(block));
  }
  if (trainBlocks.size() > 1)
    for (TrainBlock &block : trainBlocks)
      block.scope = block.declaration->name.text + ".";
}

void TrainingElaborator::findModels() {
  findTrainBlocks();
  const CallableDeclaration *&root = elaboration.instances.root;
  if (trainBlocks.empty()) {
    for (const DeclarationPtr &declaration : environment.globals.user.declarations)
      if (auto *callable = as<CallableDeclaration>(declaration);
          callable && callable->callable == CallableKind::Model)
        root = model = callable;
    return;
  }
  const TrainBlock &last = trainBlocks.back();
  model = last.models.empty() ? nullptr : last.models[0];
  bool alone = model != nullptr;
  for (const TrainBlock &block : trainBlocks)
    alone &= block.models.size() == 1 && block.models[0] == model;
  root = alone ? model : nullptr;
  program.model = alone ? model->name.text : last.declaration->name.text;
}

void TrainingElaborator::findPredictions() {
  for (const DeclarationPtr &declaration : environment.globals.user.declarations) {
    auto *prediction = as<PredictDeclaration>(declaration);
    if (!prediction)
      continue;
    const CallableDeclaration *of = findModel(prediction->model);
    if (!of || (!trainBlocks.empty() && !model))
      continue;
    if (trainBlocks.empty() && predictions.empty())
      elaboration.instances.root = model = of;
    if (trainBlocks.empty() ? of == model : trainBlockOf(of) != nullptr)
      predictions.push_back(prediction);
    else
      diagnostics.report(Diag::OtherModel, prediction->model.range, of->name.text, model->name.text)
          .help(fmt::format("`predict {}` may compute what `{}` gives", model->name.text,
                            of->name.text));
  }
  std::map<std::string, SourceRange> names;
  for (const PredictDeclaration *prediction : predictions) {
    const Identifier &name = prediction->name.text.empty() ? prediction->model : prediction->name;
    auto [first, isNew] = names.emplace(name.text, name.range);
    if (!isNew)
      diagnostics.report(Diag::RepeatedBlock, name.range, name.text)
          .help(fmt::format("give it a name of its own: `predict {} as NAME`", model->name.text))
          .label(first->second, "the first one");
  }
}

void TrainingElaborator::findGenerateBlock() {
  for (const DeclarationPtr &declaration : environment.globals.user.declarations) {
    auto *block = as<GenerateDeclaration>(declaration);
    const CallableDeclaration *of = block ? findModel(block->model) : nullptr;
    if (!of || (!trainBlocks.empty() && !model))
      continue;
    if (trainBlocks.empty() && predictions.empty() && !generate)
      elaboration.instances.root = model = of;
    if (trainBlocks.empty() ? of != model : !trainBlockOf(of))
      diagnostics.report(Diag::OtherModel, block->model.range, of->name.text, model->name.text);
    else if (generate)
      diagnostics.report(Diag::SeveralGenerateBlocks, block->keyword)
          .label(generate->keyword, "the first one");
    else
      generate = block;
  }
}

void TrainingElaborator::elaborateDataBlocks() {
  for (const auto &[name, block] : environment.globals.dataBlocks()) {
    emitter.pass = emitter.initialize.get();
    std::optional<DataInfo> info =
        elaborateData(environment, elaboration.types, elaboration.interpreter, *block);
    // There is an entry after an error too, so that `vocabulary` does not report it again.
    std::map<std::string, int64_t> &sizes = environment.vocabularies.sizes[name];
    if (!info)
      continue;
    for (const DataField &field : info->fields)
      if (field.tokenizer)
        sizes[field.name] = field.vocabulary;
    if (std::ranges::any_of(trainBlocks, [&](auto &one) { return one.data == block; }))
      program.data.push_back(std::move(*info));
  }
}

void TrainingElaborator::findDeclarations() {
  findModels();
  findPredictions();
  findGenerateBlock();
  if (model && program.model.empty())
    program.model = model->name.text;
}

void TrainingElaborator::checkOtherModels() {
  for (const DeclarationPtr &declaration : environment.globals.user.declarations) {
    auto *other = as<CallableDeclaration>(declaration);
    if (!other || other->callable != CallableKind::Model || other == model || trainBlockOf(other))
      continue;
    // In a program of its own, of which only the reports are kept.
    Elaboration apart(environment.globals, elaboration.overrides, diagnostics,
                      environment.vocabularies);
    apart.instances.root = other;
    apart.emitter.initialize = std::make_unique<Pass>("initialize", other->name.range, true);
    TrainingElaborator(apart).modelPass(*other, Role::Predict);
  }
}

} // namespace nnc::lang
