// Arithmetic that is done when compiling, loops, conditions, configs.
#include "tests/lang/elaborate/Elaborating.h"

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

/// The value of an expression, read from the constant that predict gives.
double value(const std::string &expression,
             std::vector<std::pair<std::string, std::string>> settings = {}) {
  Elaborated elaborated(
      "config half = 1 / 2, width = 6, flag = true, label = \"a\"\nfn id(x: float) -> float { x }\n"
      "model m(x: float) -> float { " +
          expression + " }",
      std::move(settings));
  for (const Operation &operation : elaborated.function("predict").operations)
    if (operation.name == "constant") {
      const Attribute &attribute = operation.attributes[0].second;
      return std::holds_alternative<double>(attribute) ? std::get<double>(attribute)
                                                       : double(std::get<int64_t>(attribute));
    }
  ADD_FAILURE() << "no constant: " << elaborated.diagnostics.render();
  return 0;
}

TEST(Constants, Arithmetic) {
  EXPECT_EQ(value("7 / 2"), 3.5);
  EXPECT_EQ(value("8 / 2"), 4);
  EXPECT_EQ(value("2^10"), 1024);
  EXPECT_EQ(value("2^-1"), 0.5);
  EXPECT_EQ(value("-2^2"), -4);
  EXPECT_EQ(value("7 % 4"), 3);
  EXPECT_EQ(value("10%"), 0.1);
  EXPECT_EQ(value("max(2, 3) + min(2, 3)"), 5);
  EXPECT_EQ(value("id(2.5)"), 2.5);
}

TEST(Constants, Functions) {
  EXPECT_DOUBLE_EQ(value("sqrt(2)"), 1.4142135623730951);
  EXPECT_DOUBLE_EQ(value("exp(1)"), 2.718281828459045);
  EXPECT_DOUBLE_EQ(value("cos(pi)"), -1);
  EXPECT_EQ(value("floor(2.7) + ceil(2.2)"), 5);
  EXPECT_EQ(value("round(2.5) + round(3.5) + round(-1.2)"), 5);
  EXPECT_EQ(value("relu(-3) + abs(-2)"), 2);
}

TEST(Constants, ConditionsAndLoops) {
  EXPECT_EQ(value("if half < 1 and not (half < 0) { 1 } else { 2 }"), 1);
  EXPECT_EQ(value("if flag { 1 } else { 2 }", {{"flag", "false"}}), 2);
  EXPECT_EQ(value("if label == \"b\" { 1 } else { 2 }", {{"label", "b"}}), 1);
  EXPECT_EQ(value("total = 0; for i in 0..5 { total = total + i }; total"), 10);
  EXPECT_EQ(value("total = 0; for i in 3..3 { total = 1 }; total"), 0);
}

TEST(Constants, ConfigFromTheCommandLine) {
  EXPECT_EQ(value("half", {{"half", "3"}}), 3);
  EXPECT_EQ(value("half", {{"half", "1e-3"}}), 1e-3);
  EXPECT_EQ(value("width", {{"width", "12"}}), 12);
}

TEST(Constants, Overflow) {
  Elaborated elaborated("config a = 2^62 * 2\nmodel m(x: float[a]) -> float[a] { x }");
  EXPECT_FALSE(elaborated.program);
  EXPECT_EQ(elaborated.messages(),
            std::vector<std::string>{"N0308: 4611686018427387904 * 2 does not fit in 64 bits"});
}

TEST(Constants, DivisionByZero) {
  for (const char *text : {"1 / 0", "1 % 0", "1.5 / 0"}) {
    Elaborated elaborated(std::string("model m(x: float) -> float { ") + text + " }");
    EXPECT_EQ(elaborated.messages(), std::vector<std::string>{"N0308: division by 0"}) << text;
  }
}

} // namespace
