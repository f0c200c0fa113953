// Elaboration ends with diagnostics for every program, not with a crash or without end.
#include "tests/lang/elaborate/Elaborating.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const auto &entry : std::filesystem::directory_iterator(NNC_EXAMPLES))
    if (entry.path().extension() == ".nn") {
      std::ifstream file(entry.path());
      std::stringstream text;
      text << file.rdbuf();
      texts.push_back(text.str());
    }
  texts.push_back("layer attention(heads: int)(x: float[T, D]) -> float[T, D] {\n"
                  "  q = x |> dense(D) |> reshape(T, heads, D / heads) |> transpose(1, 0, 2)\n"
                  "  score[h, t, s] = sum[d] q[h, t, d] * q[h, s, d] / sqrt(D / heads)\n"
                  "  weight = softmax(where s <= t: score[h, t, s])\n"
                  "  y[t, h, d] = sum[s] weight[h, t, s] * q[h, s, d]\n"
                  "  y |> reshape(T, D) |> batch_norm()\n}\n"
                  "model m(x: float[5, 8], i: class[3]) -> (a: float[5, 8], b: float) {\n"
                  "  for k in 0..2 { x = x |> attention(2) }\n"
                  "  (a = x, b = if x[0, 0] > 0 { sum(x) } else { x[i, 1] })\n}\n");
  return texts;
}

TEST(Robustness, TokensExchangedAtRandom) {
  // Names, numbers and operators of valid programs in other places: most of it parses, little of it
  // means anything.
  std::mt19937 random(1);
  std::vector<std::string> texts = seeds();
  for (int round = 0; round < 400; ++round) {
    std::string text = texts[random() % texts.size()];
    for (int change = 0; change < 3; ++change) {
      auto word = [&](size_t &begin, size_t &end) {
        begin = random() % text.size();
        while (begin > 0 && isalnum(text[begin - 1]) && isalnum(text[begin]))
          --begin;
        end = begin + 1;
        while (end < text.size() && isalnum(text[end]) && isalnum(text[begin]))
          ++end;
      };
      size_t firstBegin, firstEnd, secondBegin, secondEnd;
      word(firstBegin, firstEnd);
      word(secondBegin, secondEnd);
      std::string other = text.substr(secondBegin, secondEnd - secondBegin);
      text.replace(firstBegin, firstEnd - firstBegin, other);
    }
    Elaborated elaborated(text);
    EXPECT_EQ(elaborated.program.has_value(), !elaborated.diagnostics.hasErrors()) << text;
  }
}

TEST(Robustness, NumbersReplaced) {
  std::mt19937 random(2);
  const char *numbers[] = {"0",          "1",     "-1",      "2.5",          "9223372036854775807",
                           "4294967296", "1e300", "(0 / 3)", "1000000000000"};
  std::vector<std::string> texts = seeds();
  for (int round = 0; round < 300; ++round) {
    std::string text = texts[random() % texts.size()];
    std::vector<size_t> digits;
    for (size_t at = 1; at < text.size(); ++at)
      if (isdigit(text[at]) && !isalnum(text[at - 1]) && text[at - 1] != '.' && text[at - 1] != '_')
        digits.push_back(at);
    size_t begin = digits[random() % digits.size()], end = begin;
    while (end < text.size() && isdigit(text[end]))
      ++end;
    text.replace(begin, end - begin, numbers[random() % std::size(numbers)]);
    Elaborated elaborated(text);
    EXPECT_EQ(elaborated.program.has_value(), !elaborated.diagnostics.hasErrors()) << text;
  }
}

TEST(Robustness, DeepExpressions) {
  std::string sum = "x", pipe = "x";
  for (int level = 0; level < 900; ++level) {
    sum += " + x";
    pipe += " |> tanh";
  }
  for (const std::string &text : {sum, pipe}) {
    Elaborated elaborated("model m(x: float[3]) -> float[3] { " + text + " }");
    EXPECT_TRUE(elaborated.program) << elaborated.diagnostics.render();
  }
}

TEST(Robustness, Recursion) {
  for (const char *text :
       {"fn f(x: float) -> float { f(x) }\nmodel m(x: float) -> float { f(x) }",
        "fn f(x: float) -> float { f(x) + f(x) }\nmodel m(x: float) -> float { f(x) }",
        "layer f(x: float) -> float { g(x) }\nlayer g(x: float) -> float { f(x) }\nmodel m(x: "
        "float) -> float { f(x) }",
        "model m(x: float) -> float { m(x) }",
        "init a(shape) { b }\ninit b(shape) { a }\nmodel m(x: float[2]) -> float[2] { x |> "
        "dense(2, init = a) }",
        "schedule s(rate: schedule = s) { rate }\ndata d { x: float[2], train = csv(\"a\") }\n"
        "model m(x: float[2]) -> float { x |> dense(1) |> scalar }\ntrain m on d { loss = m(x); "
        "optimizer = sgd(s); epochs = 1 }",
        "layer f(inner: layer)(x: float) -> float { inner(x) }\nmodel m(x: float) -> float { g = "
        "f(f); g(x) }"}) {
    Elaborated elaborated(text);
    EXPECT_FALSE(elaborated.program) << text;
    EXPECT_TRUE(elaborated.diagnostics.hasErrors()) << text;
  }
}

TEST(Robustness, RecursionThatEnds) {
  Elaborated elaborated("layer stack_of(count: int)(x: float[n]) -> float[n] {\n"
                        "  if count == 0 { x } else { x |> dense(n) |> stack_of(count - 1) }\n}\n"
                        "model m(x: float[3]) -> float[3] { x |> stack_of(5) }");
  EXPECT_EQ(elaborated.good().parameters.size(), 10u);
}

} // namespace
