// Implements the lexer, with advice for spellings of other notations.
#include "lang/syntax/Lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace nnc::lang {

namespace {

using Spelling = std::pair<std::string_view, TokenKind>;

constexpr std::array<Spelling, 11> words{{
    {"if", TokenKind::If},
    {"else", TokenKind::Else},
    {"for", TokenKind::For},
    {"scan", TokenKind::Scan},
    {"yield", TokenKind::Yield},
    {"where", TokenKind::Where},
    {"and", TokenKind::And},
    {"or", TokenKind::Or},
    {"not", TokenKind::Not},
    {"true", TokenKind::True},
    {"false", TokenKind::False},
}};

// Longer ones first: the first that fits is taken.
constexpr std::array<Spelling, 29> symbols{{
    {"...", TokenKind::Ellipsis},   {"..", TokenKind::Range},     {"->", TokenKind::Arrow},
    {"<-", TokenKind::Update},      {"|>", TokenKind::Pipe},      {"==", TokenKind::Equal},
    {"!=", TokenKind::NotEqual},    {"<=", TokenKind::LessEqual}, {">=", TokenKind::GreaterEqual},
    {"(", TokenKind::LeftParen},    {")", TokenKind::RightParen}, {"[", TokenKind::LeftBracket},
    {"]", TokenKind::RightBracket}, {"{", TokenKind::LeftBrace},  {"}", TokenKind::RightBrace},
    {",", TokenKind::Comma},        {";", TokenKind::Semicolon},  {":", TokenKind::Colon},
    {".", TokenKind::Dot},          {"=", TokenKind::Assign},     {"<", TokenKind::Less},
    {">", TokenKind::Greater},      {"+", TokenKind::Plus},       {"-", TokenKind::Minus},
    {"*", TokenKind::Star},         {"/", TokenKind::Slash},      {"%", TokenKind::Percentage},
    {"^", TokenKind::Caret},        {"@", TokenKind::At},
}};

/// Spellings of other notations, and the advice for each.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> foreign{{
    {"&&", "write `and`"},
    {"||", "write `or`"},
    {"&", "write `and`"},
    {"|", "write `or`"},
    {"!", "write `not`"},
    {"~", "write `not`"},
    {"?", "write `if c { a } else { b }` for `c ? a : b`"},
    {"\\", "leave it out: a line goes on after an operator and inside of brackets"},
    {"#", "a comment begins with `//`"},
    {"'", "text stands in double quotes: `\"...\"`"},
    // Left and right double quotation mark.
    {"\xE2\x80\x9C", "text stands in straight double quotes: `\"...\"`"},
    {"\xE2\x80\x9D", "text stands in straight double quotes: `\"...\"`"},
    {"\xC3\x97", "write `*`"},     // multiplication sign
    {"\xC2\xB7", "write `*`"},     // middle dot
    {"\xC3\xB7", "write `/`"},     // division sign
    {"\xE2\x88\x92", "write `-`"}, // minus sign
    {"\xE2\x89\xA4", "write `<=`"},
    {"\xE2\x89\xA5", "write `>=`"},
    {"\xE2\x89\xA0", "write `!=`"},
    {"\xE2\x86\x90", "write `<-`"},
    {"\xE2\x86\x92", "write `->`"},
    {"\xC2\xB2", "write `^2`"},
}};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }

class Lexer {
public:
  Lexer(const SourceFile &file, Diagnostics &diagnostics)
      : file(file), text(file.text()), diagnostics(diagnostics) {}

  std::vector<Token> run() {
    checkText();
    while (true) {
      skipBlanks();
      if (position == text.size())
        break;
      token();
    }
    push(TokenKind::End, position);
    return std::move(tokens);
  }

private:
  char at(size_t index) const { return index < text.size() ? text[index] : '\0'; }
  SourceRange range(size_t begin, size_t end) const {
    return {&file, uint32_t(begin), uint32_t(end)};
  }

  void push(TokenKind kind, size_t begin) {
    Token token;
    token.kind = kind;
    token.newlineBefore = newline;
    token.begin = uint32_t(begin);
    token.end = uint32_t(position);
    newline = false;
    tokens.push_back(token);
  }

  /// One report for the whole file: a file of another encoding has thousands of wrong bytes, all of
  /// one cause.
  void checkText() {
    for (size_t i = 0; i < text.size();) {
      size_t length = utf8Length(text.substr(i));
      if (length == 0 || text[i] == '\0') {
        diagnostics
            .report(Diag::NotText, range(i, i + 1), length == 0 ? "is not UTF-8" : "is a NUL byte")
            .help("a .nn file is plain text in UTF-8");
        textReported = true;
        return;
      }
      i += length;
    }
  }

