// Implements the repair of brackets: inserts the fewest that let the rest of a file be parsed.
#include "lang/syntax/Lexer.h"

#include <algorithm>

namespace nnc::lang {

namespace {

TokenKind closerOf(TokenKind opener) {
  return opener == TokenKind::LeftParen     ? TokenKind::RightParen
         : opener == TokenKind::LeftBracket ? TokenKind::RightBracket
                                            : TokenKind::RightBrace;
}

bool isOpener(TokenKind kind) {
  return kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket ||
         kind == TokenKind::LeftBrace;
}

bool isCloser(TokenKind kind) {
  return kind == TokenKind::RightParen || kind == TokenKind::RightBracket ||
         kind == TokenKind::RightBrace;
}

/// Whether an expression must go on after this token, so that a line end there means nothing.
bool leavesOpen(TokenKind kind) {
  return isOpener(kind) || kind == TokenKind::Comma || kind == TokenKind::Colon ||
         (kind >= TokenKind::Arrow && kind <= TokenKind::At) ||
         (kind >= TokenKind::And && kind <= TokenKind::Not);
}

class Balancer {
public:
  Balancer(std::vector<Token> tokens, const SourceFile &file, Diagnostics &diagnostics)
      : tokens(std::move(tokens)), file(file), diagnostics(diagnostics),
        resume(this->tokens.size()), dropped(this->tokens.size()) {}

  std::vector<Token> run() {
    for (size_t i = 0; i < tokens.size(); ++i) {
      TokenKind kind = tokens[i].kind;
      if (kind == TokenKind::End ||
          (startsDeclaration(tokens, i, file.text()) && !(isIndented(i) && counts.size() > 1)))
        close(0, i);
      if (isOpener(kind))
        open(i);
      else if (isCloser(kind))
        closeWith(i);
    }
    return rebuild();
  }

private:
  /// Then it is rather a declaration in a block, which is an error of its own, than the first one
  /// behind a block that is not closed.
  bool isIndented(size_t i) const {
    uint32_t begin = tokens[i].begin;
    return begin > 0 && file.text()[begin - 1] != '\n';
  }

  struct Insertion {
    size_t position; // before the token of this index
    TokenKind kind;
  };
  /// How many brackets of each kind are open above the innermost open brace; braces are counted in
  /// all.
  struct Counts {
    size_t parens = 0, brackets = 0;
  };

  void open(size_t i) {
    stack.push_back(i);
    switch (tokens[i].kind) {
    case TokenKind::LeftParen:
      ++counts.back().parens;
      break;
    case TokenKind::LeftBracket:
      ++counts.back().brackets;
      break;
    default:
      counts.emplace_back();
    }
  }

  void pop() {
    switch (tokens[stack.back()].kind) {
    case TokenKind::LeftParen:
      --counts.back().parens;
      break;
    case TokenKind::LeftBracket:
      --counts.back().brackets;
      break;
    default:
      counts.pop_back();
    }
    stack.pop_back();
  }

  /// A closing bracket closes the innermost open one of its kind; `)` and `]` do not reach across a
  /// brace.
  void closeWith(size_t i) {
    TokenKind kind = tokens[i].kind;
    size_t candidates = kind == TokenKind::RightParen     ? counts.back().parens
                        : kind == TokenKind::RightBracket ? counts.back().brackets
                                                          : counts.size() - 1;
    if (candidates == 0) {
      diagnostics.report(Diag::StrayBracket, range(i), spelling(kind));
      dropped[i] = true;
      return;
    }
    size_t depth = stack.size();
    while (closerOf(tokens[stack[depth - 1]].kind) != kind)
      --depth;
    close(depth, i);
    resume[stack.back()] = i + 1;
    pop();
  }

  /// Closes everything above `depth` at the token `current`, which cannot stand inside. Of brackets
  /// that end at one place the outermost is reported.
  void close(size_t depth, size_t current) {
    size_t innerIndex = tokens.size(), innerPosition = current;
    while (stack.size() > depth) {
      size_t index = stack.back();
      TokenKind kind = tokens[index].kind;
      bool brace = kind == TokenKind::LeftBrace;
      size_t position = brace ? current : lineEnd(index, current, innerIndex, innerPosition);
      insertions.push_back({position, closerOf(kind)});
      resume[index] = position;
      bool outermost = stack.size() - 1 == depth ||
                       (tokens[stack[stack.size() - 2]].kind == TokenKind::LeftBrace) != brace;
      if (!outermost && !brace)
        outermost = lineEnd(stack[stack.size() - 2], current, index, position) != position;
      // Behind a string without an end: its closing bracket may be in the string.
      if (outermost && !tokens[position - 1].unterminated) {
        auto report = diagnostics.report(Diag::UnclosedBracket, range(index), spelling(kind));
        if (SourceRange comment = hidingComment(position, kind); comment.valid())
          report.label(comment, "this begins a comment")
              .help(
                  "a quotient is written `/` and is whole where it comes out even; `floor(a / b)` "
                  "rounds it down");
        else
          report.help(fmt::format("close it with `{}`", spelling(closerOf(kind))));
      }
      innerIndex = index;
      innerPosition = position;
      pop();
    }
  }

