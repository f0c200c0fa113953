// Broadcasting, unification of dimensions, indexing and structure.
#include "tests/lang/elaborate/Elaborating.h"

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

/// The type of what the model gives.
Type resultOf(const std::string &program) {
  Elaborated elaborated(program);
  const Function &predict = elaborated.function("predict");
  return predict.results.empty() ? Type{} : predict.values[predict.results[0].value].type;
}

TEST(Shapes, MissingLeadingDimensionsAreRepeated) {
  Elaborated elaborated("model m(x: float[3, 4], y: float[4]) -> float[3, 4] { x * y + 1 }");
  EXPECT_EQ(elaborated.operations("predict"), "%2 = broadcast %y dims=[1] : float[3, 4]\n"
                                              "%3 = mul %x, %2 : float[3, 4]\n"
                                              "%4 = constant value=1 : float\n"
                                              "%5 = broadcast %4 dims=[] : float[3, 4]\n"
                                              "%output = add %3, %5 : float[3, 4]\n");
}

TEST(Shapes, AReductionMeetsItsOperandAgain) {
  Elaborated elaborated("fn centred(x: float[..., n]) -> float[..., n] { x - mean[n](x) }\n"
                        "model m(x: float[3, 3]) -> float[3, 3] { centred(x) }");
  EXPECT_EQ(elaborated.operations("predict"), "%1 = reduce_sum %x dims=[1] : float[3]\n"
                                              "%2 = constant value=3 : float\n"
                                              "%3 = broadcast %2 dims=[] : float[3]\n"
                                              "%4 = div %1, %3 : float[3]\n"
                                              "%5 = broadcast %4 dims=[0] : float[3, 3]\n"
                                              "%output = sub %x, %5 : float[3, 3]\n");
}

// All of these divide rows, also of a square matrix.
TEST(Shapes, WhatIsReducedMeetsItsDimensionsByName) {
  for (const char *body :
       {"x / sum[w](x)", "total[i] = sum[j] x[i, j]; x / total",
        "total[i] = sum[j] x[i, j]; exp(x) / sqrt(total + 1)",
        "total[i] = sum[j] x[0, j] * x[i, j]; x / total", "first[i] = x[i, 0]; x / first",
        "select(x > 0, max[w](x), min[w](x))", "select(max[w](x) > 0, x, min[w](x))"})
    for (const char *size : {"3, 3", "3, 4"}) {
      Elaborated elaborated(fmt::format("fn f(x: float[h, w]) -> float[h, w] {{ {} }}\n"
                                        "model m(x: float[{}]) -> float[{}] {{ f(x) }}",
                                        body, size, size));
      std::string text = elaborated.operations("predict");
      EXPECT_NE(text.find("dims=[0] : float[" + std::string(size) + "]"), std::string::npos)
          << body << "\n"
          << text;
      EXPECT_EQ(text.find("dims=[1] : float[" + std::string(size) + "]"), std::string::npos)
          << body << "\n"
          << text;
    }
}

// Wherever the name comes from: an input, a config, a setting.
TEST(Shapes, TwoDimensionsOfOneNameAreNotTakenForOne) {
  for (const char *text : {"fn f(x: float[n, n]) -> float[n] { sum[n](x) }",
                           "config n = 3\nfn f(x: float[n, n]) -> float[n] { sum[n](x) }",
                           "fn f(n: int = 3)(x: float[n, n]) -> float[n] { sum[n](x) }"}) {
    Elaborated elaborated(std::string(text) + "\nmodel m(x: float[3, 3]) -> float[3] { x |> f }");
    ASSERT_EQ(elaborated.messages().size(), 1u) << text;
    EXPECT_EQ(elaborated.messages()[0],
              "N0321: `n` does not say which dimension of float[3, 3] is meant")
        << text;
  }
}

// A parameter is not a reduction: it meets the last dimensions.
TEST(Shapes, OtherTensorsMeetTheLastDimensions) {
  for (const char *size : {"n, n", "m, n"}) {
    Elaborated elaborated(
        fmt::format("layer f(x: float[{}]) -> float[{}] {{ param b: float[n] = 1; "
                    "x + b }}\nmodel m(x: float[3, 3]) -> float[3, 3] {{ f(x) }}",
                    size, size));
    EXPECT_NE(elaborated.operations("predict").find("dims=[1] : float[3, 3]"), std::string::npos);
  }
}

TEST(Shapes, NamesTellEqualDimensionsApart) {
  Elaborated elaborated("fn rows(x: float[a, b]) -> float[a] { sum[b](x) }\nfn columns(x: float[a, "
                        "b]) -> float[b] { sum[a](x) }\n"
                        "model m(x: float[3, 3]) -> float[3] { rows(x) + columns(x) }");
  std::string text = elaborated.operations("predict");
  EXPECT_NE(text.find("reduce_sum %x dims=[1]"), std::string::npos);
  EXPECT_NE(text.find("reduce_sum %x dims=[0]"), std::string::npos);
}