  void skipBlanks() {
    while (position < text.size()) {
      char c = text[position];
      if (c == '\n') {
        newline = true;
        ++position;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++position;
      } else if (c == '/' && at(position + 1) == '/') {
        checkQuotient();
        while (position < text.size() && text[position] != '\n')
          ++position;
      } else if (c == '/' && at(position + 1) == '*') {
        size_t end = text.find("*/", position + 2);
        diagnostics.report(Diag::UnexpectedCharacter, range(position, position + 2), "/*")
            .help("a comment begins with `//` and ends with the line");
        position = end == std::string_view::npos ? text.size() : end + 2;
      } else if (position == 0 && text.substr(0, 3) == "\xEF\xBB\xBF") { // byte order mark
        position = 3;
      } else {
        return;
      }
    }
  }

  /// `n // 2`: nothing but a number behind an operand is hardly a comment.
  void checkQuotient() {
    size_t end = std::min(text.find('\n', position), text.size()), number = position + 2;
    auto blanks = [&](size_t at) {
      return std::min(text.find_first_not_of(" \t\r", at), text.size());
    };
    size_t first = blanks(number), last = first;
    while (last < end && isDigit(text[last]))
      ++last;
    bool operand =
        !tokens.empty() && !newline &&
        (tokens.back().kind == TokenKind::Name || tokens.back().kind == TokenKind::RightParen ||
         tokens.back().kind == TokenKind::RightBracket);
    if (!operand || last == first || blanks(last) < end)
      return;
    diagnostics.report(Diag::QuotientComment, range(position, position + 2))
        .help(
            "a quotient is written `/` and is whole where it comes out even; `floor(a / b)` rounds "
            "it down");
  }

  void token() {
    char c = text[position];
    if (isNameStart(c))
      return word();
    if (isDigit(c) || (c == '.' && isDigit(at(position + 1))))
      return number();
    if (text.substr(position, 3) == "\"\"\"")
      return docstring();
    if (c == '"')
      return string();
    if (c == '\'' && quoted())
      return;
    if (c == '#')
      return hashComment();
    for (auto [symbol, kind] : symbols)
      if (text.substr(position, symbol.size()) == symbol) {
        size_t begin = position;
        position += symbol.size();
        return push(kind, begin);
      }
    unexpected();
  }

  void word() {
    size_t begin = position;
    while (isNamePart(at(position)))
      ++position;
    std::string_view word = text.substr(begin, position - begin);
    for (auto [spelling, kind] : words)
      if (spelling == word)
        return push(kind, begin);
    push(TokenKind::Name, begin);
  }

  void number() {
    size_t begin = position;
    bool isFloat = false;
    bool good = text[position] != '.';
    auto digits = [&] {
      size_t first = position;
      while (isDigit(at(position)))
        ++position;
      return position > first;
    };
    digits();
    // `0..4` is a range: the point belongs to the number only when no second one follows.
    if (at(position) == '.' && at(position + 1) != '.') {
      isFloat = true;
      ++position;
      good &= digits();
    }
    if (at(position) == 'e' || at(position) == 'E') {
      isFloat = true;
      ++position;
      if (at(position) == '+' || at(position) == '-')
        ++position;
      good &= digits();
    }
    if (isNamePart(at(position))) { // `3x`, `1_000`
      good = false;
      while (isNamePart(at(position)))
        ++position;
    }
    std::string_view spelling = text.substr(begin, position - begin);
    if (!good) {
      auto report = diagnostics.report(Diag::MalformedNumber, range(begin, position), spelling);
      if (spelling.front() == '.')
        report.help(fmt::format("write `0{}`", spelling));
      else if (spelling.back() == '.')
        report.help(fmt::format("write `{}0`", spelling));
      else if (size_t by = spelling.find('x'); by != std::string_view::npos && by > 0 &&
                                               by + 1 < spelling.size() &&
                                               isDigit(spelling[by + 1]))
        report.help(fmt::format("sizes have commas between: `{}, {}`", spelling.substr(0, by),
                                spelling.substr(by + 1)));
      else if (size_t digits = spelling.find_first_not_of("0123456789.");
               isNameStart(spelling[digits]) && spelling[digits] != 'e' && spelling[digits] != '_')
        report.help(fmt::format("to multiply, write `{} * {}`", spelling.substr(0, digits),
                                spelling.substr(digits)));
      return push(TokenKind::Float, begin);
    }
    bool percent = at(position) == '%' && !isNamePart(at(position + 1)) && at(position + 1) != '(';
    checkValue(spelling, begin, isFloat || percent);
    if (percent)
      ++position;
    push(percent ? TokenKind::Percent : isFloat ? TokenKind::Float : TokenKind::Integer, begin);
  }

  void checkValue(std::string_view spelling, size_t begin, bool isFloat) {
    std::errc error;
    if (isFloat) {
      double value;
      error = std::from_chars(spelling.data(), spelling.data() + spelling.size(), value).ec;
    } else {
      int64_t value;
      error = std::from_chars(spelling.data(), spelling.data() + spelling.size(), value).ec;
    }
    if (error == std::errc())
      return;
    diagnostics
        .report(Diag::NumberOutOfRange, range(begin, position),
                spelling.size() > 40 ? std::string(spelling.substr(0, 37)) + "..."
                                     : std::string(spelling))
        .note(isFloat ? "the smallest number is about 2.2e-308, the largest about 1.8e308"
                      : "the largest whole number is 9223372036854775807");
  }

