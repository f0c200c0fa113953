// Tokens and the lexer. Line ends are not tokens: a token knows whether one precedes it, and the
// parser decides where that separates. After balanceBrackets every bracket has its partner, which
// is what the parser's recovery rests on.
#pragma once

#include "lang/support/Diagnostics.h"
#include "lang/support/Source.h"

#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

enum class TokenKind : uint8_t {
  End,
  Name,
  Integer,
  Float,
  Percent, // `10%`
  String,
  Error, // text that is not a token; reported
  // Reserved words.
  If,
  Else,
  For,
  Scan,
  Yield,
  Where,
  And,
  Or,
  Not,
  True,
  False,
  // Brackets.
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
  // Punctuation and operators.
  Comma,
  Semicolon,
  Colon,
  Dot,
  Range,    // ..
  Ellipsis, // ...
  Arrow,    // ->
  Update,   // <-
  Pipe,     // |>
  Assign,   // =
  Equal,    // ==
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Plus,
  Minus,
  Star,
  Slash,
  Percentage, // % between operands
  Caret,
  At,
};

struct Token {
  TokenKind kind = TokenKind::End;
  bool newlineBefore = false; // a line end stands between this token and the one before
  bool inserted = false;      // a closing bracket that is not in the text
  bool unterminated = false;  // a string that ends with its line; reported
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t partner = 0; // the index of the other bracket of a pair
};

/// The tokens of a file, brackets balanced, with an End token last.
std::vector<Token> lex(const SourceFile &file, Diagnostics &diagnostics);

/// Pairs brackets. A closing bracket without an opening one is dropped, a missing closing bracket
/// is inserted where the line or the declaration ends; both are reported.
std::vector<Token> balanceBrackets(std::vector<Token> tokens, const SourceFile &file,
                                   Diagnostics &diagnostics);

/// The words that begin a declaration. None is reserved: elsewhere they are names.
inline constexpr std::string_view declarationWords[] = {
    "config",    "data",     "model",     "layer", "fn",      "init",
    "optimizer", "schedule", "primitive", "train", "predict", "generate"};
bool isDeclarationWord(std::string_view word);

/// Whether a declaration begins at this token: its first word at the start of a line, and a name
/// after it.
bool startsDeclaration(const std::vector<Token> &tokens, size_t index, std::string_view text);

/// The value of a string token, quotes removed and escapes resolved. Unknown escapes were reported
/// by `lex`.
std::string stringValue(std::string_view spelling);

/// `(`, `|>`, `if`: how a token of a fixed form is written; "name", "number", "string" for the
/// others.
std::string_view spelling(TokenKind kind);

} // namespace nnc::lang
