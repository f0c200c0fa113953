#include "lang/support/Diagnostics.h"
#include "lang/support/NearestName.h"

#include <gtest/gtest.h>

#include <set>

namespace nnc::lang {
namespace {

class DiagnosticsTest : public testing::Test {
protected:
  /// The range of the first occurrence of a text in a file.
  static SourceRange at(const SourceFile &file, std::string_view text) {
    size_t begin = file.text().find(text);
    EXPECT_NE(begin, std::string_view::npos) << text;
    return {&file, uint32_t(begin), uint32_t(begin + text.size())};
  }

  SourceManager sources;
  const SourceFile &file = sources.add("mnist.nn", "input x\n"
                                                   "w: [784, 128]\n"
                                                   "\n"
                                                   "a\n"
                                                   "h = x |> flatten |> dense(w)\n");
  const SourceFile &library = sources.add("std/layers.nn", "layer dense\n  x @ weight\n");
  Diagnostics diagnostics;
};

TEST_F(DiagnosticsTest, RendersLabelsOnSeveralLines) {
  diagnostics.report(Diag::UnknownName, at(file, "flatten"), "flatten")
      .here("gives [800]")
      .label(at(file, "x |>"), "x: [2, 20, 20]")
      .label(at(file, "[784, 128]"), "`w` declared here")
      .note("800 = 2 * 20 * 20")
      .help("crop the image");
  EXPECT_EQ(diagnostics.render(), R"(error[N0201]: unknown name `flatten`
 --> mnist.nn:5:10
  |
2 | w: [784, 128]
  |    ---------- `w` declared here
...
5 | h = x |> flatten |> dense(w)
  |     ---- ^^^^^^^ gives [800]
  |     |
  |     x: [2, 20, 20]
  |
  = note: 800 = 2 * 20 * 20
  = help: crop the image

)");
}

TEST_F(DiagnosticsTest, ShowsTheOneLineBetweenTwo) {
  diagnostics.report(Diag::UnknownName, at(file, "w:"), "w").label(at(file, "a\n"), "");
  EXPECT_EQ(diagnostics.render(), R"(error[N0201]: unknown name `w`
 --> mnist.nn:2:1
  |
2 | w: [784, 128]
  | ^^
3 |
4 | a
  | -

)");
}

TEST_F(DiagnosticsTest, HangsSeveralTextsOfOneLine) {
  diagnostics.report(Diag::UnknownName, at(file, "x |>"), "x")
      .here("first")
      .label(at(file, "flatten"), "second")
      .label(at(file, "dense"), "third")
      .label(at(file, "w)"), "");
  EXPECT_EQ(diagnostics.render(), R"(error[N0201]: unknown name `x`
 --> mnist.nn:5:5
  |
5 | h = x |> flatten |> dense(w)
  |     ^^^^ -------    ----- --
  |     |    |          |
  |     |    |          third
  |     |    second
  |     first

)");
}

TEST_F(DiagnosticsTest, ShowsOtherFilesAndContext) {
  Diagnostics::Context outer(diagnostics, at(file, "dense(w)"), "in `dense`, applied here");
  diagnostics.report(Diag::UnknownName, at(library, "weight"), "weight")
      .here("not declared")
      .label(at(file, "w: "), "but this is")
      .note(at(library, "layer"), "in this layer");
  EXPECT_EQ(diagnostics.render(), R"(error[N0201]: unknown name `weight`
 --> std/layers.nn:2:7
  |
2 |   x @ weight
  |       ^^^^^^ not declared
 ::: mnist.nn:2:1
  |
2 | w: [784, 128]
  | --- but this is
note: in this layer
 --> std/layers.nn:1:1
  |
1 | layer dense
  | ^^^^^
note: in `dense`, applied here
 --> mnist.nn:5:21
  |
5 | h = x |> flatten |> dense(w)
  |                     ^^^^^^^^

)");
}

TEST_F(DiagnosticsTest, SortsByTheOutermostPlace) {
  diagnostics.report(Diag::UnknownName, at(file, "flatten"), "third");
  {
    Diagnostics::Context outer(diagnostics, at(file, "w:"), "outer");
    Diagnostics::Context inner(diagnostics, at(library, "layer"), "inner");
    diagnostics.report(Diag::UnknownName, at(library, "weight"), "second");
  }
  diagnostics.report(Diag::UnknownName, at(file, "input"), "first");
  diagnostics.report(Diag::UnknownName, {}, "everywhere");
  std::vector<std::string> messages;
  for (const Diagnostic *diagnostic : diagnostics.sorted())
    messages.push_back(diagnostic->message);
  EXPECT_EQ(messages, (std::vector<std::string>{"unknown name `everywhere`", "unknown name `first`",
                                                "unknown name `second`", "unknown name `third`"}));
}

TEST_F(DiagnosticsTest, ReportsOneCauseOnce) {
  diagnostics.report(Diag::UnknownName, at(file, "flatten"), "flatten").note("kept");
  diagnostics.report(Diag::UnknownName, at(file, "flatten"), "flatten").note("not kept");
  diagnostics.report(Diag::StrayBracket, at(file, "flatten"), ")");
  EXPECT_EQ(diagnostics.errorCount(), 2u);
  EXPECT_EQ(diagnostics.render().find("not kept"), std::string::npos);
  diagnostics.report(Diag::UnknownName, {}, "a");
  diagnostics.report(Diag::UnknownName, {}, "b");
  diagnostics.report(Diag::UnknownName, {}, "b");
  EXPECT_EQ(diagnostics.errorCount(), 4u);
}

TEST_F(DiagnosticsTest, KeepsALimitedNumber) {
  const SourceFile &many = sources.add("many.nn", std::string(1000, 'x'));
  for (uint32_t i = 0; i < 60; ++i)
    diagnostics.report(Diag::UnknownName, {&many, i, i + 1}, "x").note("still safe to add to");
  EXPECT_EQ(diagnostics.errorCount(), 60u);
  EXPECT_EQ(diagnostics.sorted().size(), Diagnostics::errorLimit);
  EXPECT_TRUE(diagnostics.full());
  EXPECT_NE(diagnostics.render().find("\n10 more errors are not shown\n"), std::string::npos);
}

TEST_F(DiagnosticsTest, RendersAnyBytes) {
  const SourceFile &odd =
      sources.add("odd\n.nn", std::string("\ta\xFF"
                                          "b\0c \xC2\x85 \xE2\x89\xA4 d\x1B[31m",
                                          20));
  diagnostics.report(Diag::UnknownName, at(odd, "d"), "\x1B[2J\xFF").here("here");
  EXPECT_EQ(diagnostics.render(), "error[N0201]: unknown name `\xEF\xBF\xBD[2J\xEF\xBF\xBD`\n"
                                  " --> odd\xEF\xBF\xBD.nn:1:12\n"
                                  "  |\n"
                                  "1 |  a\xEF\xBF\xBD"
                                  "b\xEF\xBF\xBD"
                                  "c \xEF\xBF\xBD \xE2\x89\xA4 d\xEF\xBF\xBD[31m\n"
                                  "  |            ^ here\n\n");
}

TEST_F(DiagnosticsTest, CutsLongLines) {
  const SourceFile &wide =
      sources.add("wide.nn", std::string(5000, 'a') + "HERE" + std::string(5000, 'b'));
  diagnostics.report(Diag::UnknownName, at(wide, "HERE"), "HERE").label({&wide, 0, 3}, "far away");
  std::string text = diagnostics.render();
  EXPECT_NE(text.find("aHEREb"), std::string::npos);
  std::string_view rest = text;
  std::vector<std::string_view> lines;
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  for (std::string_view line : lines)
    EXPECT_LT(line.size(), 160u) << line;
  EXPECT_EQ(lines[4].find("^^^^"), lines[3].find("HERE")) << text;
}

TEST_F(DiagnosticsTest, MarksTheFirstOfSeveralLines) {
  diagnostics.report(Diag::UnknownName, {&file, 0, 20}, "x").here("a long one");
  EXPECT_EQ(diagnostics.render(), R"(error[N0201]: unknown name `x`
 --> mnist.nn:1:1
  |
1 | input x
  | ^^^^^^^ a long one

)");
}

TEST_F(DiagnosticsTest, ColoursWhenAsked) {
  diagnostics.report(Diag::UnknownName, at(file, "flatten"), "flatten").here("here").help("help");
  std::string plain = diagnostics.render(), coloured = diagnostics.render(true), stripped;
  EXPECT_EQ(plain.find('\033'), std::string::npos);
  for (size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\033')
      i = coloured.find('m', i);
    else
      stripped += coloured[i];
  }
  EXPECT_NE(coloured, plain);
  EXPECT_EQ(stripped, plain);
}

TEST(Registry, HasUniqueIdsAndReadableEntries) {
  std::set<std::string_view> ids;
  for (const DiagnosticInfo &info : allDiagnostics()) {
    EXPECT_TRUE(ids.insert(info.id).second) << info.id;
    EXPECT_EQ(info.id.size(), 5u) << info.id;
    EXPECT_EQ(findDiagnostic(info.id), &info);
    EXPECT_FALSE(info.explanation.empty()) << info.id;
  }
  EXPECT_EQ(findDiagnostic("N9999"), nullptr);
}

TEST(NearestName, FindsSlipsAndNothingElse) {
  std::vector<std::string_view> names{"dense", "dropout", "softmax", "x", "hidden"};
  auto nearest = [&](std::string_view name) { return nearestName(name, names); };
  EXPECT_EQ(nearest("dence"), "dense");
  EXPECT_EQ(nearest("Dense"), "dense");
  EXPECT_EQ(nearest("dnese"), "dense");
  EXPECT_EQ(nearest("drop_out"), "dropout");
  EXPECT_EQ(nearest("sofmax"), "softmax");
  EXPECT_EQ(nearest("conv"), "");
  EXPECT_EQ(nearest("y"), "");
  EXPECT_EQ(nearest("X"), "x");
  EXPECT_EQ(nearest(""), "");
  EXPECT_EQ(nearest(std::string(100000, 'd')), "");
}

} // namespace
} // namespace nnc::lang
