#include "lang/syntax/ASTWalk.h"
#include "lang/StandardLibrary.h"
#include "tests/lang/syntax/Parsing.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace nnc::lang {
namespace {

std::string read(const std::filesystem::path &path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> programsBelow(const std::filesystem::path &folder) {
  std::vector<std::filesystem::path> result;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".nn")
      result.push_back(entry.path());
  return result;
}

TEST(Programs, ThatTheLanguageMustCarry) {
  const char *shared = std::getenv("NNC_SHARED");
  if (!shared || !std::filesystem::is_directory(std::filesystem::path(shared) / "language"))
    GTEST_SKIP() << "NNC_SHARED names no folder with language/*.nn";
  std::vector<std::filesystem::path> programs =
      programsBelow(std::filesystem::path(shared) / "language");
  EXPECT_FALSE(programs.empty());
  for (const std::filesystem::path &program : programs) {
    Parsed parsed(read(program));
    EXPECT_EQ(parsed.diagnostics.render(), "") << program;
  }
}

TEST(Programs, OfTheExamples) {
  for (const std::filesystem::path &program : programsBelow(NNC_EXAMPLES)) {
    Parsed parsed(read(program));
    EXPECT_EQ(parsed.diagnostics.render(), "") << program;
  }
}

TEST(Programs, OfTheStandardLibrary) {
  for (const StandardSource &source : standardSources()) {
    Parsed parsed{std::string(source.text)};
    EXPECT_EQ(parsed.diagnostics.render(), "") << source.name;
    EXPECT_FALSE(parsed.module->declarations.empty()) << source.name;
  }
}

const Expression &valueOf(const Parsed &parsed) {
  auto *config = as<ConfigDeclaration>(parsed.module->declarations.at(0));
  return *config->entries.at(0).value;
}

TEST(Parser, GivesRangesThatCoverWholeExpressions) {
  Parsed parsed("config a = (1 + b) * f(c)[0].d |> g(2)(3)");
  auto &pipe = *as<PipeExpression>(&valueOf(parsed));
  EXPECT_EQ(pipe.range.text(), "(1 + b) * f(c)[0].d |> g(2)(3)");
  EXPECT_EQ(pipe.operatorRange.text(), "|>");
  auto &product = *as<BinaryExpression>(pipe.value);
  EXPECT_EQ(product.left->range.text(), "(1 + b)");
  EXPECT_EQ(product.right->range.text(), "f(c)[0].d");
  auto &call = *as<CallExpression>(pipe.stage);
  EXPECT_EQ(call.range.text(), "g(2)(3)");
  EXPECT_EQ(call.callee->range.text(), "g(2)");
  EXPECT_EQ(call.argumentsRange.text(), "(3)");
}

TEST(Parser, ReadsValuesExactly) {
  Parsed parsed("config a = f(9223372036854775807, 0.1, 12.5%, 1e-4, \"x\\ty\", false)");
  ASSERT_FALSE(parsed.diagnostics.hasErrors());
  auto &arguments = as<CallExpression>(&valueOf(parsed))->arguments;
  EXPECT_EQ(as<IntegerLiteral>(arguments[0].value)->value, INT64_MAX);
  EXPECT_EQ(as<FloatLiteral>(arguments[1].value)->value, 0.1);
  EXPECT_EQ(as<FloatLiteral>(arguments[2].value)->value, 0.125);
  EXPECT_TRUE(as<FloatLiteral>(arguments[2].value)->percent);
  EXPECT_EQ(as<FloatLiteral>(arguments[3].value)->value, 1e-4);
  EXPECT_EQ(as<StringLiteral>(arguments[4].value)->value, "x\ty");
  EXPECT_FALSE(as<BoolLiteral>(arguments[5].value)->value);
}

TEST(Parser, ReportsIndependentErrorsAndNoOthers) {
  Parsed parsed("config a = 1 +\n"
                "model m(x: flot) -> float {\n"
                "  y = dense(3, , 4) * (2 +)\n"
                "  z = [1]\n"
                "  if y { z } else z\n"
                "  for i in 0..3 { q = }\n"
                "  good = y\n"
                "}\n"
                "data d { x: float[2 +], y = }\n");
  std::vector<std::string> places;
  for (const Diagnostic *diagnostic : parsed.diagnostics.sorted()) {
    LineColumn start = diagnostic->primary.range.start();
    places.push_back(fmt::format("{}:{}", start.line, start.column));
  }
  EXPECT_EQ(places, (std::vector<std::string>{"1:15", "2:12", "3:16", "3:27", "4:7", "5:19", "6:23",
                                              "9:22", "9:29"}))
      << parsed.diagnostics.render();
}

TEST(Parser, KeepsWhatItCouldRead) {
  Parsed parsed("fn f(x: float) -> float {\n  y = )\n  z = x\n}\nfn g(x: float) -> float { x }\n");
  ASSERT_EQ(parsed.module->declarations.size(), 2u);
  auto &body = *as<CallableDeclaration>(parsed.module->declarations[0])->body;
  ASSERT_EQ(body.statements.size(), 2u);
  EXPECT_EQ(as<BindingStatement>(body.statements[0])->value->kind, ExpressionKind::Error);
  EXPECT_EQ(as<BindingStatement>(body.statements[1])->names[0].text, "z");
}

TEST(Parser, SaysNothingTwiceAboutABracket) {
  Parsed parsed("fn f(x: float) -> float {\n  y = g(x\n  z = (x + 1\n  y + z\n}\n");
  EXPECT_EQ(parsed.diagnostics.errorCount(), 2u) << parsed.diagnostics.render();
}

uint32_t measure(const Expression &node) {
  uint32_t below = 0;
  forEachChild(node, [&](const Expression &child) { below = std::max(below, measure(child)); });
  return below + 1;
}

TEST(Parser, RecordsTheHeightOfTrees) {
  Parsed parsed(
      "config a = f(1 + 2 * 3, k = { x = { 1 + 2 + 3 }; for i in 0..3 { y[i] = -(-(-i)) } }) |> g");
  ASSERT_FALSE(parsed.diagnostics.hasErrors()) << parsed.diagnostics.render();
  EXPECT_EQ(valueOf(parsed).height, measure(valueOf(parsed)));
}

TEST(Parser, AcceptsWhatIsJustNotTooDeep) {
  std::string nested = "config a = " + std::string(199, '(') + "1" + std::string(199, ')');
  EXPECT_FALSE(Parsed(nested).diagnostics.hasErrors());
  std::string chain = "config a = 1";
  for (int i = 0; i < 999; ++i)
    chain += " + 1";
  Parsed parsed(chain);
  EXPECT_FALSE(parsed.diagnostics.hasErrors());
  EXPECT_EQ(valueOf(parsed).height, maximumHeight);
  EXPECT_TRUE(Parsed(chain + " + 1").diagnostics.hasErrors());
}

TEST(Printer, WritesExpressionsOnOneLine) {
  Parsed parsed("config a = f(1,  // comment\n           \"b  // c\")\n");
  EXPECT_EQ(toSource(valueOf(parsed)), "f(1, \"b  // c\")");
  Parsed longer("config a = " + std::string(200, 'x'));
  EXPECT_EQ(toSource(valueOf(longer)), std::string(77, 'x') + "...");
}

} // namespace
} // namespace nnc::lang
