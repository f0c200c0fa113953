// Implements Resolver: expressions, the names in them, and the indices that they bind.
#include "lang/elaborate/resolve/Resolver.h"

#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/graph/Reductions.h"
#include "lang/elaborate/interpret/Advice.h"
#include "lang/support/Names.h"
#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

#include <algorithm>
#include <optional>

namespace nnc::lang {

namespace {

/// Names of Python modules, as they stand before a dot.
constexpr std::string_view modules[] = {
    "torch", "nn",    "F",      "functional",  "optim", "np",          "numpy",
    "math",  "tf",    "keras",  "layers",      "jax",   "jnp",         "linen",
    "flax",  "optax", "losses", "activations", "lax",   "initializers"};

} // namespace

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
