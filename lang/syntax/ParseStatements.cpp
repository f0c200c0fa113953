// Blocks and statements.
#include "lang/syntax/ParserImpl.h"

namespace nnc::lang {

std::unique_ptr<Block> Parser::expectBlock() {
  if (!panicking && at(TokenKind::LeftBrace))
    return block();
  expectedBlock();
  auto empty = std::make_unique<Block>();
  empty->range = here();
  return empty;
}

// G8
std::unique_ptr<Block> Parser::block() {
  Nested nested(*this);
  auto result = std::make_unique<Block>();
  size_t first = position;
  result->range = here();
  if (nested) {
    Restored lines(insideBrackets, false);
    Restored blocks(blocksAllowed, true);
    size_t closer = tokens[first].partner;
    take();
    while (position < closer && !giveUp()) {
      if (takeIf(TokenKind::Semicolon))
        continue;
      size_t before = position;
      bool negative = at(TokenKind::Minus) && !result->statements.empty();
      result->statements.push_back(statement());
      if (panicking && position == before) { // never stand still
        if (tokens[position].partner > position)
          position = tokens[position].partner;
        take();
      }
      separator();
      // A negative value between other statements is rather a subtraction that was meant to go on.
      if (negative && position < closer && !panicking)
        diagnostics.report(Diag::LeadingOperator, rangeOf(tokens[before]), "-")
            .help(leadingOperatorHelp);
    }
  }
  closeAt(first);
  ExpressionPtr finished = finish(std::move(result), first);
  if (finished->kind == ExpressionKind::Block)
    return std::unique_ptr<Block>(static_cast<Block *>(finished.release()));
  auto empty = std::make_unique<Block>(); // it was too high
  empty->range = finished->range;
  return empty;
}

// G9
StatementPtr Parser::statement() {
  if (at(TokenKind::For))
    return forStatement();
  if (at(TokenKind::Yield))
    return yieldStatement();
  if (StatementPtr other = foreignStatement())
    return other;
  if (at(TokenKind::Name)) {
    const Token &next = ahead(1);
    bool declares = next.kind == TokenKind::Name && !next.newlineBefore;
    if (declares && atWord("param"))
      return parameterStatement();
    if (declares && atWord("state"))
      return stateStatement();
    if (declares && atWord("metric"))
      return metricStatement();
    if (declares && atWord("step") && ahead(2).kind == TokenKind::LeftBrace)
      return stepStatement();
    if (atWord("then") && (declares || (next.kind == TokenKind::LeftBrace && !next.newlineBefore)))
      return thenStatement();
    if (startsBinding())
      return bindingStatement();
    if (next.kind == TokenKind::Update && !next.newlineBefore)
      return updateStatement();
  }
  return expressionStatement();
}

/// Whether names with commas between and an equals sign come next.
bool Parser::startsBinding() const {
  size_t i = position;
  while (tokens[i].kind == TokenKind::Name) {
    TokenKind next = tokens[i + 1].kind;
    if (next == TokenKind::Assign)
      return true;
    if (next != TokenKind::Comma)
      return false;
    i += 2;
  }
  return false;
}

bool Parser::startsStatement() const {
  if (!at(TokenKind::Name))
    return false;
  const Token &next = ahead(1);
  if (next.newlineBefore)
    return false;
  return startsBinding() || next.kind == TokenKind::Update ||
         (next.kind == TokenKind::Name &&
          (atWord("param") || atWord("state") || atWord("metric") || atWord("then")));
}

// G10
StatementPtr Parser::bindingStatement() {
  size_t first = position;
  auto node = std::make_unique<BindingStatement>();
  do {
    Identifier bound = name("a name");
    checkDuplicate(bound, node->names);
    node->names.push_back(std::move(bound));
  } while (takeIf(TokenKind::Comma));
  expect(TokenKind::Assign);
  const size_t valueBegin = position;
  node->value = expression();
  const std::string_view key = node->names.size() == 1 ? node->names[0].text : std::string_view();
  if (key == "batch" && atWord("in") && !lineEnds()) {
    ++position;
    node->parts = expression();
  }
  if (key == "validate" && !panicking && !lineEnds() && at(TokenKind::Name))
    node->value = withManner(std::move(node->value), valueBegin);
  if (!panicking && !lineEnds() && at(TokenKind::Assign) && foreignAdvice().empty())
    lost(Diag::MissingSeparator, here(), found())
        .help("a statement binds one value: `b = x`, then `a = b`");
  return finishStatement(std::move(node), first);
}

/// `10% stratified` and `10% grouped(patient)` are calls, `stratified(10%)` and `grouped(10%,
/// patient)`.
ExpressionPtr Parser::withManner(ExpressionPtr part, size_t first) {
  auto call = std::make_unique<CallExpression>();
  auto callee = std::make_unique<NameExpression>();
  callee->range = here();
  callee->name = textOf(current());
  take();
  call->arguments.push_back({{}, std::move(part)});
  if (!panicking && !lineEnds() && at(TokenKind::LeftParen)) {
    size_t opener = position;
    take();
    list(opener, [&] { call->arguments.push_back({{}, expression()}); });
  }
  call->callee = std::move(callee);
  call->range = since(first);
  return call;
}

// G12
StatementPtr Parser::updateStatement() {
  size_t first = position;
  auto node = std::make_unique<UpdateStatement>();
  node->name = name("a name");
  expect(TokenKind::Update);
  node->value = expression();
  return finishStatement(std::move(node), first);
}

void Parser::misplaced(size_t first, std::string_view word, std::string_view where) {
  diagnostics.report(Diag::MisplacedStatement, rangeOf(tokens[first]), word, where);
}

// G13
StatementPtr Parser::parameterStatement() {
  size_t first = position;
  auto node = std::make_unique<ParameterStatement>();
  bool allowed = around.declaration == DeclarationKind::Callable &&
                 (around.callable == CallableKind::Layer || around.callable == CallableKind::Model);
  if (!allowed)
    misplaced(first, "param", "a layer or a model");
  take();
  node->name = name("the parameter's name");
  if (expect(TokenKind::Colon, "a parameter has a type: `param weight: float[in, units] = he`"))
    node->type = type();
  if (!panicking && !at(TokenKind::Assign)) {
    diagnostics.report(Diag::MissingInitialValue, node->name.range, "parameter", node->name.text)
        .help("say how it begins: `= he` for weights, `= 0` for biases");
    node->initial = error(position);
  } else {
    expect(TokenKind::Assign);
    node->initial = expression();
  }
  return finishStatement(std::move(node), first);
}

// G14
StatementPtr Parser::stateStatement() {
  size_t first = position;
  auto node = std::make_unique<StateStatement>();
  bool allowed =
      around.declaration == DeclarationKind::Callable &&
      (around.callable == CallableKind::Layer || around.callable == CallableKind::Model ||
       around.callable == CallableKind::Optimizer || around.callable == CallableKind::Schedule);
  if (!allowed)
    misplaced(first, "state", "a layer, a model, an optimizer or a schedule");
  take();
  node->name = name("the state's name");
  if (!panicking && takeIf(TokenKind::Colon))
    node->type = std::make_unique<TypeExpression>(type());
  if (!panicking && !at(TokenKind::Assign)) {
    diagnostics.report(Diag::MissingInitialValue, node->name.range, "state", node->name.text)
        .help("say how it begins, as `= 0`");
    node->initial = error(position);
  } else {
    expect(TokenKind::Assign);
    node->initial = expression();
  }
  return finishStatement(std::move(node), first);
}

// G15
StatementPtr Parser::forStatement() {
  size_t first = position;
  auto node = std::make_unique<ForStatement>();
  take();
  node->variables = loopVariables();
  node->iterable = headerExpression();
  node->body = expectBlock();
  return finishStatement(std::move(node), first);
}

std::vector<Identifier> Parser::loopVariables() {
  std::vector<Identifier> variables;
  do {
    variables.push_back(name("the loop's variable"));
    Identifier last = variables.back();
    variables.pop_back();
    checkDuplicate(last, variables);
    variables.push_back(std::move(last));
  } while (takeIf(TokenKind::Comma));
  expectWord("in");
  return variables;
}

// G16
StatementPtr Parser::yieldStatement() {
  size_t first = position;
  auto node = std::make_unique<YieldStatement>();
  if (!around.inScan)
    misplaced(first, "yield", "a `scan`");
  take();
  node->value = lineEnds() ? error(position) : expression();
  if (node->value->kind == ExpressionKind::Error && !panicking)
    expectedExpression();
  return finishStatement(std::move(node), first);
}

// G17
StatementPtr Parser::metricStatement() {
  size_t first = position;
  auto node = std::make_unique<MetricStatement>();
  if (around.declaration != DeclarationKind::Train)
    misplaced(first, "metric", "a `train` block");
  take();
  if (ahead(1).kind == TokenKind::Assign) {
    node->name = name("the metric's name");
    take();
  }
  node->value = expression();
  return finishStatement(std::move(node), first);
}

// G18
StatementPtr Parser::thenStatement() {
  size_t first = position;
  auto node = std::make_unique<ThenStatement>();
  if (around.declaration != DeclarationKind::Train)
    misplaced(first, "then", "a `train` block");
  take();
  node->name.range = here();
  if (atWord("unfreeze") && ahead(1).kind == TokenKind::LeftParen) {
    take();
    size_t opener = position;
    take();
    list(opener, [&] { node->unfrozen.push_back(expression()); });
  } else if (at(TokenKind::Name)) {
    node->name = name("the name of the phase");
  }
  if (!panicking && !at(TokenKind::LeftBrace))
    expected("`{`", "a phase is a block of keys: `then { freeze = (), epochs = 2 }`");
  node->body = expectBlock();
  return finishStatement(std::move(node), first);
}

// G39
StatementPtr Parser::stepStatement() {
  size_t first = position;
  auto node = std::make_unique<StepStatement>();
  if (around.declaration != DeclarationKind::Train)
    misplaced(first, "step", "a `train` block");
  take();
  node->name = name("the name of the step");
  node->body = expectBlock();
  return finishStatement(std::move(node), first);
}

StatementPtr Parser::expressionStatement() {
  size_t first = position;
  ExpressionPtr value = expression();
  if (!panicking && !lineEnds() && (at(TokenKind::Assign) || at(TokenKind::Update)))
    return definition(std::move(value), first);
  auto node = std::make_unique<ExpressionStatement>();
  node->value = std::move(value);
  return finishStatement(std::move(node), first);
}

namespace {

/// Moves the items to where the definition has its index variables, when all are such.
bool indexVariables(std::vector<ExpressionPtr> &items, IndexDefinition &definition) {
  for (ExpressionPtr &item : items) {
    if (auto *name = as<NameExpression>(item)) {
      definition.indices.push_back({name->name, name->range});
      definition.ranges.emplace_back();
    } else if (item->kind == ExpressionKind::IndexVariable) {
      auto &ranged = static_cast<IndexVariableExpression &>(*item);
      definition.indices.push_back(ranged.variable);
      definition.ranges.push_back(std::move(ranged.values));
    } else {
      return false;
    }
  }
  return !items.empty();
}

std::string_view describeTarget(const Expression &target) {
  switch (target.kind) {
  case ExpressionKind::Call:
    return "the result of a call";
  case ExpressionKind::Member:
    return "a part of another value";
  case ExpressionKind::Index:
  case ExpressionKind::Reduce:
    return "an element or a slice";
  case ExpressionKind::IntegerLiteral:
  case ExpressionKind::FloatLiteral:
  case ExpressionKind::StringLiteral:
  case ExpressionKind::BoolLiteral:
    return "a constant";
  case ExpressionKind::Name:
    return "a name in brackets";
  default:
    return "an expression";
  }
}

} // namespace

// G11
StatementPtr Parser::definition(ExpressionPtr target, size_t first) {
  bool update = at(TokenKind::Update);
  auto node = std::make_unique<IndexDefinition>();
  bool good = false;
  // Their items move into the definition.
  if (target->kind == ExpressionKind::Index) {
    auto &index = static_cast<IndexExpression &>(*target);
    if (auto *base = as<NameExpression>(index.base)) {
      node->name = {base->name, base->range};
      good = indexVariables(index.items, *node);
    }
  } else if (target->kind == ExpressionKind::Reduce) {
    // The definition of a tensor that has the name of a reduction.
    auto &reduce = static_cast<ReduceExpression &>(*target);
    node->name = reduce.reducer;
    good = !reduce.operand && indexVariables(reduce.items, *node);
  }
  if (update || !good) {
    auto report = diagnostics.report(Diag::BadTarget, target->range, describeTarget(*target));
    if (update)
      report.help("the whole of a state is updated: `mean <- ...`");
    else if (target->kind == ExpressionKind::Index)
      report.help("define all elements at once, by index variables: `y[i, k] = ...`");
    take();
    expression();
    auto statement = std::make_unique<ExpressionStatement>();
    statement->value = error(first);
    return finishStatement(std::move(statement), first);
  }
  std::vector<Identifier> earlier;
  for (const Identifier &index : node->indices) {
    checkDuplicate(index, earlier);
    earlier.push_back(index);
  }
  take();
  node->value = expression();
  return finishStatement(std::move(node), first);
}

} // namespace nnc::lang
