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
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> foreign{{
    {"&&", "write `and`"},
    {"||", "write `or`"},
    {"!", "write `not`"},
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

  void token() {
    char c = text[position];
    if (isNameStart(c))
      return word();
    if (isDigit(c) || (c == '.' && isDigit(at(position + 1))))
      return number();
    if (c == '"')
      return string();
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
