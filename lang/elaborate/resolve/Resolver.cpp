// Implements Resolver: scopes of names as the code would open them when executed, and the
// declarations.
#include "lang/elaborate/resolve/Resolver.h"

#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/signatures/Types.h"
#include "lang/elaborate/training/MadeData.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>
#include <utility>

namespace nnc::lang {

void Resolver::run() {
  for (const DeclarationPtr &declaration : globals.user.declarations) {
    scopes.assign(1, {});
    if (auto *config = as<ConfigDeclaration>(declaration)) {
      for (const Entry &entry : config->entries)
        expression(*entry.value);
    } else if (auto *callableDeclaration = as<CallableDeclaration>(declaration)) {
      callable(*callableDeclaration);
    } else if (auto *dataDeclaration = as<DataDeclaration>(declaration)) {
      data(*dataDeclaration);
    } else if (auto *trainDeclaration = as<TrainDeclaration>(declaration)) {
      train(*trainDeclaration);
    } else if (auto *predictDeclaration = as<PredictDeclaration>(declaration)) {
      predict(predictDeclaration->model, *predictDeclaration->body);
    } else if (auto *generate = as<GenerateDeclaration>(declaration)) {
      predict(generate->model, *generate->body);
    }
  }
}

bool Resolver::isLocal(const std::string &name) const {
  return std::any_of(scopes.begin(), scopes.end(),
                     [&](const auto &scope) { return scope.count(name) != 0; });
}

bool Resolver::isKnown(const std::string &name) const {
  return isLocal(name) || globals.find(name, false) || isBuiltinName(name) ||
         globals.findData(name);
}

void Resolver::declareDimensions(const Expression &pattern) {
  if (auto *dimension = as<NameExpression>(&pattern)) {
    const Global *global = globals.find(dimension->name, false);
    if (!isLocal(dimension->name) && !(global && global->entry))
      declare(dimension->name);
    return;
  }
  if (as<CallExpression>(&pattern))
    return;
  forEachChild(pattern, [&](const Expression &child) { declareDimensions(child); });
}

void Resolver::declareDimensions(const TypeExpression &type) {
  forEachChild(type, [&](const Expression &child) { declareDimensions(child); });
}

void Resolver::type(const TypeExpression &type) {
  forEachChild(type, [&](const Expression &child) { expression(child); });
}

void Resolver::callable(const CallableDeclaration &declaration) {
  for (const Parameter &setting : declaration.settings) {
    if (setting.type)
      type(*setting.type);
    if (setting.defaultValue)
      expression(*setting.defaultValue);
    declare(setting.name.text);
  }
  for (const Parameter &input : declaration.inputs)
    if (input.type)
      declareDimensions(*input.type);
  for (const Parameter &input : declaration.inputs) {
    if (input.type)
      type(*input.type);
    if (input.type && input.type->element == ElementKind::OneHot)
      diagnostics.report(Diag::CategoryType, input.type->range, "one_hot").help("write `float[n]`");
    if (input.defaultValue)
      expression(*input.defaultValue);
  }
  for (const Parameter &input : declaration.inputs)
    declare(input.name.text);
  for (const ResultDeclaration &result : declaration.results)
    for (const Dimension &dimension : result.type.dimensions)
      if (dimension.value && !isOpenDimension(dimension))
        expression(*dimension.value);
  bool optimizer = declaration.callable == CallableKind::Optimizer;
  if (optimizer || declaration.callable == CallableKind::Schedule)
    for (const char *counter :
         {"step", "steps", "epoch", "epochs", "steps_per_epoch", "validation_loss"})
      declare(counter);
  if (optimizer)
    for (const char *value : {"param", "grad", "layer", "layers"})
      declare(value);
  if (declaration.body)
    block(*declaration.body, !optimizer);
}

void Resolver::data(const DataDeclaration &declaration) {
  for (const Field &field : declaration.fields) {
    if (field.type->classCount)
      expression(*field.type->classCount);
    for (const Dimension &dimension : field.type->dimensions)
      if (dimension.value && !lengthOfField(dimension))
        expression(*dimension.value);
  }
  for (const Entry &entry : declaration.entries) {
    if (const CallExpression *made = findMade(entry)) {
      scopes.emplace_back();
      for (std::string_view name : madeNames)
        declare(std::string(name));
      block(*made->block, /*hasValue=*/true);
      scopes.pop_back();
    }
    if (entry.name.text != "augment")
      continue;
    for (const Field &field : declaration.fields)
      declare(field.name.text);
    if (auto *statements = as<Block>(entry.value))
      block(*statements, /*hasValue=*/false);
    else
      expression(*entry.value);
  }
}

void Resolver::train(const TrainDeclaration &declaration) {
  const DataDeclaration *data = globals.findData(declaration.data.text);
  if (!data)
    return; // nothing would be known of the fields
  for (const Field &field : data->fields)
    declare(field.name.text);
  declare("steps_per_epoch");
  keyDepth = scopes.size();
  recipeStatements(*declaration.body);
  keyDepth = 0;
}

/// `stop`, `load` and the like take words of their own.
static bool hasOwnWords(const Statement &statement) {
  auto *binding = as<BindingStatement>(&statement);
  if (!binding || binding->names.size() != 1)
    return false;
  const std::string &key = binding->names[0].text;
  return key == "stop" || key == "load" || key == "sample" ||
         (key == "validate" && as<CallExpression>(binding->value));
}

void Resolver::recipeStatements(const Block &body) {
  for (bool ofBlocks : {false, true})
    for (const StatementPtr &one : body.statements) {
      if (holdsBlock(*one) != ofBlocks || hasOwnWords(*one))
        continue;
      if (auto *alone = as<ExpressionStatement>(one))
        discarded(*alone->value);
      else
        statement(*one);
    }
}

void Resolver::recipeBlock(const Block &body) {
  scopes.emplace_back();
  size_t outer = std::exchange(keyDepth, scopes.size());
  recipeStatements(body);
  keyDepth = outer;
  scopes.pop_back();
}

void Resolver::predict(const Identifier &model, const Block &body) {
  for (const DeclarationPtr &declaration : globals.user.declarations) {
    if (auto *callable = as<CallableDeclaration>(declaration);
        callable && callable->name.text == model.text)
      for (const Parameter &input : callable->inputs)
        declare(input.name.text);
    auto *training = as<TrainDeclaration>(declaration);
    if (!training || std::ranges::find(training->models, model.text, &Identifier::text) ==
                         training->models.end())
      continue;
    if (const DataDeclaration *data = globals.findData(training->data.text))
      for (const Field &field : data->fields)
        declare(field.name.text);
    for (const StatementPtr &one : training->body->statements) {
      if (auto *binding = as<BindingStatement>(one))
        for (const Identifier &identifier : binding->names)
          declare(identifier.text);
      if (auto *definition = as<IndexDefinition>(one))
        declare(definition->name.text);
    }
  }
  // An expression is the only output, or none.
  bool named = std::any_of(body.statements.begin(), body.statements.end(), [](auto &one) {
    return as<BindingStatement>(one) || as<IndexDefinition>(one);
  });
  block(body, !named);
}

} // namespace nnc::lang
