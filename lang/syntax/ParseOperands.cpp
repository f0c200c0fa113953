// Parses the operands of expressions: indices, reductions, conditions, scans, literals, lists,
// records. The numbers are the rules of docs/language.md.
#include "lang/syntax/ParserImpl.h"

#include <algorithm>
#include <charconv>

namespace nnc::lang {

namespace {

/// Whether an item may stand between the brackets of a reduction.
bool namesDimension(const Expression &item) {
  switch (item.kind) {
  case ExpressionKind::Name:
  case ExpressionKind::Ellipsis:
  case ExpressionKind::IndexVariable:
  case ExpressionKind::IntegerLiteral:
  case ExpressionKind::Error:
    return true;
  case ExpressionKind::Unary:
    return as<UnaryExpression>(&item)->op == UnaryOperator::Negate &&
           as<IntegerLiteral>(as<UnaryExpression>(&item)->operand);
  default:
    return false;
  }
}

} // namespace

// G29: what stands between the brackets of an index or a reduction; at least one item.
std::vector<ExpressionPtr> Parser::items(size_t first) {
  std::vector<ExpressionPtr> result;
  size_t opener = position;
  bool ellipsis = false;
  take();
  if (at(TokenKind::RightBracket))
    expectedExpression();
  list(opener, [&] {
    result.push_back(at(TokenKind::Colon) ? error(position) : item());
    if (at(TokenKind::Colon) && !panicking)
      return foreignSlice(first, opener);
    if (result.back()->kind == ExpressionKind::Ellipsis && std::exchange(ellipsis, true))
      diagnostics.report(Diag::RepeatedEllipsis, result.back()->range);
  });
  return result;
}

ExpressionPtr Parser::item() {
  Nested nested(*this);
  size_t first = position;
  if (!nested)
    return error(first);
  if (takeIf(TokenKind::Ellipsis))
    return finish(make<EllipsisExpression>(), first);
  auto isEnd = [](const Token &token) {
    return token.kind == TokenKind::Comma || token.kind == TokenKind::RightBracket;
  };
  auto atEnd = [&] { return isEnd(current()); };
  if (atWord("new") && isEnd(ahead(1))) {
    take();
    return finish(make<NewDimensionExpression>(), first);
  }
  if (at(TokenKind::Name) && ahead(1).kind == TokenKind::Name && textOf(ahead(1)) == "in" &&
      !isEnd(ahead(2))) {
    auto node = make<IndexVariableExpression>();
    node->variable = name("an index variable");
    take();
    node->values = rangeExpression();
    return finish(std::move(node), first);
  }
  ExpressionPtr begin;
  if (!at(TokenKind::Range)) {
    begin = expression();
    if (panicking || !at(TokenKind::Range))
      return begin;
  }
  auto node = make<RangeExpression>();
  node->begin = std::move(begin);
  take();
  if (!atEnd())
    node->end = sum();
  return finish(std::move(node), first);
}

bool Parser::startsReduction() const {
  return at(TokenKind::Name) && ahead(1).kind == TokenKind::LeftBracket &&
         !ahead(1).newlineBefore && isReducer(textOf(current()));
}

/// Whether the operand of a reduction begins here. A minus sign does not: `mean[i] - x` is a
/// difference.
bool Parser::startsOperand() const {
  if (lineEnds())
    return false;
  switch (current().kind) {
  case TokenKind::Integer:
  case TokenKind::Float:
  case TokenKind::Percent:
  case TokenKind::LeftParen:
  case TokenKind::If:
  case TokenKind::Where:
    return true;
  case TokenKind::Name:
    return !atWord("except") && !atWord("with");
  default:
    return false;
  }
}

// G30: `max[n](x)`, the bracket right behind, takes what is in the bracket; `sum[i] x[i] * w[i]`
// the whole product.
ExpressionPtr Parser::reduce() {
  Nested nested(*this);
  size_t first = position;
  if (!nested)
    return error(first);
  auto node = make<ReduceExpression>();
  node->reducer = name("a reduction");
  node->items = items(first);
  if (auto *last = node->items.size() > 1 ? as<NameExpression>(node->items.back()) : nullptr;
      last && last->name == "keep") {
    node->keep = true;
    node->items.pop_back();
  }
  bool adjacent = at(TokenKind::LeftParen) && current().begin == tokens[position - 1].end;
  if (adjacent)
    node->operand = parenthesised();
  else if (at(TokenKind::Where) && !lineEnds())
    node->operand = where(true);
  else if (startsOperand())
    node->operand = product();
  if (node->operand)
    for (const ExpressionPtr &item : node->items)
      if (!namesDimension(*item))
        diagnostics.report(Diag::ReductionIndex, item->range, node->reducer.text);
  return finish(std::move(node), first);
}

// G31: as the operand of a reduction, the value is a product.
ExpressionPtr Parser::where(bool asOperand) {
  Nested nested(*this);
  size_t first = position;
  if (!nested)
    return error(first);
  if (ExpressionPtr call = foreignWhere())
    return call;
  auto node = make<WhereExpression>();
  take();
  node->condition = unpiped();
  expect(TokenKind::Colon, "`where c: x` is x where c holds, and nothing elsewhere");
  if (panicking)
    node->value = error(position);
  else
    node->value = !asOperand ? unpiped() : at(TokenKind::Where) ? where(true) : product();
  return finish(std::move(node), first);
}

// G32
ExpressionPtr Parser::ifExpression() {
  Nested nested(*this);
  size_t first = position;
  if (!nested)
    return error(first);
  auto node = make<IfExpression>();
  take();
  node->condition = headerExpression();
  node->then = expectBlock();
  if (!panicking && takeIf(TokenKind::Else)) {
    if (at(TokenKind::If))
      node->orElse = ifExpression();
    else
      node->orElse = expectBlock();
  }
  return finish(std::move(node), first);
}

// G33
ExpressionPtr Parser::scan() {
  Nested nested(*this);
  size_t first = position;
  if (!nested)
    return error(first);
  auto node = make<ScanExpression>();
  std::vector<Identifier> names;
  take();
  do {
    ScanSource source;
    source.variable = name("the name of an element");
    checkDuplicate(source.variable, names);
    names.push_back(source.variable);
    expectWord("in");
    source.sequence = headerExpression();
    node->sources.push_back(std::move(source));
  } while (!panicking && takeIf(TokenKind::Comma));
  if (!panicking && atWord("with")) {
    do {
      take();
      ScanCarry carry;
      carry.name = name("the name of a carried value");
      checkDuplicate(carry.name, names);
      names.push_back(carry.name);
      expect(TokenKind::Assign);
      carry.initial = headerExpression();
      node->carries.push_back(std::move(carry));
    } while (!panicking && at(TokenKind::Comma));
  }
  Restored inside(around.inScan, true);
  node->body = expectBlock();
  return finish(std::move(node), first);
}

// G34
ExpressionPtr Parser::primary() {
  size_t first = position;
  switch (current().kind) {
  case TokenKind::Integer:
  case TokenKind::Float:
  case TokenKind::Percent:
    return number();
  case TokenKind::String: {
    auto node = make<StringLiteral>();
    node->value = stringValue(textOf(current()));
    take();
    return finish(std::move(node), first);
  }
  case TokenKind::True:
  case TokenKind::False: {
    auto node = make<BoolLiteral>();
    node->value = at(TokenKind::True);
    take();
    return finish(std::move(node), first);
  }
  case TokenKind::Name: {
    // `y = x +`, and the next line is a statement or a declaration of its own.
    if (lineEnds() && (startsStatement() || startsDeclaration(tokens, position, text)))
      break;
    if (atWord("lambda") && ahead(1).kind == TokenKind::Name && !ahead(1).newlineBefore) {
      foreign(here(), "lambda", suggestionFor(NameKind::Statement, "lambda", {}));
      return error(first);
    }
    auto node = make<NameExpression>();
    node->name = textOf(current());
    take();
    return finish(std::move(node), first);
  }
  case TokenKind::LeftParen:
    return parenthesised();
  case TokenKind::If:
    return ifExpression();
  case TokenKind::Scan:
    return scan();
  case TokenKind::LeftBracket:
    if (lineEnds())
      break;
    return foreignList();
  case TokenKind::LeftBrace:
    if (blocksAllowed)
      return block();
    break;
  default:
    break;
  }
  expectedExpression();
  return error(first);
}

/// A number that the lexer has refused is zero: an error has been reported.
ExpressionPtr Parser::number() {
  size_t first = position;
  Token token = current();
  std::string_view spelling = textOf(token);
  take();
  if (token.kind == TokenKind::Integer) {
    auto node = make<IntegerLiteral>();
    std::from_chars(spelling.data(), spelling.data() + spelling.size(), node->value);
    return finish(std::move(node), first);
  }
  auto node = make<FloatLiteral>();
  std::from_chars(spelling.data(), spelling.data() + spelling.size(), node->value);
  node->percent = token.kind == TokenKind::Percent;
  if (node->percent)
    node->value /= 100;
  return finish(std::move(node), first);
}

// G34, G35
ExpressionPtr Parser::parenthesised() {
  if (ahead(1).kind == TokenKind::Name && ahead(2).kind == TokenKind::Assign)
    return record();
  size_t first = position;
  Restored inside(insideBrackets, true);
  Restored blocks(blocksAllowed, true);
  take();
  if (takeIf(TokenKind::RightParen))
    return finish(make<ListExpression>(), first);
  ExpressionPtr value = expression();
  if (at(TokenKind::Comma) && !panicking)
    return listAfter(std::move(value), first);
  if (at(TokenKind::For) && !panicking)
    return comprehension(std::move(value), first);
  if (!at(TokenKind::RightParen))
    expected("`)`");
  closeAt(first);
  value->range = since(first); // with the brackets, so that ranges of larger expressions are whole
  return value;
}

// G35
ExpressionPtr Parser::listAfter(ExpressionPtr value, size_t first) {
  auto node = make<ListExpression>();
  node->elements.push_back(std::move(value));
  take();
  list(first, [&] {
    if (at(TokenKind::Name) && ahead(1).kind == TokenKind::Assign)
      expected("an expression", "either all parts have names, `(h = a, c = b)`, or none has");
    else
      node->elements.push_back(expression());
  });
  return finish(std::move(node), first);
}

// G35
ExpressionPtr Parser::comprehension(ExpressionPtr element, size_t first) {
  auto node = make<ComprehensionExpression>();
  node->element = std::move(element);
  take();
  node->variables = loopVariables();
  node->iterable = expression();
  if (!at(TokenKind::RightParen))
    expected("`)`");
  closeAt(first);
  return finish(std::move(node), first);
}

// G35
ExpressionPtr Parser::record() {
  size_t first = position;
  auto node = make<RecordExpression>();
  std::vector<Identifier> names;
  take();
  list(first, [&] {
    CallArgument field;
    field.name = name("the name of a part");
    checkDuplicate(field.name, names);
    names.push_back(field.name);
    expect(TokenKind::Assign);
    field.value = panicking ? error(position) : expression();
    node->fields.push_back(std::move(field));
  });
  return finish(std::move(node), first);
}

} // namespace nnc::lang