TEST(Shapes, DimensionsAreSolved) {
  EXPECT_EQ(resultOf("fn f(x: float[2 * n + 1]) -> float[n] { x[0..n] }\nmodel m(x: float[9]) -> "
                     "float[4] { f(x) }")
                .shape,
            std::vector<int64_t>{4});
  EXPECT_EQ(resultOf("fn f(x: float[a * b], y: float[b]) -> float[a] { x[0..a] }\n"
                     "model m(x: float[12], y: float[3]) -> float[4] { f(x, y) }")
                .shape,
            std::vector<int64_t>{4});
  EXPECT_EQ(
      resultOf("layer f(stride: int)(x: float[H, W]) -> float[H / stride, W] { x[0..H / stride] }\n"
               "model m(x: float[6, 5]) -> float[3, 5] { x |> f(2) }")
          .shape,
      (std::vector<int64_t>{3, 5}));
}

TEST(Shapes, Indexing) {
  EXPECT_EQ(resultOf("model m(x: float[4, 5, 6]) -> float[2, 6] { x[1, 2..4] }").shape,
            (std::vector<int64_t>{2, 6}));
  EXPECT_EQ(resultOf("model m(x: float[4, 5, 6]) -> float[4, 5] { x[..., 0] }").shape,
            (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(resultOf("model m(x: float[7, 5], i: int[3]) -> float[3, 5] { x[i] }").shape,
            (std::vector<int64_t>{3, 5}));
  EXPECT_EQ(
      resultOf("model m(x: float[5, 7], i: int[2, 3]) -> float[5, 2, 3] { x[0..5, i] }").shape,
      (std::vector<int64_t>{5, 2, 3}));
  EXPECT_EQ(resultOf("model m(x: float[5, 7], i: int[5, 3]) -> float[5, 3] { x[..., i] }").shape,
            (std::vector<int64_t>{5, 3}));
  EXPECT_EQ(resultOf("model m(x: float[7], i: int[3]) -> float[3] { x[..., i] }").shape,
            (std::vector<int64_t>{3}));
  Elaborated picked("model m(x: float[5, 7], i: int[5]) -> float[5] { x[..., i] }");
  EXPECT_EQ(picked.operations("predict"), "%output = gather %x, %i batch_dims=1 : float[5]\n");
}

TEST(Shapes, Structure) {
  EXPECT_EQ(resultOf("model m(x: float[4, 6]) -> float[3, 8] { x |> reshape(3, 8) }").shape,
            (std::vector<int64_t>{3, 8}));
  EXPECT_EQ(resultOf("model m(x: float[4, 6]) -> float[6, 4] { x |> transpose() }").shape,
            (std::vector<int64_t>{6, 4}));
  EXPECT_EQ(resultOf("model m(x: float[2], y: float[3]) -> float[5] { concat(x, y) }").shape,
            std::vector<int64_t>{5});
  EXPECT_EQ(resultOf("model m(x: float[2], y: float[2]) -> float[2, 2] { stack(x, y) }").shape,
            (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(
      resultOf("model m(x: float[6]) -> float[2] { a, b, c = x |> split(3); a + b + c }").shape,
      std::vector<int64_t>{2});
  EXPECT_EQ(resultOf("model m(x: float[6]) -> float[6] { reverse(x) }").shape,
            std::vector<int64_t>{6});
}

TEST(Shapes, ElementsAreConverted) {
  EXPECT_EQ(resultOf("model m(x: int[3]) -> float[3] { x * 2 }").element, Element::Float);
  EXPECT_EQ(resultOf("model m(x: int[3]) -> float[3] { x * 0.5 }").element, Element::Float);
  EXPECT_EQ(resultOf("model m(x: float[3]) -> float[3] { x > 0 }").element, Element::Float);
  EXPECT_EQ(resultOf("model m(x: float[3]) -> bool[3] { x > 0 or x < -1 }").element, Element::Bool);
  EXPECT_EQ(resultOf("model m(x: float[3]) -> int { argmax(x) }").element, Element::Int);
}

TEST(Shapes, OnlyTheTrueBranchIsCompiled) {
  Elaborated elaborated("layer f(x: float[n]) -> float[n] { if n == 3 { exp(x) } else { x |> "
                        "dense(1000000000000) } }\n"
                        "model m(x: float[3]) -> float[3] { f(x) }");
  EXPECT_EQ(elaborated.operations("predict"), "%f = exp %x : float[3]\n");
}

TEST(Shapes, ConditionsOnTensorsSelect) {
  Elaborated elaborated("model m(x: float[3]) -> float[3] { if x > 0 { x } else { 0 } }");
  EXPECT_EQ(elaborated.count("predict", "select"), 1);
}

TEST(Shapes, SeveralIndependentErrors) {
  Elaborated elaborated("model m(x: float[3], y: float[4]) -> float[3] {\n  a = x + y\n  b = "
                        "x[7]\n  c = a + b\n  c |> dense(3, unit = 4)\n}");
  EXPECT_EQ(elaborated.messages(),
            (std::vector<std::string>{"N0301: the shapes do not fit for `+`: float[3] and float[4]",
                                      "N0329: the index 7 is not below 3",
                                      "N0202: `dense` has no setting `unit`"}));
}

} // namespace
