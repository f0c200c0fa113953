// Implements the execution of blocks: bindings, compile-time loops and conditions.
#include "lang/elaborate/interpret/Advice.h"
#include "lang/elaborate/interpret/Interpreter.h"

#include "lang/syntax/ASTPrinter.h"

#include <utility>

namespace nnc::lang {

namespace {
constexpr int64_t maximumIterations = 100'000;
}

Entity Interpreter::evaluateBlock(const Block &block, bool newScope) {
  if (newScope)
    environment.frame().scopes.emplace_back();
  Entity last = Nothing{};
  size_t errors = environment.diagnostics.errorCount();
  for (const StatementPtr &statement : block.statements) {
    last = evaluateStatement(*statement);
    // In the library all statements work for one purpose: what follows would fail for the same
    // reason.
    if (environment.frame().standard && environment.diagnostics.errorCount() != errors) {
      last = Poison{};
      break;
    }
  }
  if (newScope)
    environment.frame().scopes.pop_back();
  return last;
}

Entity Interpreter::evaluateStatement(const Statement &statement) {
  if (!environment.step(statement.range))
    return Poison{};
  switch (statement.kind) {
  case StatementKind::Expression:
    return evaluate(*as<ExpressionStatement>(&statement)->value);
  case StatementKind::Binding:
    bindStatement(*as<BindingStatement>(&statement));
    break;
  case StatementKind::IndexDefinition: {
    auto *definition = as<IndexDefinition>(&statement);
    bind(definition->name, indexNotation().define(*definition));
    break;
  }
  case StatementKind::Parameter:
    parameters.declareParameter(*as<ParameterStatement>(&statement));
    break;
  case StatementKind::State:
    parameters.declareState(*as<StateStatement>(&statement));
    break;
  case StatementKind::Update:
    parameters.update(*as<UpdateStatement>(&statement));
    break;
  case StatementKind::For:
    loop(*as<ForStatement>(&statement));
    break;
  case StatementKind::Yield:
    yield(*as<YieldStatement>(&statement));
    break;
  case StatementKind::Metric:
    // The parser lets it stand in train blocks only, and those see to it themselves.
    break;
  case StatementKind::Step:
  case StatementKind::Then:
    // The parser lets them stand in train blocks only.
    if (onRecipeStatement)
      onRecipeStatement(statement);
    break;
  }
  return Nothing{};
}

void Interpreter::nameValue(const std::string &name, const Entity &value) {
  if (auto *tensor = value.get<Tensor>()) {
    bool standardCode = environment.frame().standard;
    if (!standardCode && tensor->graph == &emitter.pass->graph)
      emitter.pass->graph.name(tensor->id, environment.ownName(name));
  } else if (auto *layer = value.get<LayerPtr>()) {
    if ((*layer)->name.empty() && !(*layer)->isModel)
      instances.name(**layer, name, environment.frame().layer);
  } else if (auto *group = value.get<Group>()) {
    for (const NamedEntity &member : group->members)
      if (member.value->is<LayerPtr>() || member.value->is<Group>())
        nameValue(name, *member.value);
  }
}

void Interpreter::bind(const Identifier &name, Entity value) {
  if (name.text.empty())
    return;
  nameValue(name.text, value);
  Frame &current = environment.frame();
  for (size_t level = current.scopes.size(); level-- > 0;) {
    auto known = current.scopes[level].find(name.text);
    if (known == current.scopes[level].end())
      continue;
    if (level < current.conditional)
      environment.report(Diag::ConditionalChange, name.range, name.text);
    else if (level < current.scan)
      environment.report(Diag::ScanChange, name.range, name.text)
          .label(known->second.range, "this value belongs to no step")
          .help(fmt::format("carry it from step to step: `with {0} = {0}`", name.text));
    if (!known->second.state.empty() && !current.target)
      environment.report(Diag::StateRebound, name.range, name.text)
          .label(known->second.range, "declared here")
          .help(fmt::format("to give the state its next value, write `{} <- ...`", name.text));
    known->second.value = std::move(value);
    known->second.range = name.range;
    return;
  }
  environment.bindFresh(name.text, std::move(value), name.range);
}

void Interpreter::bindStatement(const BindingStatement &statement) {
  Entity value = evaluate(*statement.value);
  if (value.is<Nothing>()) {
    environment.report(Diag::NoValue, statement.value->range);
    value = Poison{};
  }
  if (statement.names.size() == 1) {
    bind(statement.names[0], std::move(value));
    return;
  }
  auto *group = value.get<Group>();
  if (group && group->members.size() == statement.names.size()) {
    for (size_t index = 0; index < statement.names.size(); ++index)
      bind(statement.names[index], *group->members[index].value);
    return;
  }
  if (!value.poisoned()) {
    DiagnosticBuilder builder =
        environment.report(Diag::BindingCount, statement.range, int64_t(statement.names.size()),
                           group ? int64_t(group->members.size()) : 1);
    builder.label(statement.value->range, fmt::format("this is {}", describe(value)));
  }
  for (const Identifier &name : statement.names)
    bind(name, Poison{});
}

static void reportCannotIterate(Environment &environment, const Expression &expression,
                                const Entity &iterable) {
  DiagnosticBuilder builder =
      environment.report(Diag::CannotIterate, expression.range, describe(iterable));
  std::string operand = asOperand(expression);
  auto *tensor = iterable.get<Tensor>();
  if (iterable.isNumber())
    builder.help(fmt::format("write `0..{}`", operand));
  else if (tensor && !tensor->shape.empty())
    builder.help(fmt::format("run over its positions, `for i in 0..{}`, and take `{}[i]`",
                             tensor->shape[0].size, operand));
}

void Interpreter::loop(const ForStatement &statement) {
  for (Entity &item : elements(*statement.iterable)) {
    if (environment.diagnostics.full())
      return;
    environment.frame().scopes.emplace_back();
    bindElement(statement.variables, std::move(item), statement.iterable->range);
    evaluateBlock(*statement.body, false);
    environment.frame().scopes.pop_back();
  }
}

std::vector<Entity> Interpreter::elements(const Expression &expression) {
  Entity iterable = evaluate(expression);
  std::vector<Entity> items;
  if (auto *range = iterable.get<RangeConstant>()) {
    int64_t count = 0;
    if (__builtin_sub_overflow(range->end, range->begin, &count) || count > maximumIterations) {
      environment.report(Diag::TooManyIterations, expression.range, maximumIterations);
      return items;
    }
    for (int64_t value = range->begin; value < range->end; ++value)
      items.push_back(IntegerConstant{value, nullptr});
  } else if (auto *group = iterable.get<Group>()) {
    for (const NamedEntity &member : group->members)
      items.push_back(*member.value);
  } else {
    if (!iterable.poisoned())
      reportCannotIterate(environment, expression, iterable);
    // The body is executed once nevertheless, for the errors in it and for what it binds.
    items.push_back(Poison{});
  }
  return items;
}

void Interpreter::bindElement(const std::vector<Identifier> &names, Entity element,
                              SourceRange range) {
  auto bindOne = [&](const Identifier &name, Entity value) {
    if (!name.text.empty())
      environment.bindFresh(name.text, std::move(value), name.range);
  };
  if (names.size() == 1)
    return bindOne(names[0], std::move(element));
  auto *group = element.get<Group>();
  bool fits = group && group->members.size() == names.size();
  if (!fits && !element.poisoned())
    environment
        .report(Diag::BindingCount, range, int64_t(names.size()),
                group ? int64_t(group->members.size()) : 1)
        .label(range, fmt::format("an element is {}", describe(element)));
  for (size_t index = 0; index < names.size(); ++index)
    bindOne(names[index], fits ? *group->members[index].value : Entity(Poison{}));
}

Entity Interpreter::evaluateComprehension(const ComprehensionExpression &expression) {
  Group list;
  for (Entity &item : elements(*expression.iterable)) {
    if (environment.diagnostics.full())
      return Poison{};
    environment.frame().scopes.emplace_back();
    bindElement(expression.variables, std::move(item), expression.iterable->range);
    list.members.push_back(
        {"", expression.element->range, std::make_shared<Entity>(evaluate(*expression.element))});
    environment.frame().scopes.pop_back();
  }
  return list;
}

Entity Interpreter::evaluateIf(const IfExpression &expression) {
  Entity condition = evaluate(*expression.condition);
  if (condition.poisoned())
    return Poison{};
  if (auto *known = condition.get<bool>()) {
    if (*known)
      return evaluateBlock(*expression.then);
    if (expression.orElse)
      return evaluate(*expression.orElse);
    return Nothing{};
  }
  auto *tensor = condition.get<Tensor>();
  if (!tensor || tensor->element != Element::Bool) {
    environment.report(Diag::ConditionType, expression.condition->range, describe(condition));
    return Poison{};
  }
  if (reportConditionalChanges(environment, expression))
    return Poison{};
  // Known only while running: both values are computed and one is chosen, for each element if need
  // be.
  size_t outer = std::exchange(environment.frame().conditional, environment.frame().scopes.size());
  size_t errors = environment.diagnostics.errorCount();
  std::vector<Entity> &conditions = emitter.pass->conditions;
  conditions.push_back(condition);
  Entity yes = evaluateBlock(*expression.then), no = Nothing{};
  if (expression.orElse) {
    conditions.back() = operators.unary(UnaryOperator::Not, condition, expression.range);
    no = evaluate(*expression.orElse);
  }
  conditions.pop_back();
  environment.frame().conditional = outer;
  if (yes.is<Nothing>() && no.is<Nothing>())
    return Nothing{};
  if (!expression.orElse && !yes.poisoned()) {
    environment.report(Diag::RunTimeCondition, expression.range)
        .help("give both values: `if ... { a } else { b }`");
    return Poison{};
  }
  if (yes.is<Nothing>() || no.is<Nothing>()) {
    if (environment.diagnostics.errorCount() == errors)
      environment.report(Diag::NoValue, expression.range);
    return Poison{};
  }
  return operators.select(condition, yes, no, expression.range);
}

} // namespace nnc::lang
