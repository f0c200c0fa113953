// Implements the search for the train block, its model, its data, the predict blocks and the generate
// block.
#include "lang/elaborate/training/Training.h"

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

void TrainingElaborator::findTrainBlock() {
  const CallableDeclaration *lastModel = nullptr;
  for (const DeclarationPtr &declaration : environment.globals.user.declarations) {
    if (auto *callable = as<CallableDeclaration>(declaration);
        callable && callable->callable == CallableKind::Model)
      lastModel = callable;
    if (auto *training = as<TrainDeclaration>(declaration)) {
      if (train)
        diagnostics.report(Diag::SeveralTrainBlocks, training->keyword)
            .label(train->keyword, "the first one")
            .help("a second run goes on from the weights of the first: `train --init "
                  "weights.safetensors`");
      else
        train = training;
    }
  }
  if (train) {
    model = findModel(train->model);
    data = environment.globals.findData(train->data.text);
    if (!data && !train->data.text.empty()) {
      std::vector<std::string> names;
      for (const auto &[name, block] : environment.globals.dataBlocks())
        names.push_back(name);
      DiagnosticBuilder builder =
          diagnostics.report(Diag::UnknownData, train->data.range, train->data.text);
      builder.suggest(NameKind::Other, train->data.text, names);
    }
  } else {
    model = lastModel;
  }
}

void TrainingElaborator::findPredictions() {
  for (const DeclarationPtr &declaration : environment.globals.user.declarations) {
    auto *prediction = as<PredictDeclaration>(declaration);
    if (!prediction)
      continue;
    const CallableDeclaration *of = findModel(prediction->model);
    if (!of || (train && !model))
      continue;
    if (!train && predictions.empty())
      model = of;
    if (of == model)
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
    if (!of || (train && !model))
      continue;
    if (!train && predictions.empty() && !generate)
      model = of;
    if (of != model)
      diagnostics.report(Diag::OtherModel, block->model.range, of->name.text, model->name.text);
    else if (generate)
      diagnostics.report(Diag::SeveralGenerateBlocks, block->keyword)
          .label(generate->keyword, "the first one");
    else
      generate = block;
  }
}

void TrainingElaborator::findDeclarations() {
  findTrainBlock();
  findPredictions();
  findGenerateBlock();
}

void TrainingElaborator::checkOtherModels() {
  for (const DeclarationPtr &declaration : environment.globals.user.declarations) {
    auto *other = as<CallableDeclaration>(declaration);
    if (!other || other->callable != CallableKind::Model || other == model)
      continue;
    // In a program of its own, of which only the reports are kept.
    Elaboration apart(environment.globals, elaboration.overrides, diagnostics,
                      environment.vocabularies);
    apart.program.model = other->name.text;
    apart.emitter.initialize = std::make_unique<Pass>("initialize", other->name.range, true);
    TrainingElaborator(apart).modelPass(*other, Role::Predict);
  }
}

} // namespace nnc::lang
