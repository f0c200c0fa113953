// Any bytes whatever are a source text: no crash, no hang, and an error wherever there is something
// wrong. The inputs come from a generator with a fixed seed, so that every run is the same.
#include "lang/StandardLibrary.h"
#include "tests/lang/syntax/Parsing.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

namespace nnc::lang {
namespace {

/// Reads a text with everything that handles it: parser, printer and renderer.
size_t exercise(const std::string &text) {
  Parsed parsed(text);
  std::string tree = printAst(*parsed.module);
  std::string errors = parsed.diagnostics.render();
  EXPECT_EQ(parsed.diagnostics.hasErrors(), !errors.empty());
  return tree.size() + errors.size();
}

const char *const pieces[] = {
    "(",          ")",           "[",
    "]",          "{",           "}",
    ",",          ";",           ":",
    ".",          "..",          "...",
    "->",         "<-",          "|>",
    "=",          "==",          "<",
    "+",          "-",           "*",
    "/",          "%",           "^",
    "@",          "\n",          "\n",
    " ",          "x",           "1",
    "0.5",        "10%",         "\"s\"",
    "\"",         "if ",         "else ",
    "for ",       "in ",         "scan ",
    "with ",      "yield ",      "where ",
    "and ",       "or ",         "not ",
    "true ",      "param ",      "state ",
    "metric ",    "then ",       "except ",
    "up to ",     "\nmodel m",   "\nlayer l",
    "\nfn f",     "\ndata d",    "\ntrain m on d",
    "\nconfig c", "\npredict m", "float",
    "class[",     "sum[i] ",     "//",
    "/*",         "\xFF",        "\xC3\xA4",
    "?",
};

class Robustness : public testing::Test {
protected:
  size_t below(size_t bound) { return generator() % bound; }

  std::mt19937_64 generator{20240229};
};

TEST_F(Robustness, RandomBytes) {
  for (int round = 0; round < 1500; ++round) {
    std::string text(below(300), '\0');
    for (char &c : text)
      c = char(round % 2 ? below(256) : 32 + below(95));
    exercise(text);
  }
}

TEST_F(Robustness, RandomPieces) {
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 3 ? "fn f(x: float) -> float {\n" : "";
    for (size_t count = below(60); count > 0; --count)
      text += pieces[below(std::size(pieces))];
    exercise(text);
  }
}

TEST_F(Robustness, ChangedPrograms) {
  std::vector<std::string> programs;
  for (const StandardSource &source : standardSources())
    programs.emplace_back(source.text);
  ASSERT_FALSE(programs.empty());
  for (int round = 0; round < 2000; ++round) {
    std::string text = programs[size_t(round) % programs.size()];
    // A part of a program, with a few places removed, doubled or replaced.
    size_t begin = below(text.size());
    text = text.substr(begin, 1 + below(1500));
    for (size_t changes = 1 + below(6); changes > 0 && !text.empty(); --changes) {
      size_t place = below(text.size());
      switch (below(4)) {
      case 0:
        text.erase(place, 1 + below(8));
        break;
      case 1:
        text.insert(place, text.substr(below(text.size()), below(30)));
        break;
      case 2:
        text.insert(place, pieces[below(std::size(pieces))]);
        break;
      default:
        text[place] = char(below(256));
      }
    }
    exercise(text);
  }
}

TEST_F(Robustness, EveryPrefixOfAProgram) {
  std::string program = "config a = 1\ndata d { x: float[2], l: class[3]\n train = csv(\"f\") }\n"
                        "layer g(n: int = 2)(x: float[..., i]) -> (h: float[n], c: float[n]) {\n"
                        "  param w: float[i, n] = he\n  state s: float = 0\n  s <- s + 1\n"
                        "  y[a, b] = sum[k] where k <= a: x[a, k] * w[k, b] / 2\n"
                        "  for j in 0..n { y = y |> f(j) }\n"
                        "  z = if n > 1 and not (n == 3) { y } else { max[n](y)[1..] }\n"
                        "  scan e in z with h = 0 { yield e + h.x }\n  (h = y, c = z)\n}\n"
                        "train m on d { metric acc(x), metric q = 10%\n step s { trains = 2 }, "
                        "then u { e = 0.1 except b, c } }\n";
  EXPECT_FALSE(Parsed(program).diagnostics.hasErrors()) << Parsed(program).diagnostics.render();
  for (size_t length = 0; length <= program.size(); ++length) {
    exercise(program.substr(0, length));
    exercise(program.substr(length));
  }
}

std::string repeat(std::string_view piece, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i)
    text += piece;
  return text;
}

