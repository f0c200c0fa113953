// Implements Resolver: scopes of names as the code would open them when executed.
#include "lang/elaborate/resolve/Resolver.h"

#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/interpret/Advice.h"
#include "lang/elaborate/signatures/Types.h"
#include "lang/elaborate/training/MadeData.h"
#include "lang/elaborate/training/TrainKeys.h"
#include "lang/support/Names.h"
#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace nnc::lang {

namespace {

/// Names of Python modules, as they stand before a dot.
constexpr std::string_view modules[] = {
    "torch", "nn",    "F",      "functional",  "optim", "np",          "numpy",
    "math",  "tf",    "keras",  "layers",      "jax",   "jnp",         "linen",
    "flax",  "optax", "losses", "activations", "lax",   "initializers"};

} // namespace

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

void Resolver::name(const std::string &name, SourceRange range,
                    const std::vector<std::string> &arguments) {
  if (!isKnown(name))
    unknownName(name, range, arguments, name);
}

void Resolver::unknownName(const std::string &name, SourceRange range,
                           const std::vector<std::string> &arguments, std::string_view shown) {
  if (isPlannedName(name)) {
    diagnostics.report(Diag::NotSupported, range, fmt::format("`{}`", name));
    return;
  }
  std::vector<std::string> candidates = globals.names(false);
  std::vector<std::string> builtins = builtinNames();
  candidates.insert(candidates.end(), builtins.begin(), builtins.end());
  for (const auto &scope : scopes)
    candidates.insert(candidates.end(), scope.begin(), scope.end());
  DiagnosticBuilder builder = diagnostics.report(Diag::UnknownName, range, shown);
  if (isKnown(name)) // behind the name of a module
    builder.help(fmt::format("there are no modules: write `{}`", name));
  else if (definition && name == definition->name.text)
    builder.help(fmt::format("the elements of `{}` are computed at once, so that none can read "
                             "another: write a recurrence as a `scan`",
                             name));
  else if (!builder.suggest(NameKind::Name, name, candidates,
                            std::vector<std::string_view>(arguments.begin(), arguments.end())) &&
           definition)
    builder.help(fmt::format("an index is bound on the left, `{}[..., {}] = ...`, or by a sum, "
                             "`sum[{}] ...`",
                             definition->name.text, name, name));
}

