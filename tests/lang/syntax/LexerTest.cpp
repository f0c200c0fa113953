#include "lang/syntax/Lexer.h"

#include <gtest/gtest.h>

namespace nnc::lang {
namespace {

struct Lexed {
  explicit Lexed(std::string text)
      : file(sources.add("test.nn", std::move(text))), tokens(lex(file, diagnostics)) {}
  std::vector<TokenKind> kinds() const {
    std::vector<TokenKind> result;
    for (const Token &token : tokens)
      result.push_back(token.kind);
    return result;
  }

  SourceManager sources;
  Diagnostics diagnostics;
  const SourceFile &file;
  std::vector<Token> tokens;
};

using K = TokenKind;

TEST(Lexer, ReadsPointsAndRanges) {
  EXPECT_EQ(Lexed("0..4").kinds(), (std::vector{K::Integer, K::Range, K::Integer, K::End}));
  EXPECT_EQ(Lexed("1.5..n").kinds(), (std::vector{K::Float, K::Range, K::Name, K::End}));
  EXPECT_EQ(Lexed("x.y...").kinds(), (std::vector{K::Name, K::Dot, K::Name, K::Ellipsis, K::End}));
  EXPECT_EQ(Lexed("1e-4 2.5e3 7E2").kinds(), (std::vector{K::Float, K::Float, K::Float, K::End}));
}

TEST(Lexer, TellsPercentagesFromRemainders) {
  EXPECT_EQ(Lexed("10%").kinds(), (std::vector{K::Percent, K::End}));
  EXPECT_EQ(Lexed("2.5%)").kinds()[0], K::Percent);
  EXPECT_EQ(Lexed("10 % 3").kinds(), (std::vector{K::Integer, K::Percentage, K::Integer, K::End}));
  EXPECT_EQ(Lexed("10%3").kinds(), (std::vector{K::Integer, K::Percentage, K::Integer, K::End}));
  EXPECT_EQ(Lexed("10%n").kinds(), (std::vector{K::Integer, K::Percentage, K::Name, K::End}));
}

TEST(Lexer, TakesTheLongestOperator) {
  EXPECT_EQ(Lexed("a<-b <= |> -> == = < -").kinds(),
            (std::vector{K::Name, K::Update, K::Name, K::LessEqual, K::Pipe, K::Arrow, K::Equal,
                         K::Assign, K::Less, K::Minus, K::End}));
}

TEST(Lexer, KnowsReservedWordsOnly) {
  EXPECT_EQ(Lexed("if iff in model scan True").kinds(),
            (std::vector{K::If, K::Name, K::Name, K::Name, K::Scan, K::Name, K::End}));
}

TEST(Lexer, MarksLineEnds) {
  Lexed lexed("a b // comment\n\n\tc\r\nd");
  std::vector<bool> newlines;
  for (const Token &token : lexed.tokens)
    newlines.push_back(token.newlineBefore);
  EXPECT_EQ(newlines, (std::vector<bool>{true, false, true, true, false}));
}

TEST(Lexer, ResolvesEscapes) {
  EXPECT_EQ(stringValue(R"("a\n\t\"\\b")"), "a\n\t\"\\b");
  EXPECT_EQ(stringValue("\"\""), "");
  EXPECT_EQ(stringValue("\"open"), "open");
}

TEST(Lexer, SkipsAByteOrderMark) {
  Lexed lexed("\xEF\xBB\xBF"
              "a");
  EXPECT_FALSE(lexed.diagnostics.hasErrors());
  EXPECT_EQ(lexed.kinds(), (std::vector{K::Name, K::End}));
}

TEST(Lexer, AcceptsOnlyProperUtf8) {
  EXPECT_EQ(utf8Length("a"), 1u);
  EXPECT_EQ(utf8Length("\xC3\xA4"), 2u);
  EXPECT_EQ(utf8Length("\xE2\x89\xA4"), 3u);
  EXPECT_EQ(utf8Length("\xF0\x9F\x98\x80"), 4u);
  for (const char *bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x89",
        "\xC3"
        "a"})
    EXPECT_EQ(utf8Length(bad), 0u) << testing::PrintToString(bad);
}

TEST(Lexer, ReportsBadBytesOnce) {
  Lexed lexed("a \xFF \xFE b \x80");
  EXPECT_EQ(lexed.diagnostics.errorCount(), 1u);
}

/// Brackets in pairs whose partners agree: what the parser relies on.
void expectBalanced(const std::vector<Token> &tokens) {
  std::vector<size_t> open;
  for (size_t i = 0; i < tokens.size(); ++i) {
    switch (tokens[i].kind) {
    case K::LeftParen:
    case K::LeftBracket:
    case K::LeftBrace:
      open.push_back(i);
      break;
    case K::RightParen:
    case K::RightBracket:
    case K::RightBrace:
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(int(tokens[i].kind), int(tokens[open.back()].kind) + 1);
      ASSERT_EQ(tokens[i].partner, open.back());
      ASSERT_EQ(tokens[open.back()].partner, i);
      open.pop_back();
      break;
    default:
      break;
    }
  }
  ASSERT_TRUE(open.empty());
  ASSERT_EQ(tokens.back().kind, K::End);
}

TEST(Brackets, AreBalancedWhateverTheText) {
  // All texts of up to six of these pieces, lines and declarations among them.
  const char *pieces[] = {"(", ")", "{", "}", "[", "]", "\na", "\nfn f"};
  for (size_t length = 0; length <= 6; ++length) {
    size_t count = 1;
    for (size_t i = 0; i < length; ++i)
      count *= std::size(pieces);
    for (size_t n = 0; n < count; ++n) {
      std::string text;
      for (size_t i = 0, rest = n; i < length; ++i, rest /= std::size(pieces))
        text += pieces[rest % std::size(pieces)];
      expectBalanced(Lexed(text).tokens);
      if (HasFatalFailure())
        FAIL() << text;
    }
  }
}

TEST(Brackets, AreClosedAtTheEndOfTheLine) {
  Lexed lexed("fn f(x: float) -> float {\n  y = g(x, [2\n  z\n}");
  EXPECT_EQ(lexed.diagnostics.errorCount(), 1u);
  size_t inserted = 0;
  for (const Token &token : lexed.tokens)
    if (token.inserted) {
      ++inserted;
      EXPECT_EQ(lexed.file.lineColumn(token.begin).line, 2u);
    }
  EXPECT_EQ(inserted, 2u);
}

TEST(Brackets, ThatAreOpenEndWithTheDeclaration) {
  Lexed lexed("model m(x: float) -> float {\n  if x {\n\nmodel n(x: float) -> float { x }\n");
  EXPECT_EQ(lexed.diagnostics.errorCount(), 1u);
  expectBalanced(lexed.tokens);
}

} // namespace
} // namespace nnc::lang