  /// The comment at the place where a bracket ends, if it has the closing bracket in it:
  /// `dense(n // 2)`.
  SourceRange hidingComment(size_t position, TokenKind kind) const {
    std::string_view text = file.text();
    size_t begin = text.find_first_not_of(" \t", tokens[position - 1].end);
    if (kind == TokenKind::LeftBrace || begin == std::string_view::npos ||
        text.substr(begin, 2) != "//")
      return {};
    std::string_view comment = text.substr(begin, text.find('\n', begin) - begin);
    char opener = kind == TokenKind::LeftParen ? '(' : '[', closer = opener == '(' ? ')' : ']';
    return std::ranges::count(comment, closer) > std::ranges::count(comment, opener)
               ? SourceRange{&file, uint32_t(begin), uint32_t(begin + 2)}
               : SourceRange{};
  }

  /// Where the line that an open bracket stands on ends, lines that go on included; at most
  /// `limit`. The place behind an inner bracket that is not closed either is known already.
  size_t lineEnd(size_t index, size_t limit, size_t innerIndex, size_t innerPosition) {
    for (size_t i = index + 1; i < limit; ++i) {
      const Token &token = tokens[i];
      if (token.newlineBefore && !leavesOpen(tokens[i - 1].kind) && token.kind != TokenKind::Pipe &&
          token.kind != TokenKind::Comma && !isCloser(token.kind))
        return i;
      if (i == innerIndex)
        return std::max(innerPosition, i);
      if (resume[i] > i)
        i = resume[i] - 1;
    }
    return limit;
  }

  std::vector<Token> rebuild() {
    // Inner brackets were recorded before outer ones, and close before them where the position is
    // the same.
    std::stable_sort(
        insertions.begin(), insertions.end(),
        [](const Insertion &a, const Insertion &b) { return a.position < b.position; });
    std::vector<Token> result;
    result.reserve(tokens.size() + insertions.size());
    size_t next = 0;
    bool newline = false;
    for (size_t i = 0; i < tokens.size(); ++i) {
      for (; next < insertions.size() && insertions[next].position == i; ++next) {
        Token token;
        token.kind = insertions[next].kind;
        token.inserted = true;
        token.begin = token.end = result.empty() ? 0 : result.back().end;
        result.push_back(token);
      }
      newline |= tokens[i].newlineBefore;
      if (dropped[i])
        continue;
      result.push_back(tokens[i]);
      result.back().newlineBefore = newline;
      newline = false;
    }
    std::vector<uint32_t> open;
    for (uint32_t i = 0; i < result.size(); ++i) {
      if (isOpener(result[i].kind)) {
        open.push_back(i);
      } else if (isCloser(result[i].kind)) {
        result[i].partner = open.back();
        result[open.back()].partner = i;
        open.pop_back();
      }
    }
    return result;
  }

  SourceRange range(size_t i) const { return {&file, tokens[i].begin, tokens[i].end}; }

  std::vector<Token> tokens;
  const SourceFile &file;
  Diagnostics &diagnostics;
  std::vector<size_t> stack;
  std::vector<Counts> counts = std::vector<Counts>(1);
  std::vector<Insertion> insertions;
  /// For an opening bracket that was closed: where the text after it goes on.
  std::vector<size_t> resume;
  std::vector<bool> dropped;
};

} // namespace

bool startsDeclaration(const std::vector<Token> &tokens, size_t index, std::string_view text) {
  const Token &token = tokens[index];
  if (!token.newlineBefore || token.kind != TokenKind::Name)
    return false;
  const Token &next = tokens[index + 1]; // End at the latest
  return next.kind == TokenKind::Name && !next.newlineBefore &&
         isDeclarationWord(text.substr(token.begin, token.end - token.begin));
}

bool isDeclarationWord(std::string_view word) {
  return std::ranges::find(declarationWords, word) != std::ranges::end(declarationWords);
}

std::vector<Token> balanceBrackets(std::vector<Token> tokens, const SourceFile &file,
                                   Diagnostics &diagnostics) {
  return Balancer(std::move(tokens), file, diagnostics).run();
}

} // namespace nnc::lang