void Resolver::callee(const Expression &node, const std::vector<std::string> &arguments) {
  if (auto *known = as<NameExpression>(&node))
    return name(known->name, node.range, arguments);
  auto *member = as<MemberExpression>(&node);
  const Expression *root = &node;
  while (auto *part = as<MemberExpression>(root))
    root = part->base.get();
  // `torch.nn.Linear` is one name.
  auto *module = as<NameExpression>(root);
  if (member && module && !isKnown(module->name) && contains(modules, module->name))
    return unknownName(member->member.text, module->range, arguments, toSource(node));
  expression(node);
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

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
    if (field.type.classCount)
      expression(*field.type.classCount);
    for (const Dimension &dimension : field.type.dimensions)
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

void Resolver::recipeStatements(const Block &body) {
  for (bool ofBlocks : {false, true})
    for (const StatementPtr &one : body.statements) {
      // `stop` and `load` take words of their own.
      auto *binding = as<BindingStatement>(one);
      if (holdsBlock(*one) != ofBlocks ||
          (binding && binding->names.size() == 1 &&
           (binding->names[0].text == "stop" || binding->names[0].text == "load")))
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

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void Resolver::block(const Block &block, bool hasValue) {
  scopes.emplace_back();
  statements(block, hasValue);
  scopes.pop_back();
}

void Resolver::statements(const Block &block, bool hasValue) {
  declareOnce(block);
  for (const StatementPtr &one : block.statements) {
    auto *alone = as<ExpressionStatement>(one);
    if (alone && !(hasValue && one == block.statements.back()))
      discarded(*alone->value);
    else
      statement(*one);
  }
}

void Resolver::declareOnce(const Block &block) {
  std::map<std::string, SourceRange> declared;
  for (const StatementPtr &one : block.statements) {
    auto *parameter = as<ParameterStatement>(one);
    auto *state = as<StateStatement>(one);
    if (!parameter && !state)
      continue;
    const Identifier &name = parameter ? parameter->name : state->name;
    auto [first, isNew] = declared.emplace(name.text, name.range);
    if (!isNew && !name.text.empty())
      diagnostics.report(Diag::Redefinition, name.range, name.text)
          .label(first->second, "first declared here");
  }
}

void Resolver::discarded(const Expression &node, const IfExpression *condition) {
  auto ofBlock = [&](const Block &block, const IfExpression *inside) {
    scopes.emplace_back();
    auto *last =
        block.statements.empty() ? nullptr : as<ExpressionStatement>(block.statements.back());
    for (const StatementPtr &one : block.statements) {
      auto *alone = as<ExpressionStatement>(one);
      alone ? discarded(*alone->value, alone == last ? inside : nullptr) : statement(*one);
    }
    declareOnce(block);
    scopes.pop_back();
  };
  if (auto *choice = as<IfExpression>(&node)) {
    expression(*choice->condition);
    ofBlock(*choice->then, choice);
    if (choice->orElse)
      discarded(*choice->orElse, choice);
    return;
  }
  if (auto *inner = as<Block>(&node))
    return ofBlock(*inner, condition);
  // `z == relu(x)`: what is not known is the name that was to be bound.
  size_t errors = diagnostics.errorCount();
  auto *comparison = as<BinaryExpression>(&node);
  auto *compared = comparison && comparison->op == BinaryOperator::Equal
                       ? as<NameExpression>(comparison->left)
                       : nullptr;
  if (compared && !isKnown(compared->name))
    diagnostics.report(Diag::UnknownName, compared->range, compared->name)
        .help(fmt::format("`==` compares; to bind a name, write `{} = {}`", compared->name,
                          toSource(*comparison->right)));
  expression(node);
  if (diagnostics.errorCount() != errors)
    return;
  auto *call = as<CallExpression>(&node);
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  bool requirement =
      callee && callee->name == "require" && !isLocal("require") && !globals.find("require", false);
  // `loss.backward()`: that there is no such part is the error.
  auto *method = call ? as<MemberExpression>(call->callee) : nullptr;
  bool foreign = method && (findSynonym(NameKind::Member, method->member.text, {}) ||
                            findSynonym(NameKind::Name, method->member.text, {}));
  if (requirement || foreign || as<ErrorExpression>(&node))
    return;
  DiagnosticBuilder builder = diagnostics.report(Diag::ValueUnused, node.range);
  // The statement was probably meant to change the name that it begins with.
  const Expression *operand = &node;
  while (auto *pipe = as<PipeExpression>(operand))
    operand = pipe->value.get();
  if (operand == &node && call && !call->arguments.empty())
    operand = call->arguments[0].value.get();
  if (auto *changed = as<NameExpression>(operand);
      changed && operand != &node && isLocal(changed->name) && !isKeyPlace())
    builder.help(fmt::format("to change `{0}`, write `{0} = {1}`", changed->name, toSource(node)));
  else if (compared)
    builder.help(fmt::format("to bind a name, write `{} = {}`", toSource(*comparison->left),
                             toSource(*comparison->right)));
  else if (isKeyPlace())
    builder.help(fmt::format("what is trained on is called `loss`: `loss = {}`", toSource(node)));
  else if (condition && !condition->orElse)
    builder.help("an `if` does not return: put what follows it into `else { ... }`");
  else
    builder.help(fmt::format("give it a name: `value = {}`", toSource(node)));
}

void Resolver::key(const Identifier &name) {
  // Only the statements of the train block, of its steps and phases are read as keys.
  bool inner = keyDepth && !isKeyPlace();
  if (!inner || !isTrainKey(name.text) || (name.text == "loss" && isLocal("loss")))
    return;
  diagnostics.report(Diag::InnerKey, name.range, name.text)
      .help(fmt::format("write the choice as its value: `{} = if ... {{ a }} else {{ b }}`",
                        name.text));
}

void Resolver::statement(const Statement &statement) {
  switch (statement.kind) {
  case StatementKind::Expression:
    return expression(*as<ExpressionStatement>(&statement)->value);
  case StatementKind::Binding: {
    auto *binding = as<BindingStatement>(&statement);
    expression(*binding->value);
    for (const Identifier &identifier : binding->names) {
      key(identifier);
      declare(identifier.text);
    }
    return;
  }
  case StatementKind::IndexDefinition: {
    auto *definition = as<IndexDefinition>(&statement);
    for (const ExpressionPtr &range : definition->ranges)
      if (range)
        expression(*range);
    scopes.emplace_back();
    for (const Identifier &index : definition->indices)
      declare(index.text);
    const IndexDefinition *outer = std::exchange(this->definition, definition);
    expression(*definition->value);
    this->definition = outer;
    scopes.pop_back();
    declare(definition->name.text);
    return;
  }
  case StatementKind::Parameter: {
    auto *parameter = as<ParameterStatement>(&statement);
    type(parameter->type);
    expression(*parameter->initial);
    declare(parameter->name.text);
    return;
  }
  case StatementKind::State: {
    auto *state = as<StateStatement>(&statement);
    if (state->type)
      type(*state->type);
    expression(*state->initial);
    declare(state->name.text);
    return;
  }
  case StatementKind::Update: {
    auto *update = as<UpdateStatement>(&statement);
    if (!update->name.text.empty() && !isKnown(update->name.text))
      diagnostics.report(Diag::BadUpdate, update->name.range, update->name.text)
          .help(fmt::format("to bind a name, write `{} = {}`", update->name.text,
                            toSource(*update->value)));
    return expression(*update->value);
  }
  case StatementKind::For: {
    auto *loop = as<ForStatement>(&statement);
    expression(*loop->iterable);
    scopes.emplace_back();
    for (const Identifier &variable : loop->variables)
      declare(variable.text);
    statements(*loop->body, false);
    scopes.pop_back();
    return;
  }
  case StatementKind::Yield:
    return expression(*as<YieldStatement>(&statement)->value);
  case StatementKind::Metric:
    if (scopes.size() > 1)
      diagnostics.report(Diag::InnerKey, statement.range, "metric");
    return expression(*as<MetricStatement>(&statement)->value);
  case StatementKind::Step:
    if (scopes.size() > 1)
      diagnostics.report(Diag::InnerKey, statement.range, "step");
    return recipeBlock(*as<StepStatement>(&statement)->body);
  case StatementKind::Then:
    return recipeBlock(*as<ThenStatement>(&statement)->body);
  }
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

void Resolver::declareIndices(const Expression &node) {
  forEachIndexName(node, [&](const std::string &index) {
    if (!isKnown(index))
      declare(index);
  });
}

void Resolver::expression(const Expression &node) {
  switch (node.kind) {
  case ExpressionKind::Name:
    return name(as<NameExpression>(&node)->name, node.range);
  case ExpressionKind::Call:
    return call(*as<CallExpression>(&node));
  case ExpressionKind::Binary: {
    // `sum[i] -x[i]` subtracts from a reduction, whose indices are then unknown names.
    auto *binary = as<BinaryExpression>(&node);
    auto *reduce = as<ReduceExpression>(binary->left);
    if (binary->op != BinaryOperator::Subtract || !reduce || reduce->operand ||
        isLocal(reduce->reducer.text))
      return forEachChild(node, [&](const Expression &child) { expression(child); });
    diagnostics
        .report(Diag::OperandType, reduce->range, "-",
                fmt::format("the reduction `{}`", reduce->reducer.text))
        .help(fmt::format("a negative operand stands in brackets: `{} (-{})`", toSource(*reduce),
                          toSource(*binary->right)));
    return;
  }
  case ExpressionKind::Member:
    if (auto *member = as<MemberExpression>(&node);
        as<NameExpression>(member->base) || as<MemberExpression>(member->base)) {
      auto *root = member->base.get();
      while (auto *part = as<MemberExpression>(root))
        root = part->base.get();
      auto *module = as<NameExpression>(root);
      if (module && contains(modules, module->name))
        return callee(node, {});
      return expression(*member->base);
    }
    return forEachChild(node, [&](const Expression &child) { expression(child); });
  case ExpressionKind::Pipe: {
    auto *pipe = as<PipeExpression>(&node);
    expression(*pipe->value);
    if (auto *stage = as<CallExpression>(pipe->stage))
      return call(*stage, pipe->value.get());
    return callee(*pipe->stage, {asOperand(*pipe->value)});
  }
  case ExpressionKind::Reduce: {
    auto *reduce = as<ReduceExpression>(&node);
    for (const ExpressionPtr &item : reduce->items)
      if (auto *index = as<IndexVariableExpression>(item))
        expression(*index->values);
    scopes.emplace_back();
    bool overIndices = isOverIndices(*reduce);
    for (const ExpressionPtr &item : reduce->items)
      if (auto *ranged = as<IndexVariableExpression>(item))
        declare(ranged->variable.text);
      else if (auto *index = as<NameExpression>(item); index && overIndices)
        declare(index->name);
      else
        expression(*item);
    if (reduce->operand)
      expression(*reduce->operand);
    scopes.pop_back();
    return;
  }
  case ExpressionKind::Comprehension: {
    auto *list = as<ComprehensionExpression>(&node);
    expression(*list->iterable);
    scopes.emplace_back();
    for (const Identifier &variable : list->variables)
      declare(variable.text);
    expression(*list->element);
    scopes.pop_back();
    return;
  }
  case ExpressionKind::Where: {
    auto *where = as<WhereExpression>(&node);
    scopes.emplace_back();
    declareIndices(*where);
    expression(*where->condition);
    expression(*where->value);
    scopes.pop_back();
    return;
  }
  case ExpressionKind::If: {
    auto *condition = as<IfExpression>(&node);
    expression(*condition->condition);
    block(*condition->then, true);
    if (condition->orElse)
      expression(*condition->orElse);
    return;
  }
  case ExpressionKind::Block:
    return block(*as<Block>(&node), true);
  case ExpressionKind::Scan: {
    auto *scan = as<ScanExpression>(&node);
    for (const ScanSource &source : scan->sources)
      expression(*source.sequence);
    for (const ScanCarry &carry : scan->carries)
      expression(*carry.initial);
    scopes.emplace_back();
    for (const ScanSource &source : scan->sources)
      declare(source.variable.text);
    for (const ScanCarry &carry : scan->carries)
      declare(carry.name.text);
    statements(*scan->body, true); // the elaborator reports a value without `yield`
    scopes.pop_back();
    return;
  }
  default:
    forEachChild(node, [&](const Expression &child) { expression(child); });
  }
}

void Resolver::call(const CallExpression &call, const Expression *piped) {
  std::vector<std::string> written = writtenArguments(call.arguments);
  if (piped)
    written.insert(written.begin(), asOperand(*piped));
  this->callee(*call.callee, written);
  for (const CallArgument &argument : call.arguments)
    expression(*argument.value);
  if (call.block)
    block(*call.block, true);
  auto *callee = as<NameExpression>(call.callee);
  if (!callee || isLocal(callee->name))
    return;
  const Global *global = globals.find(callee->name, false);
  if (!global || !global->callable())
    return;
  const CallableDeclaration &declaration = *global->callable();
  bool settings = declaration.hasSettings || declaration.callable == CallableKind::Init ||
                  declaration.callable == CallableKind::Optimizer ||
                  declaration.callable == CallableKind::Schedule;
  const std::vector<Parameter> &parameters = settings ? declaration.settings : declaration.inputs;
  for (const CallArgument &argument : call.arguments) {
    if (!argument.named() ||
        std::any_of(parameters.begin(), parameters.end(), [&](const Parameter &parameter) {
          return parameter.name.text == argument.name.text;
        }))
      continue;
    std::vector<std::string> names;
    for (const Parameter &parameter : parameters)
      names.push_back(parameter.name.text);
    DiagnosticBuilder builder =
        diagnostics.report(Diag::UnknownArgument, argument.name.range, declaration.name.text,
                           settings ? "setting" : "input", argument.name.text);
    if (std::string reduction = reductionOver(declaration.name.text, call.arguments);
        !reduction.empty())
      builder.help(fmt::format("write `{}`", reduction));
    else if (!builder.suggest(NameKind::Argument, argument.name.text, names) && !names.empty())
      builder.note(fmt::format("it has {}", fmt::join(names, ", ")));
  }
}

} // namespace nnc::lang
