// Implements Resolver: statements, and those whose value nothing takes.
#include "lang/elaborate/resolve/Resolver.h"

#include "lang/elaborate/interpret/Advice.h"
#include "lang/elaborate/training/TrainKeys.h"
#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>
#include <map>

namespace nnc::lang {

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
    if (binding->parts) {
      if (!isKeyPlace())
        diagnostics.report(Diag::MisplacedStatement, binding->parts->range, "in",
                           "the key `batch` of a `train` block");
      expression(*binding->parts);
    }
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

} // namespace nnc::lang
