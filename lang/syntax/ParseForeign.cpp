// Recognises the notation of Python and C, reports how it is written in nnc, and resumes parsing
// behind it, so that one habit causes one error.
#include "lang/syntax/ParserImpl.h"

#include <algorithm>

namespace nnc::lang {

namespace {

/// Whether two tokens are written as one.
bool adjacent(const Token &left, const Token &right) {
  return left.end == right.begin && !right.newlineBefore;
}

bool isArithmetic(TokenKind kind) { return kind >= TokenKind::Plus && kind <= TokenKind::At; }

} // namespace

std::string Parser::sourceOf(size_t first, size_t last) const {
  constexpr size_t longest = 80;
  if (first >= last || last > tokens.size())
    return {};
  std::string_view source =
      text.substr(tokens[first].begin, tokens[last - 1].end - tokens[first].begin);
  return source.size() > longest || source.find('\n') != std::string_view::npos
             ? std::string()
             : std::string(source);
}

size_t Parser::endOfStatement(size_t first) const {
  size_t i = first;
  while (tokens[i].kind != TokenKind::End && tokens[i].kind != TokenKind::Semicolon &&
         tokens[i].kind != TokenKind::RightParen && tokens[i].kind != TokenKind::RightBracket &&
         tokens[i].kind != TokenKind::RightBrace && (i == first || !tokens[i].newlineBefore))
    i = std::max<size_t>(i, tokens[i].partner) + 1;
  return i;
}

void Parser::foreign(SourceRange range, std::string_view shown, const std::string &help) {
  auto report = lost(Diag::ForeignNotation, range, shown);
  if (!help.empty())
    report.help(help);
}

std::string Parser::headerText() const {
  size_t first = position;
  while (first > 0 && !tokens[first].newlineBefore)
    --first;
  // The line ends before the current token: the header is on the one before.
  if (first == position)
    for (--first; first > 0 && !tokens[first].newlineBefore;)
      --first;
  return sourceOf(first, position);
}

void Parser::expectedBlock() {
  if (panicking)
    return;
  std::string header = headerText(), help;
  bool colon = at(TokenKind::Colon);
  bool body = !lineEnds() && !colon && !at(TokenKind::Assign) && !at(TokenKind::Error) &&
              !at(TokenKind::End) && position > 0 &&
              tokens[position - 1].kind == TokenKind::RightParen;
  size_t choice = position; // the `if` of `if c then a else b`
  if (atWord("then"))
    while (choice > 0 && tokens[choice].kind != TokenKind::If && !tokens[choice].newlineBefore)
      --choice;
  if (atWord("is"))
    help = "to compare, write `==`";
  else if (tokens[choice].kind == TokenKind::If && choice < position) {
    size_t end = endOfStatement(position), other = position;
    while (other < end && tokens[other].kind != TokenKind::Else)
      ++other;
    help = fmt::format("a block stands in braces: `{} {{ {} }}", sourceOf(choice, position),
                       sourceOf(position + 1, other));
    help += other < end ? fmt::format(" else {{ {} }}`", sourceOf(other + 1, end)) : "`";
  } else if (at(TokenKind::Assign) && around.declaration == DeclarationKind::Callable &&
             header.find("->") != std::string::npos)
    help = fmt::format("write `{} {{ {} }}`", header,
                       sourceOf(position + 1, endOfStatement(position + 1)));
  else if (!header.empty() && (colon || lineEnds() || at(TokenKind::End)))
    help = fmt::format("a block stands in braces: `{} {{ ... }}`", header);
  else if (std::string rest = sourceOf(position, endOfStatement(position));
           body && !header.empty() && !rest.empty())
    help = fmt::format("a block stands in braces: `{} {{ {} }}`", header, rest);
  pythonBlocks |= colon;
  expected("`{`", help);
}

bool Parser::foreignWord(bool silent) {
  const Token &next = ahead(1);
  if (next.newlineBefore)
    return false;
  bool binds = next.kind == TokenKind::Assign || next.kind == TokenKind::Update ||
               next.kind == TokenKind::Comma;
  bool follows = next.kind == TokenKind::Name || next.kind == TokenKind::Integer ||
                 next.kind == TokenKind::Float || next.kind == TokenKind::String ||
                 next.kind == TokenKind::True || next.kind == TokenKind::False ||
                 next.kind == TokenKind::If || next.kind == TokenKind::Not;
  std::string_view word = textOf(current());
  const Synonym *synonym = findSynonym(NameKind::Statement, word, {});
  if (!synonym || binds)
    return false;
  bool opensBlock = word == "while" || word == "elif" || word == "elseif" || word == "try";
  follows |= word == "return" && !next.newlineBefore && next.kind != TokenKind::Dot;
  if (!silent && pythonBlocks && (word == "elif" || word == "elseif")) {
    // Of the `if` that has been reported.
    panicking = true;
    return true;
  }
  if (!follows &&
      !(opensBlock && (next.kind == TokenKind::LeftParen || next.kind == TokenKind::Colon)))
    return false;
  bool readsOn = !synonym->notation.empty();
  if (!silent) {
    std::string rest = sourceOf(position + 1, endOfStatement(position + 1));
    std::string_view arguments[] = {rest};
    foreign(here(), word,
            suggestionFor(NameKind::Statement, word, {},
                          std::span(arguments).first(rest.empty() ? 0 : 1)));
  }
  pythonBlocks |= opensBlock;
  if (readsOn) {
    take();
    panicking = false;
  } else {
    skipIndented();
  }
  return true;
}

void Parser::skipIndented() {
  size_t end = endOfStatement(position);
  if (tokens[end - 1].kind != TokenKind::Colon || !tokens[end].newlineBefore)
    return;
  uint32_t column = here().start().column;
  while (tokens[end].kind != TokenKind::End && tokens[end].kind != TokenKind::RightBrace &&
         rangeOf(tokens[end]).start().column > column)
    end = std::max(endOfStatement(end), end + 1);
  position = end;
}

StatementPtr Parser::foreignStatement() {
  size_t first = position;
  // An `else` on a line of its own, behind a block that had a colon or a word of its own.
  if (at(TokenKind::Else)) {
    if (!std::exchange(pythonBlocks, false))
      foreign(here(), "else",
              "`else` stands on the line on which the block before it ends: `} else {`");
    panicking = true;
    return expressionOf(error(first), first);
  }
  for (bool silent = false; at(TokenKind::Name) && foreignWord(silent); silent = true)
    if (panicking)
      return expressionOf(error(first), first);
  if (!at(TokenKind::Name))
    return nullptr;
  std::string name(textOf(current()));
  const Token &second = ahead(1), &third = ahead(2);
  if (second.newlineBefore)
    return nullptr;
  auto bind = [&](size_t skipped) -> StatementPtr {
    auto node = std::make_unique<BindingStatement>();
    node->names.push_back({name, here()});
    position += skipped;
    panicking = false;
    node->value = expression();
    return finishStatement(std::move(node), first);
  };
  auto valueFrom = [&](size_t skipped) {
    return sourceOf(position + skipped, endOfStatement(position + skipped));
  };
  SourceRange both = rangeOf(second).to(rangeOf(third));
  // x += 1
  if (isArithmetic(second.kind) && third.kind == TokenKind::Assign && adjacent(second, third)) {
    foreign(both, both.text(),
            fmt::format("write `{0} = {0} {1} {2}`", name, textOf(second), valueFrom(3)));
    return bind(3);
  }
  // i++
  if ((second.kind == TokenKind::Plus || second.kind == TokenKind::Minus) &&
      third.kind == second.kind && adjacent(second, third) &&
      endOfStatement(position) <= position + 3) {
    foreign(both, both.text(), fmt::format("write `{0} = {0} {1} 1`", name, textOf(second)));
    position += 3;
    panicking = false;
    return expressionOf(error(first), first);
  }
  // x := y
  if (second.kind == TokenKind::Colon && third.kind == TokenKind::Assign &&
      adjacent(second, third)) {
    foreign(both, ":=", fmt::format("write `{} = {}`", name, valueFrom(3)));
    return bind(3);
  }
  // x: float[8] = y
  if (second.kind == TokenKind::Colon && third.kind == TokenKind::Name) {
    size_t end = endOfStatement(position), equals = position;
    while (equals < end && tokens[equals].kind != TokenKind::Assign)
      equals = std::max<size_t>(equals, tokens[equals].partner) + 1;
    if (equals < end) {
      lost(Diag::MissingSeparator, rangeOf(second), shown(second))
          .help(fmt::format("a binding has no type: write `{} = {}`", name,
                            sourceOf(equals + 1, end)));
      return bind(equals + 1 - position);
    }
  }
  return nullptr;
}

StatementPtr Parser::expressionOf(ExpressionPtr value, size_t first) {
  auto node = std::make_unique<ExpressionStatement>();
  node->value = std::move(value);
  return finishStatement(std::move(node), first);
}

std::string Parser::sliceInOurNotation(size_t opener, std::string &step) const {
  std::string result;
  size_t closer = tokens[opener].partner;
  for (size_t i = opener + 1; i < closer;) {
    size_t end = i;
    std::vector<size_t> colons;
    for (; end < closer && tokens[end].kind != TokenKind::Comma;
         end = std::max<size_t>(end, tokens[end].partner) + 1)
      if (tokens[end].kind == TokenKind::Colon)
        colons.push_back(end);
    std::string item;
    if (colons.empty()) {
      item = end > i ? text.substr(tokens[i].begin, tokens[end - 1].end - tokens[i].begin) : "";
      if (item == "None" || item == "np.newaxis")
        item = "new";
    } else {
      size_t last = colons.size() > 1 ? colons[1] : end;
      if (colons.size() > 1)
        step = sourceOf(colons[1] + 1, end);
      std::string begin = sourceOf(i, colons[0]), limit = sourceOf(colons[0] + 1, last);
      item = (begin == "0" ? "" : begin) + ".." + limit;
    }
    result += (result.empty() ? "" : ", ") + item;
    i = end + 1;
  }
  return result;
}

void Parser::foreignSlice(size_t first, size_t opener) {
  size_t colon = position;
  std::string step, items = sliceInOurNotation(opener, step), base = sourceOf(first, opener);
  auto report = lost(Diag::SliceColon, rangeOf(tokens[colon]));
  if (items == ".." && step == "-1")
    report.help(fmt::format("write `reverse({})`", base.empty() ? "x" : base));
  else if (!step.empty())
    report.help(fmt::format("`y[i] = {}[2 * i]` takes every second element",
                            base.size() < 40 && !base.empty() ? base : "x"));
  else if (base.size() + items.size() < 80)
    report.help(fmt::format("write `{}[{}]`", base, items));
}

ExpressionPtr Parser::foreignWhere() {
  size_t opener = position + 1;
  if (tokens[opener].kind != TokenKind::LeftParen)
    return nullptr;
  size_t closer = tokens[opener].partner;
  if (tokens[closer + 1].kind == TokenKind::Colon)
    return nullptr;
  std::vector<std::string> parts;
  size_t begin = opener + 1;
  for (size_t i = begin; i <= closer; i = std::max<size_t>(i, tokens[i].partner) + 1) {
    if (i != closer && tokens[i].kind == TokenKind::Colon)
      return nullptr;
    if (i == closer || tokens[i].kind == TokenKind::Comma) {
      parts.push_back(sourceOf(begin, i));
      begin = i + 1;
    }
    if (i == closer)
      break;
  }
  if (parts.size() < 2)
    return nullptr;
  size_t first = position;
  auto report = lost(Diag::ForeignNotation, here(), "where(...)");
  if (parts.size() >= 3 && !parts[0].empty() && !parts[1].empty() && !parts[2].empty())
    report.help(fmt::format("write `if {0} {{ {1} }} else {{ {2} }}` or `select({0}, {1}, {2})`",
                            parts[0], parts[1], parts[2]));
  position = closer + 1;
  panicking = false;
  return error(first);
}

ExpressionPtr Parser::foreignList() {
  size_t first = position, closer = current().partner;
  std::string inside = sourceOf(first + 1, closer);
  bool comprehension = false, comma = false;
  for (size_t i = first + 1; i < closer; i = std::max<size_t>(i, tokens[i].partner) + 1) {
    comprehension |= tokens[i].kind == TokenKind::For;
    comma |= tokens[i].kind == TokenKind::Comma;
  }
  auto report = lost(Diag::ExpectedExpression, here(), shown(current()));
  if (!inside.empty() || closer == first + 1)
    report.help(fmt::format("a list stands in round brackets: `({}{})`", inside,
                            inside.empty() || comma || comprehension ? "" : ","));
  else
    report.help("a list stands in round brackets: `(a, b)`");
  position = closer + 1;
  panicking = false;
  return error(first);
}

ExpressionPtr Parser::foreignChoice(ExpressionPtr value, size_t first) {
  size_t end = endOfStatement(position), otherwise = position;
  while (otherwise < end && tokens[otherwise].kind != TokenKind::Else) {
    if (tokens[otherwise].kind == TokenKind::LeftBrace)
      return value;
    otherwise = std::max<size_t>(otherwise, tokens[otherwise].partner) + 1;
  }
  if (otherwise >= end)
    return value;
  auto report = lost(Diag::MissingSeparator, here(), found());
  std::string condition = sourceOf(position + 1, otherwise),
              other = sourceOf(otherwise + 1, std::max(end, otherwise + 1));
  report.help(fmt::format("write `if {} {{ {} }} else {{ {} }}`", condition,
                          sourceOf(first, position), other));
  panicking = false;
  position = otherwise + 1;
  return expression();
}

std::string Parser::foreignAdvice() const {
  if (lineEnds() || position == 0)
    return {};
  const Token &before = tokens[position - 1], &now = current(), &next = ahead(1);
  if (now.kind == TokenKind::Assign && isArithmetic(before.kind) && adjacent(before, now))
    return fmt::format("nnc has no operator `{}=`: write the whole, as in `x = x {} 1`",
                       textOf(before), textOf(before));
  bool arrow =
      now.kind == TokenKind::Arrow ||
      (now.kind == TokenKind::Assign && next.kind == TokenKind::Greater && adjacent(now, next));
  if (arrow)
    return "functions are declared outside: `fn scaled(x: float[...], factor: float) -> float[...] "
           "{ x * factor }`";
  if (now.kind == TokenKind::Comma)
    return "a list stands in round brackets: `(a, b)`";
  if (now.kind == TokenKind::String && before.kind == TokenKind::Name && adjacent(before, now))
    return fmt::format("write {}", textOf(now));
  return {};
}

} // namespace nnc::lang
