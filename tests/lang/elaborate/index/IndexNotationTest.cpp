// Index notation becomes contractions where it can, elementwise operations elsewhere.
#include "tests/lang/elaborate/Elaborating.h"

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

std::string operations(const std::string &model) {
  Elaborated elaborated(model);
  return elaborated.operations("predict");
}

TEST(IndexNotation, MatrixProduct) {
  EXPECT_EQ(operations("model m(x: float[3, 4], w: float[4, 5]) -> float[3, 5] { y[i, k] = sum[j] "
                       "x[i, j] * w[j, k]; y }"),
            "%y = contract %x, %w lhs_labels=[0, 1] rhs_labels=[1, 2] result_labels=[0, 2] : "
            "float[3, 5]\n");
}

TEST(IndexNotation, TransposedResult) {
  EXPECT_EQ(operations("model m(x: float[3, 4], w: float[4, 5]) -> float[5, 3] { y[k, i] = sum[j] "
                       "x[i, j] * w[j, k]; y }"),
            "%y = contract %x, %w lhs_labels=[0, 1] rhs_labels=[1, 2] result_labels=[2, 0] : "
            "float[5, 3]\n");
}

TEST(IndexNotation, SeveralFactorsAreContractedInTurn) {
  std::string text = operations("model m(x: float[3], w: float[3, 4, 5], y: float[4]) -> float[5] "
                                "{ z[k] = sum[i, j] x[i] * w[i, j, k] * y[j]; z }");
  EXPECT_EQ(
      text,
      "%3 = contract %x, %y lhs_labels=[0] rhs_labels=[1] result_labels=[0, 1] : float[3, 4]\n"
      "%z = contract %3, %w lhs_labels=[0, 1] rhs_labels=[0, 1, 2] result_labels=[2] : float[5]\n");
  // The smallest intermediate value goes first: here it is that of the two others.
  std::string other = operations("model m(x: float[9], w: float[9, 8, 2], y: float[8]) -> float[2] "
                                 "{ z[k] = sum[i, j] x[i] * w[i, j, k] * y[j]; z }");
  EXPECT_NE(
      other.find(
          "contract %x, %w lhs_labels=[0] rhs_labels=[0, 1, 2] result_labels=[2, 1] : float[2, 8]"),
      std::string::npos)
      << other;
}

TEST(IndexNotation, NumbersStandOutsideOfTheSum) {
  std::string text =
      operations("model m(x: float[3], y: float[3]) -> float { sum[i] 2 * x[i] * y[i] }");
  EXPECT_NE(text.find("contract %x, %y lhs_labels=[0] rhs_labels=[0] result_labels=[] : float\n"),
            std::string::npos);
  EXPECT_NE(text.find("mul"), std::string::npos);
}

TEST(IndexNotation, Elementwise) {
  std::string text = operations(
      "model m(x: float[3], y: float[4]) -> float[4, 3] { z[j, i] = exp(x[i] - y[j]); z }");
  EXPECT_EQ(text,
            "%2 = broadcast %x dims=[1] : float[4, 3]\n%3 = broadcast %y dims=[0] : float[4, 3]\n"
            "%4 = sub %2, %3 : float[4, 3]\n%z = exp %4 : float[4, 3]\n");
}

TEST(IndexNotation, OtherReductions) {
  std::string text = operations("model m(x: float[3, 4]) -> float[3] { y[i] = max[j] x[i, j]; y }");
  EXPECT_EQ(text, "%y = reduce_max %x dims=[1] : float[3]\n");
}

TEST(IndexNotation, ConditionsOnIndices) {
  std::string text = operations(
      "model m(x: float[3, 3]) -> float[3, 3] { y[i, j] = if i < j { x[i, j] } else { 0 }; y }");
  EXPECT_NE(text.find("iota dim=0 : int[3]"), std::string::npos);
  EXPECT_NE(text.find("compare"), std::string::npos);
  EXPECT_NE(text.find("select"), std::string::npos);
}

TEST(IndexNotation, WhereLeavesOut) {
  std::string sum = operations(
      "model m(x: float[3, 3]) -> float[3] { y[i] = sum[j] (where j <= i: x[i, j]); y }");
  EXPECT_NE(sum.find("constant value=0 : float"), std::string::npos);
  std::string softmax =
      operations("model m(x: float[3, 3]) -> float[3, 3] { softmax(where s <= t: x[t, s]) }");
  EXPECT_NE(softmax.find("constant value=-inf : float"), std::string::npos);
}

TEST(IndexNotation, WhereHasTheDimensionsOfItsValue) {
  EXPECT_EQ(operations("model m(x: float[3, 4], k: float[4]) -> float[3, 4] { softmax(where k[s] > "
                       "0: x[t, s]) }")
                .find("transpose"),
            std::string::npos);
}

TEST(IndexNotation, LookUp) {
  std::string text =
      operations("model m(t: int[6], w: float[10, 3]) -> float[6, 3] { y[i, d] = w[t[i], d]; y }");
  EXPECT_EQ(text, "%y = gather %w, %t batch_dims=0 : float[6, 3]\n");
}

TEST(IndexNotation, SumsOfTwoVariablesAreWindows) {
  EXPECT_EQ(operations("model m(x: float[9], w: float[3]) -> float[7] { y[t] = sum[k] x[t + k] * "
                       "w[k]; y }"),
            "%2 = windows %x dims=[0] sizes=[3] strides=[1] dilations=[1] : float[7, 3]\n"
            "%y = contract %2, %w lhs_labels=[0, 1] rhs_labels=[1] result_labels=[0] : float[7]\n");
}

TEST(IndexNotation, MultiplesAreStridedSlices) {
  EXPECT_EQ(operations("model m(x: float[9]) -> float[4] { y[i in 0..4] = x[2 * i + 1]; y }"),
            "%y = slice %x offsets=[1] sizes=[4] strides=[2] : float[4]\n");
}

TEST(IndexNotation, IndicesOfDimensionsThatStayAreTakenPerPosition) {
  EXPECT_EQ(operations("model m(t: int[6], w: float[6, 10]) -> float[6] { y[i] = w[i, t[i]]; y }"),
            "%y = gather %w, %t batch_dims=1 : float[6]\n");
}

TEST(IndexNotation, OutOfRangeIsAnErrorUnlessAConditionChooses) {
  auto message = [](const std::string &body) {
    Elaborated elaborated("model m(x: float[3, 3]) -> float[3] { " + body + " }");
    return elaborated.messages().empty() ? "" : elaborated.messages()[0].substr(0, 5);
  };
  EXPECT_EQ(message("y[i] = x[i + 1, i]; y"), "N0350");
  EXPECT_EQ(message("y[i] = if i < 2 { x[i + 1, i] } else { 0 }; y"), "");
  EXPECT_EQ(message("y[i in 0..3] = x[i * 2147483647 + i * 2, 0]; y"), "N0350");
}

} // namespace