TEST_F(Robustness, LongRepetitions) {
  // The text repeated in front, the text in the middle, and the text repeated behind it.
  const std::tuple<const char *, const char *, const char *> shapes[] = {
      {"(", "1", ")"},
      {"[", "", "]"},
      {"{", "", "}"},
      {"-", "1", ""},
      {"not ", "x", ""},
      {"2^", "2", ""},
      {"1 + ", "1", ""},
      {"x |> ", "y", ""},
      {"f(", "x", ")"},
      {"f", "", "(x)"},
      {"x", "", "[0]"},
      {"x", "", ".y"},
      {"if x { 1 } else ", "{ 1 }", ""},
      {"if x { ", "1", " }"},
      {"sum[i] ", "x", ""},
      {"where x: ", "x", ""},
      {"(a = ", "1", ")"},
      {"scan x in x { ", "yield x", " }"},
      {"for i in x { ", "", " }"},
      {"(", "", ""},
      {"", "", ")"},
      {"{", "", ""},
      {"f(\n", "", ""},
      {"([{", "", ""},
      {"", "", "}])"},
      {"( ]", "", ""},
      {"{ ( ", "", "}"},
      {"\n(", "", ""},
      {"x[", "1", "]"},
      {"x[1..", "2", "]"},
      {"a, ", "b = c", ""},
      {"1 2 ", "", ""},
      {"\"", "", ""},
      {"? ", "", ""},
      {"\nmodel ", "", ""},
      {"\nmodel m(", "", ""},
      {"{ x = (", "", ") }"},
      {"\xFF ", "", ""},
      {"x = \n", "", ""},
      {"load() { ", "x", " }"},
      // Notation of other languages.
      {"let ", "x = 1", ""},
      {"return ", "x", ""},
      {"while x ", "", ""},
      {"x += ", "1", ""},
      {"x ** ", "1", ""},
      {"x++; ", "", ""},
      {"x: a = ", "1", ""},
      {"a if b else ", "c", ""},
      {"a if ", "", ""},
      {"x[:", "", "]"},
      {"x[a:b, ", "", "]"},
      {"where(a, ", "b", ", c)"},
      {"where(", "b", ")"},
      {"[x, ", "", "]"},
      {"lambda x: ", "1", ""},
      {"if x: ", "", ""},
      {"x <> ", "y", ""},
      {"'", "", ""},
      {"# ", "", ""},
      {"\"\"\"", "", ""},
      {"f(x // 2)\n", "", ""},
      {"(x // 2)", "", ""},
      {"\n.f()", "", ""},
      {"np.f(", "x", ")"},
  };
  for (auto [before, middle, after] : shapes)
    for (size_t count : {300u, 5000u}) {
      std::string inner = repeat(before, count) + middle + repeat(after, count);
      std::clock_t start = std::clock();
      exercise("fn f(x: float) -> float { y = " + inner + " }\n");
      exercise("fn f(x: float) -> float {\n" + inner + "\n}\n");
      exercise("config a = " + inner);
      exercise(inner);
      double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
      // Of the processor: far more than needed, far less than anything quadratic takes.
      EXPECT_LT(seconds, 10) << before << middle << after << " x " << count;
    }
}

} // namespace
} // namespace nnc::lang
