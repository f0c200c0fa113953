#include "lang/elaborate/Training.h"

#include "lang/elaborate/IndexEvaluator.h"

#include <algorithm>

namespace nnc::lang {

namespace {

constexpr std::string_view keys[] = {"loss",  "optimizer", "batch", "epochs",
                                     "steps", "validate",  "stop",  "clip"};

} // namespace

bool isTrainKey(std::string_view name) {
  return std::find(std::begin(keys), std::end(keys), name) != std::end(keys);
}

const CallableDeclaration *TrainingElaborator::findModel(const Identifier &name) {
  if (name.text.empty())
    return nullptr;
  auto found = elaborator.userGlobals.find(name.text);
  if (found != elaborator.userGlobals.end())
    if (auto *callable = as<CallableDeclaration>(found->second.declaration);
        callable && !found->second.entry && callable->callable == CallableKind::Model)
      return callable;
  std::vector<std::string> models;
  for (const auto &[known, global] : elaborator.userGlobals)
    if (auto *callable = as<CallableDeclaration>(global.declaration);
        callable && !global.entry && callable->callable == CallableKind::Model)
      models.push_back(known);
  DiagnosticBuilder builder = diagnostics.report(Diag::UnknownModel, name.range, name.text);
  std::string_view nearest = nearestName(name.text, std::span<const std::string>(models));
  if (!nearest.empty())
    builder.help(fmt::format("did you mean `{}`?", nearest));
  else if (!models.empty())
    builder.note(fmt::format("the models of this file are {}", fmt::join(models, ", ")));
  return nullptr;
}

void TrainingElaborator::findDeclarations() {
  const CallableDeclaration *lastModel = nullptr;
  for (const DeclarationPtr &declaration : elaborator.user.declarations) {
    if (auto *callable = as<CallableDeclaration>(declaration);
        callable && callable->callable == CallableKind::Model)
      lastModel = callable;
    if (auto *training = as<TrainDeclaration>(declaration)) {
      if (train)
        diagnostics.report(Diag::SeveralTrainBlocks, training->keyword)
            .label(train->keyword, "the first one");
      else
        train = training;
    }
  }
  if (train) {
    model = findModel(train->model);
    if (auto found = elaborator.dataBlocks.find(train->data.text);
        found != elaborator.dataBlocks.end()) {
      data = found->second;
    } else if (!train->data.text.empty()) {
      std::vector<std::string> names;
      for (const auto &[name, block] : elaborator.dataBlocks)
        names.push_back(name);
      DiagnosticBuilder builder =
          diagnostics.report(Diag::UnknownData, train->data.range, train->data.text);
      std::string_view nearest = nearestName(train->data.text, std::span<const std::string>(names));
      if (!nearest.empty())
        builder.help(fmt::format("did you mean `{}`?", nearest));
    }
  } else {
    model = lastModel;
  }
  for (const DeclarationPtr &declaration : elaborator.user.declarations) {
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

void TrainingElaborator::run() {
  findDeclarations();
  elaborator.initialize =
      std::make_unique<Pass>("initialize", model ? model->name.range : SourceRange{}, true);
  elaborator.initialize->simplify = true;
  if (model)
    program.model = model->name.text;
  for (const auto &[name, block] : elaborator.dataBlocks) {
    elaborator.pass = elaborator.initialize.get();
    std::optional<DataInfo> info = elaborator.elaborateData(*block);
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
      if (std::unique_ptr<Pass> pass = predictModel(*model, block))
        passes.emplace_back(Role::Predict, std::move(pass));
    assemble();
    return;
  }
  if (!data)
    return;
  // What is wrong in one mode is mostly wrong in all: say it once.
  auto add = [&](Role role, const PredictDeclaration *block = nullptr) {
    if (!passes.empty() && diagnostics.hasErrors())
      return;
    passes.emplace_back(role, trainPass(role, block));
    checkBatch(*passes.back().second);
  };
  add(Role::TrainStep);
  add(Role::Evaluate);
  for (const PredictDeclaration *block : blocks)
    add(Role::Predict, block);
  add(Role::Gradient);
  checkUnused();
  if (!diagnostics.hasErrors())
    assemble();
}

void TrainingElaborator::checkBatch(const Pass &pass) {
  for (const BatchRequirement &requirement : pass.batchRequirements)
    if (program.recipe.batch < requirement.examples)
      diagnostics.report(Diag::RequirementFailed, requirement.range, requirement.text);
}

void TrainingElaborator::checkOtherModels() {
  for (const DeclarationPtr &declaration : elaborator.user.declarations) {
    auto *other = as<CallableDeclaration>(declaration);
    if (!other || other->callable != CallableKind::Model || other == model)
      continue;
    // In a program of its own, of which nothing is kept but what is said about it.
    Elaborator apart(elaborator.user, elaborator.standard, diagnostics, elaborator.options);
    apart.collectGlobals(false);
    apart.overrides = elaborator.overrides;
    apart.program.model = other->name.text;
    apart.initialize = std::make_unique<Pass>("initialize", other->name.range, true);
    TrainingElaborator(apart).predictModel(*other);
  }
}

//===----------------------------------------------------------------------===//
// The blocks
//===----------------------------------------------------------------------===//

void TrainingElaborator::bindFields() {
  for (const Field &field : data->fields)
    if (!field.name.text.empty())
      elaborator.bindFresh(field.name.text, elaborator.declaredInput(field.name, field.type),
                           field.name.range);
}

std::unique_ptr<Pass> TrainingElaborator::predictPass(const PredictDeclaration *block,
                                                      SourceRange range) {
  std::string number = predictPasses++ ? fmt::format("_{}", predictPasses) : "";
  auto pass = std::make_unique<Pass>("predict" + number, block ? block->keyword : range, false);
  pass->graph.function.block =
      block && !block->name.text.empty() ? block->name.text : model->name.text;
  return pass;
}

std::unique_ptr<Pass> TrainingElaborator::trainPass(Role role, const PredictDeclaration *block) {
  bool training = role == Role::TrainStep || role == Role::Gradient;
  const char *name = role == Role::TrainStep  ? "train_step"
                     : role == Role::Evaluate ? "evaluate"
                                              : "gradient";
  std::unique_ptr<Pass> pass = role == Role::Predict
                                   ? predictPass(block, train->keyword)
                                   : std::make_unique<Pass>(name, train->keyword, training);
  EnterPass enterPass(elaborator, pass.get());
  EnterFrame enterFrame(elaborator);
  loss.reset();
  if (role == Role::TrainStep)
    seenKeys.clear();
  bindFields();
  elaborator.frame().scopes.emplace_back();
  for (const StatementPtr &statement : train->body->statements)
    runStatement(*statement, role);
  // A loop may have changed the loss since it was bound.
  if (loss)
    loss = elaborator.findLocal("loss")->value;
  if (role == Role::TrainStep)
    requireKeys();
  if (role == Role::Predict) {
    if (block)
      addPredictions(*block->body);
    else if (LayerPtr trained = elaborator.modelInstance(*model); trained->result)
      addModelPredictions(*trained->result);
  } else if (std::optional<Tensor> value = lossOf(role)) {
    // Metrics have been added while the block ran: the loss comes before them.
    pass->graph.function.results.insert(pass->graph.function.results.begin(),
                                        {ResultKind::Output, "loss", value->id});
    if (role == Role::TrainStep)
      updateParameters(*value);
    else if (role == Role::Gradient)
      addGradients(*value);
  }
  for (const auto &[name, binding] : elaborator.frame().scopes.back())
    usedBindings[name] |= binding.used;
  if (!elaborator.modelInstance(*model)->result && !diagnostics.hasErrors())
    diagnostics.report(Diag::ModelUnused, train->model.range, model->name.text);
  return pass;
}

void TrainingElaborator::runStatement(const Statement &statement, Role role) {
  if (auto *metric = as<MetricStatement>(&statement)) {
    if (role == Role::TrainStep || role == Role::Evaluate)
      addMetric(*metric);
    return;
  }
  auto *binding = as<BindingStatement>(&statement);
  if (!binding) {
    elaborator.evaluateStatement(statement);
    return;
  }
  const Identifier &name = binding->names[0];
  if (binding->names.size() != 1 || !isTrainKey(name.text)) {
    elaborator.bindStatement(*binding);
    for (const Identifier &one : binding->names)
      if (Binding *bound = elaborator.findLocal(one.text)) {
        const Entity &value = bound->value;
        bindings[one.text] = {one.range, value.is<Tensor>() || value.is<Group>() ||
                                             value.is<LayerPtr>() || value.poisoned()};
      }
    return;
  }
  if (role == Role::TrainStep) {
    auto [known, isNew] = seenKeys.emplace(name.text, name.range);
    if (!isNew)
      diagnostics.report(Diag::RepeatedKey, name.range, name.text)
          .label(known->second, "given here already");
  }
  if (name.text == "loss") {
    loss = elaborator.evaluate(*binding->value);
    lossRange = binding->value->range;
    elaborator.bindFresh("loss", *loss, name.range);
  } else if (role == Role::TrainStep) {
    readKey(name.text, name, *binding->value);
  }
}

std::optional<Tensor> TrainingElaborator::exampleScalar(const Entity &value, std::string_view what,
                                                        SourceRange range) {
  std::optional<Tensor> tensor;
  if (value.poisoned())
    return std::nullopt;
  if (value.is<Nothing>() || !(value.is<Tensor>() || value.isNumber())) {
    diagnostics.report(Diag::ScalarNeeded, range, what, describe(value));
    return std::nullopt;
  }
  tensor = elaborator.tensor(value, Element::Float, what, range);
  if (!tensor)
    return std::nullopt;
  if (!tensor->shape.empty()) {
    DiagnosticBuilder builder =
        diagnostics.report(Diag::ScalarNeeded, range, what, describe(value));
    elaborator.addOrigins(builder, tensor->shape);
    builder.help("`mean(...)` or `sum(...)` makes one number of it");
    return std::nullopt;
  }
  return elaborator.convert(*tensor, Element::Float, range);
}

std::optional<Tensor> TrainingElaborator::lossOf(Role) {
  if (!loss)
    return std::nullopt;
  std::optional<Tensor> example = exampleScalar(*loss, "loss", lossRange);
  if (!example)
    return std::nullopt;
  Tensor mean = elaborator.emit("batch_mean", {*example}, Element::Float, {}, {}, lossRange);
  elaborator.pass->graph.name(mean.id, "loss");
  return mean;
}

void TrainingElaborator::addMetric(const MetricStatement &statement) {
  std::string name = statement.name.text;
  if (name.empty()) {
    const Expression *callee = statement.value.get();
    if (auto *pipe = as<PipeExpression>(callee))
      callee = pipe->stage.get();
    while (auto *call = as<CallExpression>(callee))
      callee = call->callee.get();
    if (auto *function = as<NameExpression>(callee))
      name = function->name;
  }
  if (name.empty()) {
    diagnostics.report(Diag::MetricName, statement.range);
    return;
  }
  Pass &pass = *elaborator.pass;
  for (const FunctionResult &result : pass.graph.function.results)
    if (result.name == name || name == "loss" || name == "learning_rate") {
      diagnostics.report(Diag::RepeatedKey, statement.range, name);
      return;
    }
  Entity value = elaborator.evaluate(*statement.value);
  std::optional<Tensor> example =
      exampleScalar(value, fmt::format("metric `{}`", name), statement.value->range);
  if (!example)
    return;
  Tensor mean = elaborator.emit("batch_mean", {*example}, Element::Float, {}, {}, statement.range);
  pass.graph.name(mean.id, name);
  pass.graph.addResult(ResultKind::Output, name, mean.id);
  if (!pass.training)
    return;
  program.metrics.push_back(name);
}

void TrainingElaborator::requireKeys() {
  std::vector<std::string> missing;
  for (const char *key : {"loss", "optimizer"})
    if (!seenKeys.count(key))
      missing.push_back(fmt::format("`{}`", key));
  if (!seenKeys.count("epochs") && !seenKeys.count("steps"))
    missing.push_back("`epochs` or `steps`");
  if (!missing.empty())
    diagnostics.report(Diag::MissingKey, train->keyword,
                       fmt::format("{}", fmt::join(missing, ", ")));
}

void TrainingElaborator::checkUnused() {
  std::vector<std::string_view> candidates(std::begin(keys), std::end(keys));
  for (const auto &[name, binding] : bindings) {
    auto [range, isValue] = binding;
    if (usedBindings[name])
      continue;
    std::string_view nearest = nearestName(name, std::span<const std::string_view>(candidates));
    if (isValue && nearest.empty())
      continue;
    DiagnosticBuilder builder = diagnostics.report(Diag::UnknownKey, range, name);
    if (!nearest.empty())
      builder.help(fmt::format("did you mean `{}`?", nearest));
    else
      builder.note(fmt::format("the keys are {}", fmt::join(candidates, ", ")));
  }
}

//===----------------------------------------------------------------------===//
// Predictions
//===----------------------------------------------------------------------===//

void TrainingElaborator::addPrediction(const std::string &name, const Entity &value,
                                       SourceRange range) {
  if (value.poisoned())
    return;
  std::optional<Tensor> tensor;
  if (value.is<Tensor>() || value.isNumber() || value.is<bool>())
    tensor = elaborator.tensor(value, Element::Float, "predict", range);
  if (!tensor) {
    diagnostics.report(Diag::PredictionValue, range, name, describe(value));
    return;
  }
  if (tensor->element == Element::Real)
    tensor = elaborator.convert(*tensor, Element::Float, range);
  Graph &graph = elaborator.pass->graph;
  graph.function.values[tensor->id].type.classes = tensor->classes;
  graph.name(tensor->id, name);
  graph.addResult(ResultKind::ExampleOutput, name, tensor->id);
}

void TrainingElaborator::addModelPredictions(const Entity &value) {
  if (auto *group = value.get<Group>()) {
    for (const NamedEntity &member : group->members)
      addPrediction(member.name, *member.value, model->name.range);
    return;
  }
  addPrediction("output", value, model->name.range);
}

void TrainingElaborator::addPredictions(const Block &block) {
  std::vector<Identifier> outputs; // with the places of their values
  auto bind = [&](const Identifier &name, const Entity &value, SourceRange range) {
    if (name.text.empty())
      return;
    if (std::any_of(outputs.begin(), outputs.end(),
                    [&](const Identifier &other) { return other.text == name.text; }))
      diagnostics.report(Diag::RepeatedKey, name.range, name.text);
    outputs.push_back({name.text, range});
    elaborator.bindFresh(name.text, value, name.range);
  };
  elaborator.frame().scopes.emplace_back();
  for (const StatementPtr &statement : block.statements) {
    auto *alone = as<ExpressionStatement>(statement);
    if (alone && statement == block.statements.back() && outputs.empty()) {
      addPrediction("output", elaborator.evaluate(*alone->value), alone->range);
    } else if (auto *definition = as<IndexDefinition>(statement)) {
      bind(definition->name, IndexEvaluator(elaborator).define(*definition),
           definition->value->range);
    } else if (auto *binding = as<BindingStatement>(statement)) {
      Entity value = elaborator.evaluate(*binding->value);
      auto *group = value.get<Group>();
      bool apart =
          binding->names.size() > 1 && group && group->members.size() == binding->names.size();
      for (size_t index = 0; index < binding->names.size(); ++index)
        bind(binding->names[index], apart ? *group->members[index].value : value,
             binding->value->range);
    } else {
      elaborator.evaluateStatement(*statement);
    }
  }
  // A loop may have changed an output since it was bound.
  for (const Identifier &output : outputs)
    addPrediction(output.text, elaborator.findLocal(output.text)->value, output.range);
  if (elaborator.pass->graph.function.results.empty() && !diagnostics.hasErrors())
    diagnostics.report(Diag::NoPrediction, block.range, "the block has no output");
  elaborator.frame().scopes.pop_back();
}

std::unique_ptr<Pass> TrainingElaborator::predictModel(const CallableDeclaration &declaration,
                                                       const PredictDeclaration *block) {
  // Without a train block the model's inputs are the fields. Their sizes must be numbers; a model
  // with sizes that only its use would fix is checked no further.
  model = &declaration;
  std::unique_ptr<Pass> pass = predictPass(block, declaration.name.range);
  EnterPass enterPass(elaborator, pass.get());
  EnterFrame enterFrame(elaborator);
  std::vector<GivenArgument> inputs;
  for (const Parameter &input : declaration.inputs) {
    if (!input.type || input.name.text.empty())
      return nullptr;
    std::vector<const NameExpression *> open;
    for (const Dimension &dimension : input.type->dimensions) {
      if (dimension.kind != Dimension::Kind::Size)
        return nullptr;
      elaborator.collectUnbound(*dimension.value, open);
    }
    if (input.type->classCount)
      elaborator.collectUnbound(*input.type->classCount, open);
    if (!open.empty())
      return nullptr;
    Entity value = elaborator.declaredInput(input.name, *input.type);
    elaborator.bindFresh(input.name.text, value, input.name.range);
    inputs.push_back({"", value, input.name.range});
  }
  elaborator.frame().scopes.emplace_back();
  if (block) {
    addPredictions(*block->body);
  } else {
    Entity value =
        elaborator.apply(elaborator.modelInstance(declaration), inputs, declaration.name.range);
    addModelPredictions(value);
  }
  return pass;
}

} // namespace nnc::lang
