// Expressions, from the loosest operators to the tightest. The numbers are the rules of
// docs/language.md.
#include "lang/syntax/ASTWalk.h"
#include "lang/syntax/ParserImpl.h"

#include <algorithm>

namespace nnc::lang {

ExpressionPtr Parser::error(size_t first) {
  auto node = make<ErrorExpression>();
  node->range = since(first);
  return node;
}

ExpressionPtr Parser::finish(ExpressionPtr node, size_t first) {
  node->range = since(first);
  uint32_t below = 0;
  forEachChild(*node, [&](const Expression &child) { below = std::max(below, child.height); });
  node->height = below + 1;
  if (node->height <= maximumHeight)
    return node;
  tooDeep(rangeOf(tokens[first]), maximumHeight);
  return error(first);
}

ExpressionPtr Parser::binary(BinaryOperator op, const Token &token, ExpressionPtr left,
                             ExpressionPtr right, size_t first) {
  auto node = make<BinaryExpression>();
  node->op = op;
  node->operatorRange = rangeOf(token);
  node->left = std::move(left);
  node->right = std::move(right);
  return finish(std::move(node), first);
}

// G20
ExpressionPtr Parser::expression() {
  Nested nested(*this);
  size_t first = position;
  if (!nested)
    return error(first);
  ExpressionPtr value = exceptExpression();
  // `(f(x) for x in xs)` has a name behind `for`.
  auto byPath = [&] {
    return !panicking && !lineEnds() && at(TokenKind::For) && ahead(1).kind == TokenKind::String;
  };
  if (!byPath())
    return value;
  auto node = make<ByPathExpression>();
  do {
    take();
    ByPathExpression::Case &one = node->cases.emplace_back();
    one.value = std::move(value);
    one.patterns.push_back(pattern(one.patterns));
    while (at(TokenKind::Comma) && ahead(1).kind == TokenKind::String) {
      take();
      one.patterns.push_back(pattern(one.patterns));
    }
    bool more = at(TokenKind::Comma) &&
                !(ahead(1).kind == TokenKind::Name && ahead(2).kind == TokenKind::Assign);
    if (!more)
      expected("`,` and the value for all other parameters",
               "a value for some parameters is followed by that for the others: "
               "`1e-5 for \"trunk.*\", 1e-3`");
    else
      take();
    value = more ? exceptExpression() : error(position);
  } while (byPath());
  node->otherwise = std::move(value);
  return finish(std::move(node), first);
}

ExpressionPtr Parser::headerExpression() {
  Restored blocks(blocksAllowed, false);
  return expression();
}

/// The name of parameters, or a pattern of their paths in quotes.
Identifier Parser::pattern(const std::vector<Identifier> &earlier) {
  Identifier result;
  if (at(TokenKind::String) && stringValue(textOf(current())).empty()) {
    expected("the name of a parameter, or a pattern such as \"trunk.*\"");
  } else if (at(TokenKind::String)) {
    result = {stringValue(textOf(current())), here()};
    take();
  } else {
    result = name("the name of a parameter");
  }
  checkDuplicate(result, earlier);
  return result;
}

ExpressionPtr Parser::exceptExpression() {
  size_t first = position;
  ExpressionPtr value = pipeline();
  if (!panicking && !lineEnds() && at(TokenKind::If))
    return foreignChoice(std::move(value), first);
  if (panicking || lineEnds() || !atWord("except"))
    return value;
  auto node = make<ExceptExpression>();
  node->value = std::move(value);
  take();
  node->patterns.push_back(pattern(node->patterns));
  // `decay = 0.1 except bias, rate = 1`: the list ends before a name with an equals sign.
  while (!panicking && at(TokenKind::Comma) &&
         (ahead(1).kind == TokenKind::String ||
          (ahead(1).kind == TokenKind::Name && ahead(2).kind != TokenKind::Assign))) {
    take();
    node->patterns.push_back(pattern(node->patterns));
  }
  return finish(std::move(node), first);
}

// G21. The one operator that also goes on at the start of a line.
ExpressionPtr Parser::pipeline() {
  size_t first = position;
  ExpressionPtr value = unpiped();
  while (!panicking && at(TokenKind::Pipe)) {
    auto node = make<PipeExpression>();
    node->operatorRange = here();
    take();
    node->value = std::move(value);
    node->stage = unpiped();
    value = finish(std::move(node), first);
  }
  return value;
}

// G22
ExpressionPtr Parser::unpiped() {
  if (at(TokenKind::Where))
    return where(false);
  size_t first = position;
  auto conjunction = [](Parser &parser) {
    return parser.leftAssociative(&Parser::notExpression, [](TokenKind kind) {
      return kind == TokenKind::And ? std::optional(BinaryOperator::And) : std::nullopt;
    });
  };
  ExpressionPtr left = conjunction(*this);
  while (!panicking && !lineEnds() && at(TokenKind::Or)) {
    Token token = current();
    take();
    ExpressionPtr right = conjunction(*this);
    left = binary(BinaryOperator::Or, token, std::move(left), std::move(right), first);
  }
  return left;
}

ExpressionPtr Parser::notExpression() {
  if (!at(TokenKind::Not))
    return comparison();
  Nested nested(*this);
  size_t first = position;
  if (!nested)
    return error(first);
  auto node = make<UnaryExpression>();
  node->op = UnaryOperator::Not;
  take();
  node->operand = notExpression();
  return finish(std::move(node), first);
}

// G23
ExpressionPtr Parser::comparison() {
  auto operators = [](TokenKind kind) -> std::optional<BinaryOperator> {
    switch (kind) {
    case TokenKind::Equal:
      return BinaryOperator::Equal;
    case TokenKind::NotEqual:
      return BinaryOperator::NotEqual;
    case TokenKind::Less:
      return BinaryOperator::Less;
    case TokenKind::LessEqual:
      return BinaryOperator::LessEqual;
    case TokenKind::Greater:
      return BinaryOperator::Greater;
    case TokenKind::GreaterEqual:
      return BinaryOperator::GreaterEqual;
    default:
      return std::nullopt;
    }
  };
  size_t first = position;
  ExpressionPtr left = rangeExpression();
  std::optional<SourceRange> earlier;
  while (!panicking && !lineEnds()) {
    std::optional<BinaryOperator> op = operators(current().kind);
    if (!op)
      break;
    Token token = current();
    TokenKind second = ahead(1).begin == token.end ? ahead(1).kind : TokenKind::End;
    if ((op == BinaryOperator::Less && second == TokenKind::Greater) ||
        ((op == BinaryOperator::Equal || op == BinaryOperator::NotEqual) &&
         second == TokenKind::Assign)) {
      SourceRange both = rangeOf(token).to(rangeOf(ahead(1)));
      foreign(both, both.text(), op == BinaryOperator::Equal ? "write `==`" : "write `!=`");
      panicking = false;
      take();
    }
    if (earlier)
      diagnostics.report(Diag::ChainedComparison, rangeOf(token))
          .label(*earlier, "the first comparison")
          .help("join two comparisons with `and`");
    earlier = rangeOf(token);
    take();
    ExpressionPtr right = rangeExpression();
    left = binary(*op, token, std::move(left), std::move(right), first);
  }
  return left;
}

// G24. Both ends; an index may leave one out (see item).
ExpressionPtr Parser::rangeExpression() {
  size_t first = position;
  ExpressionPtr begin = sum();
  if (panicking || lineEnds() || !at(TokenKind::Range))
    return begin;
  TokenKind next = ahead(1).kind;
  if (next == TokenKind::RightBracket || next == TokenKind::Comma)
    return begin;
  auto node = make<RangeExpression>();
  take();
  node->begin = std::move(begin);
  node->end = sum();
  return finish(std::move(node), first);
}

// G25
ExpressionPtr Parser::sum() {
  return leftAssociative(&Parser::product, [](TokenKind kind) -> std::optional<BinaryOperator> {
    switch (kind) {
    case TokenKind::Plus:
      return BinaryOperator::Add;
    case TokenKind::Minus:
      return BinaryOperator::Subtract;
    default:
      return std::nullopt;
    }
  });
}

ExpressionPtr Parser::product() {
  return leftAssociative(&Parser::unary, [](TokenKind kind) -> std::optional<BinaryOperator> {
    switch (kind) {
    case TokenKind::Star:
      return BinaryOperator::Multiply;
    case TokenKind::Slash:
      return BinaryOperator::Divide;
    case TokenKind::Percentage:
      return BinaryOperator::Remainder;
    case TokenKind::At:
      return BinaryOperator::MatrixMultiply;
    default:
      return std::nullopt;
    }
  });
}

// G26: `-x^2` is `-(x^2)`, and an exponent may be negative.
ExpressionPtr Parser::unary() {
  if (!at(TokenKind::Minus))
    return power();
  Nested nested(*this);
  size_t first = position;
  if (!nested)
    return error(first);
  auto node = make<UnaryExpression>();
  node->op = UnaryOperator::Negate;
  take();
  node->operand = unary();
  return finish(std::move(node), first);
}

ExpressionPtr Parser::power() {
  size_t first = position;
  ExpressionPtr base = postfix();
  bool stars =
      at(TokenKind::Star) && ahead(1).kind == TokenKind::Star && ahead(1).begin == current().end;
  if (panicking || lineEnds() || !(at(TokenKind::Caret) || stars))
    return base;
  Nested nested(*this);
  if (!nested)
    return error(first);
  Token token = current();
  size_t operation = position;
  position += stars ? 2 : 1;
  ExpressionPtr exponent = unary();
  if (stars && !panicking) {
    foreign(rangeOf(token).to(rangeOf(tokens[operation + 1])), "**",
            fmt::format("write `{}^{}`", sourceOf(first, operation),
                        sourceOf(operation + 2, position)));
    panicking = false;
  }
  return binary(BinaryOperator::Power, token, std::move(base), std::move(exponent), first);
}

// G27
ExpressionPtr Parser::postfix() {
  size_t first = position;
  bool blockLike = at(TokenKind::If) || at(TokenKind::Scan) || at(TokenKind::LeftBrace);
  ExpressionPtr value = startsReduction() ? reduce() : primary();
  while (!panicking && !lineEnds() && !blockLike) {
    if (at(TokenKind::LeftParen)) {
      value = call(std::move(value), first);
    } else if (at(TokenKind::LeftBracket)) {
      value = index(std::move(value), first);
    } else if (at(TokenKind::Dot)) {
      take();
      auto node = make<MemberExpression>();
      node->base = std::move(value);
      // A reserved word is no part of any value: that it is not there will be the error.
      if (current().kind >= TokenKind::If && current().kind <= TokenKind::False) {
        node->member = {std::string(textOf(current())), here()};
        take();
      } else {
        node->member = name("a name after `.`");
      }
      value = finish(std::move(node), first);
    } else {
      break;
    }
  }
  return value;
}

// G28
ExpressionPtr Parser::call(ExpressionPtr callee, size_t first) {
  auto node = make<CallExpression>();
  node->callee = std::move(callee);
  size_t opener = position;
  node->arguments = arguments();
  node->argumentsRange = since(opener);
  if (blocksAllowed && !lineEnds() && at(TokenKind::LeftBrace))
    node->block = block();
  return finish(std::move(node), first);
}

std::vector<CallArgument> Parser::arguments() {
  std::vector<CallArgument> result;
  std::vector<Identifier> names;
  bool misplaced = false;
  size_t opener = position;
  take();
  list(opener, [&] {
    CallArgument argument;
    if (at(TokenKind::Name) && ahead(1).kind == TokenKind::Assign) {
      argument.name = name("a name");
      take();
      checkDuplicate(argument.name, names);
      names.push_back(argument.name);
      argument.value = expression();
    } else {
      argument.value = expression();
      if (!names.empty() && argument.value->kind != ExpressionKind::Error &&
          !std::exchange(misplaced, true))
        diagnostics.report(Diag::PositionalAfterNamed, argument.value->range)
            .label(names.back().range, "named argument before it")
            .help(fmt::format("`=` gives an argument by name; to compare, write `{} == ...`",
                              names.back().text));
    }
    result.push_back(std::move(argument));
  });
  return result;
}

ExpressionPtr Parser::index(ExpressionPtr base, size_t first) {
  auto node = make<IndexExpression>();
  node->base = std::move(base);
  node->items = items(first);
  return finish(std::move(node), first);
}

} // namespace nnc::lang
