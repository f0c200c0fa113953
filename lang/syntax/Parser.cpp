// The parser's machinery: tokens, errors, recovery; and the module, its top.
#include "lang/syntax/Parser.h"

#include "lang/syntax/ParserImpl.h"

#include <algorithm>

namespace nnc::lang {

std::unique_ptr<Module> parse(const SourceFile &file, Diagnostics &diagnostics) {
  return Parser(file, diagnostics).module();
}

// G2
std::unique_ptr<Module> Parser::module() {
  auto module = std::make_unique<Module>();
  module->file = &file;
  while (!at(TokenKind::End) && !giveUp()) {
    if (takeIf(TokenKind::Semicolon))
      continue;
    panicking = tooDeepReported = false;
    if (DeclarationPtr node = declaration())
      module->declarations.push_back(std::move(node));
    if (!panicking && !at(TokenKind::End) && !at(TokenKind::Semicolon) &&
        !current().newlineBefore) {
      auto report = lost(Diag::MissingSeparator, foundRange(), found());
      advise(report);
      panicking = !at(TokenKind::Name) || !isDeclarationWord(textOf(current()));
    }
    if (panicking)
      skipDeclaration();
  }
  return module;
}

void Parser::skipDeclaration() {
  while (!at(TokenKind::End)) {
    TokenKind next = ahead(1).kind;
    if (current().newlineBefore && at(TokenKind::Name) && isDeclarationWord(textOf(current())) &&
        next != TokenKind::Assign && next != TokenKind::Update && next != TokenKind::Dot)
      return;
    // Over brackets as a whole; a closing one is behind already.
    position = std::max<size_t>(position, current().partner);
    take();
  }
}

SourceRange Parser::since(size_t first) const {
  if (position <= first)
    return {&file, tokens[first].begin, tokens[first].begin};
  return {&file, tokens[first].begin, std::max(tokens[first].begin, tokens[position - 1].end)};
}

bool Parser::takeIf(TokenKind kind) {
  if (!at(kind))
    return false;
  take();
  return true;
}

bool Parser::expect(TokenKind kind, std::string_view help) {
  if (!panicking && takeIf(kind))
    return true;
  expected(fmt::format("`{}`", spelling(kind)), help);
  return false;
}

bool Parser::expectWord(std::string_view word) {
  if (!panicking && atWord(word)) {
    take();
    return true;
  }
  expected(fmt::format("`{}`", word));
  return false;
}

Identifier Parser::name(std::string_view what) {
  Identifier result{"", here()};
  if (panicking || !at(TokenKind::Name)) {
    bool reserved = current().kind >= TokenKind::If && current().kind <= TokenKind::False;
    expected(what, reserved ? fmt::format("`{}` is a word of the language; choose another name",
                                          textOf(current()))
                            : std::string());
    return result;
  }
  result.text = textOf(current());
  take();
  return result;
}

std::string Parser::shown(const Token &token) const {
  if (token.kind == TokenKind::End)
    return "the end of the file";
  std::string_view spelling = textOf(token);
  return spelling.size() > 40 ? fmt::format("`{}...`", spelling.substr(0, 37))
                              : fmt::format("`{}`", spelling);
}

std::string Parser::found() const {
  return lineEnds() && !at(TokenKind::End) ? "the end of the line" : shown(current());
}

SourceRange Parser::foundRange() const {
  if (position > 0 && (lineEnds() || at(TokenKind::End))) {
    uint32_t end = tokens[position - 1].end;
    return {&file, end, end};
  }
  return here();
}

void Parser::advise(DiagnosticBuilder &report) {
  if (lineEnds())
    return;
  if (std::string advice = foreignAdvice(); !advice.empty()) {
    report.help(std::move(advice));
    return;
  }
  switch (current().kind) {
  case TokenKind::Update:
    report.help("`<-` updates a state; to compare with a negative number, write `< -`");
    break;
  case TokenKind::Assign:
    report.help("to compare, write `==`");
    break;
  case TokenKind::Range:
    report.help("a range has both ends, as `0..n`; only an index leaves one out, as `x[1..]`");
    break;
  case TokenKind::For:
    report.help(
        "a loop has no value: bind a name before it, and anew in it, as in `y = x` and `for i "
        "in 0..3 { y = relu(y) }`");
    break;
  case TokenKind::Where:
    report.help("put round brackets round `where ...: ...`");
    break;
  case TokenKind::Colon:
    report.help("types are written for inputs, settings, results, `param`, `state` and the fields "
                "of `data`");
    break;
  default:
    break;
  }
}

void Parser::expected(std::string_view what, std::string_view help) {
  auto report = lost(Diag::ExpectedToken, foundRange(), what, found());
  if (help.empty())
    advise(report);
  else
    report.help(std::string(help));
}

void Parser::expectedExpression() {
  TokenKind kind = current().kind;
  bool isOperator = (kind >= TokenKind::Equal && kind <= TokenKind::At) || kind == TokenKind::And ||
                    kind == TokenKind::Or;
  if (kind == TokenKind::Dot && lineEnds()) {
    std::string part = sourceOf(position + 1, endOfStatement(position + 1));
    if (part.ends_with("()"))
      part.resize(part.size() - 2);
    lost(Diag::LeadingOperator, here(), textOf(current()))
        .help(fmt::format("a pipe goes on with `|>`: `|> {}`", part.empty() ? "relu" : part));
    return;
  }
  if (isOperator && lineEnds()) {
    lost(Diag::LeadingOperator, here(), textOf(current())).help(leadingOperatorHelp);
    return;
  }
  auto report = lost(Diag::ExpectedExpression, foundRange(), found());
  advise(report);
}

void Parser::tooDeep(SourceRange range, uint32_t limit) {
  if (!std::exchange(tooDeepReported, true))
    lost(Diag::NestingTooDeep, range, limit).help("give a part of it a name of its own");
  panicking = true;
}

void Parser::closeAt(size_t opener) {
  position = tokens[opener].partner + 1;
  panicking = false;
}

bool Parser::giveUp() {
  if (!diagnostics.full())
    return false;
  position = tokens.size() - 1;
  return true;
}

void Parser::skipStatement() {
  while (!at(TokenKind::End)) {
    switch (current().kind) {
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
    case TokenKind::RightBrace:
    case TokenKind::Semicolon:
      return;
    case TokenKind::Comma:
      if (around.commas())
        return;
      break;
    case TokenKind::LeftParen:
    case TokenKind::LeftBracket:
    case TokenKind::LeftBrace:
      position = current().partner;
      break;
    default:
      break;
    }
    take();
    if (current().newlineBefore)
      return;
  }
}

void Parser::separator() {
  if (panicking) {
    if (!current().newlineBefore)
      skipStatement();
    panicking = false;
  }
  if (at(TokenKind::RightBrace) || at(TokenKind::End))
    return;
  if (takeIf(TokenKind::Semicolon) || (around.commas() && takeIf(TokenKind::Comma)) ||
      current().newlineBefore)
    return;
  if (!(at(TokenKind::Name) && foreignWord())) {
    auto report = lost(Diag::MissingSeparator, foundRange(), found());
    advise(report);
  }
  skipStatement();
  panicking = false;
  if (!takeIf(TokenKind::Semicolon) && around.commas())
    takeIf(TokenKind::Comma);
}

void Parser::checkDuplicate(const Identifier &name, const std::vector<Identifier> &earlier) {
  if (name.text.empty())
    return;
  for (const Identifier &other : earlier)
    if (other.text == name.text) {
      diagnostics.report(Diag::DuplicateName, name.range, name.text)
          .label(other.range, "first here");
      return;
    }
}

} // namespace nnc::lang