  void string() {
    size_t begin = position++;
    bool terminated = true;
    while (true) {
      char c = at(position);
      if (position >= text.size() || c == '\n') {
        diagnostics.report(Diag::UnterminatedString, range(begin, position))
            .help("end it with `\"` on the same line");
        terminated = false;
        break;
      }
      ++position;
      if (c == '"')
        break;
      if (c == '\\' && position < text.size() && text[position] != '\n') {
        size_t length = std::max<size_t>(1, utf8Length(text.substr(position)));
        std::string_view escape = text.substr(position, length);
        if (escape != "n" && escape != "t" && escape != "\"" && escape != "\\")
          diagnostics.report(Diag::UnknownEscape, range(position - 1, position + length), escape)
              .help("the escapes are `\\n`, `\\t`, `\\\"` and `\\\\`");
        position += length;
      }
    }
    push(TokenKind::String, begin);
    tokens.back().unterminated = !terminated;
  }

  /// A text over several lines, as Python has it for comments.
  void docstring() {
    diagnostics.report(Diag::UnexpectedCharacter, range(position, position + 3), "\"\"\"")
        .help("a comment begins with `//` and ends with the line");
    size_t end = text.find("\"\"\"", position + 3);
    position = end == std::string_view::npos ? text.size() : end + 3;
  }

  /// A text in single quotes is one error, and a string to the parser.
  bool quoted() {
    size_t line = text.find('\n', position), end = text.find('\'', position + 1);
    if (end >= std::min(line, text.size()) ||
        text.substr(position, end - position).find_first_of("\\\"") != std::string_view::npos)
      return false;
    std::string_view inside = text.substr(position + 1, end - position - 1);
    diagnostics.report(Diag::UnexpectedCharacter, range(position, end + 1), "'")
        .help(fmt::format("write `\"{}\"`", inside));
    size_t begin = std::exchange(position, end + 1);
    push(TokenKind::String, begin);
    return true;
  }

  /// The first is reported: who writes one writes others.
  void hashComment() {
    if (!std::exchange(hashReported, true))
      diagnostics.report(Diag::UnexpectedCharacter, range(position, position + 1), "#")
          .help("a comment begins with `//`");
    while (position < text.size() && text[position] != '\n')
      ++position;
  }

  /// A run of characters that begin no token is reported once and becomes one token.
  void unexpected() {
    size_t begin = position;
    std::string_view rest = text.substr(begin);
    std::string_view help;
    for (auto [spelling, advice] : foreign)
      if (rest.substr(0, spelling.size()) == spelling) {
        help = advice;
        position += spelling.size();
        break;
      }
    bool invalid = utf8Length(rest) == 0 || rest[0] == '\0';
    if (help.empty())
      do
        position += std::max<size_t>(1, utf8Length(text.substr(position)));
      while (position < text.size() && beginsNothing(text[position]));
    if (!(invalid && textReported)) {
      size_t first = std::max<size_t>(1, utf8Length(rest));
      std::string_view shown =
          help.empty() ? rest.substr(0, first) : text.substr(begin, position - begin);
      auto report = diagnostics.report(Diag::UnexpectedCharacter, range(begin, position), shown);
      if (!help.empty())
        report.help(std::string(help));
      else if ((unsigned char)rest[0] >= 0x80)
        report.note("names are made of the letters a to z and A to Z, digits and `_`");
    }
    push(TokenKind::Error, begin);
  }

  static bool beginsNothing(char c) {
    if (isNamePart(c) || c == '"' || c == ' ' || c == '\t' || c == '\r' || c == '\n')
      return false;
    for (auto [symbol, kind] : symbols)
      if (symbol[0] == c)
        return false;
    return true;
  }

  const SourceFile &file;
  std::string_view text;
  Diagnostics &diagnostics;
  size_t position = 0;
  bool newline = true;
  bool textReported = false;
  bool hashReported = false;
  std::vector<Token> tokens;
};

} // namespace

std::vector<Token> lex(const SourceFile &file, Diagnostics &diagnostics) {
  return balanceBrackets(Lexer(file, diagnostics).run(), file, diagnostics);
}

std::string stringValue(std::string_view spelling) {
  std::string value;
  for (size_t i = 1; i < spelling.size(); ++i) {
    char c = spelling[i];
    if (c == '"')
      break;
    if (c == '\\' && i + 1 < spelling.size()) {
      c = spelling[++i];
      c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    value += c;
  }
  return value;
}

std::string_view spelling(TokenKind kind) {
  for (auto [text, word] : words)
    if (word == kind)
      return text;
  for (auto [text, symbol] : symbols)
    if (symbol == kind)
      return text;
  switch (kind) {
  case TokenKind::Name:
    return "name";
  case TokenKind::String:
    return "string";
  case TokenKind::End:
    return "end of the file";
  default:
    return "number";
  }
}

} // namespace nnc::lang
