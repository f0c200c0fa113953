// Implements the help for errors of application.
#include "lang/elaborate/interpret/Advice.h"

#include "lang/elaborate/builtins/Builtins.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <map>

namespace nnc::lang {

namespace {

bool isFunction(const Globals &globals, const std::string &name) {
  const Global *global = globals.find(name, false);
  return (global && global->callable()) || findBuiltin(name);
}

bool takesSettings(const Globals &globals, const std::string &name) {
  if (const Global *global = globals.find(name, false); global && global->callable())
    return global->callable()->hasSettings;
  const Builtin *builtin = findBuiltin(name);
  return builtin && builtin->curried;
}

/// The value that a block binds a name to, if that is its only statement.
const Expression *onlyChange(const Expression *branch, const std::string &name) {
  auto *block = branch ? as<Block>(branch) : nullptr;
  if (!block || block->statements.size() != 1)
    return nullptr;
  auto *binding = as<BindingStatement>(block->statements[0]);
  return binding && binding->names.size() == 1 && binding->names[0].text == name
             ? binding->value.get()
             : nullptr;
}

/// The names that the statements of a branch change, where something outside has them.
void collectChanges(Environment &environment, const Expression *branch,
                    std::map<std::string, SourceRange> &changes) {
  if (auto *inner = branch ? as<IfExpression>(branch) : nullptr) {
    collectChanges(environment, inner->then.get(), changes);
    return collectChanges(environment, inner->orElse.get(), changes);
  }
  auto *block = branch ? as<Block>(branch) : nullptr;
  if (!block)
    return;
  for (const StatementPtr &statement : block->statements) {
    if (auto *binding = as<BindingStatement>(statement)) {
      for (const Identifier &name : binding->names)
        if (environment.findLocal(name.text))
          changes.emplace(name.text, name.range);
    }
  }
}

} // namespace

std::vector<std::string> writtenArguments(const std::vector<CallArgument> &arguments) {
  std::vector<std::string> written;
  for (const CallArgument &argument : arguments)
    if (!argument.named())
      written.push_back(asOperand(*argument.value));
  return written;
}

std::string reductionOver(std::string_view reducer, const std::vector<CallArgument> &arguments) {
  if (!isReducer(reducer) || arguments.size() < 2 || arguments[0].named())
    return {};
  for (const CallArgument &argument : arguments) {
    const std::string &name = argument.name.text;
    if (&argument == &arguments[0] || (argument.named() && name != "dim" && name != "axis"))
      continue;
    if (!argument.named() && reducer == "norm") // of which order, perhaps
      continue;
    std::string dimension;
    auto *sign = as<UnaryExpression>(argument.value);
    if (as<IntegerLiteral>(argument.value) || (sign && as<IntegerLiteral>(sign->operand)))
      dimension = toSource(*argument.value);
    else if (auto *list = as<ListExpression>(argument.value))
      for (const ExpressionPtr &element : list->elements)
        dimension += (dimension.empty() ? "" : ", ") + toSource(*element);
    else
      return {};
    bool keep = std::ranges::any_of(arguments, [](const CallArgument &one) {
      auto *truth = as<BoolLiteral>(one.value);
      return (one.name.text == "keepdim" || one.name.text == "keepdims") && truth && truth->value;
    });
    return fmt::format("{}[{}{}]({})", reducer, dimension, keep ? ", keep" : "",
                       toSource(*arguments[0].value));
  }
  return {};
}

void reportNotCallable(Environment &environment, const Expression &callee, const Entity &value,
                       const std::vector<CallArgument> &arguments, SourceRange range) {
  DiagnosticBuilder builder = environment.report(Diag::NotCallable, range, describe(value));
  if (environment.inStandard(range))
    return;
  auto *name = as<NameExpression>(&callee);
  Binding *bound = name ? environment.findLocal(name->name) : nullptr;
  if (bound && isFunction(environment.globals, name->name)) {
    builder.label(bound->range, fmt::format("hides the function `{}`", name->name));
    builder.help("give the value another name");
    return;
  }
  std::vector<std::string> written = writtenArguments(arguments);
  std::string operand = asOperand(callee);
  auto *tensor = value.get<Tensor>();
  bool whole = !arguments.empty() && std::ranges::all_of(arguments, [](const CallArgument &one) {
    return !one.named() && as<IntegerLiteral>(one.value);
  });
  if (tensor && whole)
    builder.help(fmt::format("an element stands in square brackets: `{}[{}]`", operand,
                             fmt::join(written, ", ")));
  else if (tensor && tensor->shape.size() == 2 && written.size() == 1)
    builder.help(fmt::format("a product of matrices is written `{} @ {}`", written[0], operand));
  else if ((tensor || value.isNumber()) && written.size() == 1)
    builder.help(fmt::format("to multiply, write `{} * {}`", operand, written[0]));
  else if (tensor)
    builder.help(fmt::format("leave the brackets out: `{}`", operand));
}

void adviseMember(DiagnosticBuilder &builder, const Globals &globals,
                  const MemberExpression &expression, const std::vector<CallArgument> *arguments) {
  const std::string &name = expression.member.text;
  std::string base = asOperand(*expression.base);
  std::vector<std::string> written;
  std::vector<CallArgument> none;
  const std::vector<CallArgument> &given = arguments ? *arguments : none;
  std::string list;
  for (const CallArgument &argument : given)
    list += (list.empty() ? "" : ", ") +
            (argument.named() ? argument.name.text + " = " : std::string()) +
            toSource(*argument.value);
  written.push_back(base);
  for (const std::string &one : writtenArguments(given))
    written.push_back(one);
  std::vector<std::string_view> operands(written.begin(), written.end());
  if (isReducer(name) && given.size() == 1) {
    auto *sign = as<UnaryExpression>(given[0].value);
    if (as<IntegerLiteral>(given[0].value) || (sign && as<IntegerLiteral>(sign->operand))) {
      builder.help(fmt::format("write `{}[{}]({})`", name, toSource(*given[0].value), base));
      return;
    }
  }
  // Properties and methods that mean something else than the function of the name.
  bool called = arguments && !arguments->empty();
  std::vector<std::string> known = globals.names(false), builtins = builtinNames();
  known.insert(known.end(), builtins.begin(), builtins.end());
  if (!called || !isFunction(globals, name))
    if (findSynonym(NameKind::Member, name,
                    std::vector<std::string_view>(known.begin(), known.end())) &&
        !(name == "size" && called)) {
      builder.suggest(NameKind::Member, name, known, operands);
      return;
    }
  if (name == "size" && called) {
    builder.help(fmt::format("write `shape({})[{}]`", base, list));
    return;
  }
  if (isFunction(globals, name)) {
    bool settings = takesSettings(globals, name);
    if (settings)
      builder.help(fmt::format("functions stand without a dot: `{} |> {}{}`", base, name,
                               list.empty() ? std::string() : "(" + list + ")"));
    else
      builder.help(fmt::format("functions stand without a dot: `{}({}{}{})`", name, base,
                               list.empty() ? "" : ", ", list));
    return;
  }
  builder.suggest(NameKind::Name, name, known, operands);
}

bool reportConditionalChanges(Environment &environment, const IfExpression &expression) {
  std::map<std::string, SourceRange> changes;
  collectChanges(environment, expression.then.get(), changes);
  collectChanges(environment, expression.orElse.get(), changes);
  for (const auto &[name, place] : changes) {
    DiagnosticBuilder builder = environment.report(Diag::ConditionalChange, place, name);
    builder.label(expression.condition->range, "known only while running");
    const Expression *yes = onlyChange(expression.then.get(), name);
    const Expression *no = onlyChange(expression.orElse.get(), name);
    if (yes && (no || !expression.orElse))
      builder.help(fmt::format("write `{} = if {} {{ {} }} else {{ {} }}`", name,
                               toSource(*expression.condition), toSource(*yes),
                               no ? toSource(*no) : name));
    else
      builder.help(
          fmt::format("write the choice as a value: `{0} = if ... {{ a }} else {{ {0} }}`", name));
  }
  return !changes.empty();
}

} // namespace nnc::lang
