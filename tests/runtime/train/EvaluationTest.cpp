#include "runtime/support/Error.h"
#include "runtime/train/Evaluation.h"
#include "tests/runtime/Support.h"

#include <cmath>

namespace nnc::runtime {

TEST(MeasuresTest, NanHasNoSign) {
  Measures measures{std::copysign(NAN, -1.0), {{"q", {-INFINITY}}, {"p", {NAN}}}};
  EXPECT_EQ(measures.describe(), "loss nan, q -inf, p nan");
  EXPECT_EQ(numberText(9, std::copysign(NAN, -1.0)), "nan");
  EXPECT_EQ(numberText(4, 0.123456), "0.1235");
}

TEST(MeasuresTest, ListsAreNestedByTheirDimensions) {
  auto number = [](double value) { return numberText(4, value); };
  EXPECT_EQ((Metric{"m", {0.5}, {}}.json(number)), "0.5");
  EXPECT_EQ((Metric{"m", {1, 2, 3}, {3}}.json(number)), "[1,2,3]");
  EXPECT_EQ((Metric{"m", {1, 2, 3, 4, 5, 6}, {3, 2}}.json(number)), "[[1,2],[3,4],[5,6]]");
  EXPECT_EQ((Metric{"m", {1, 2, 3, 4}, {2, 1, 2}}.json(number)), "[[[1,2]],[[3,4]]]");
}

TEST(MeasuresTest, PairsAreCountedWithHalfOfTheTies) {
  Ranking ranking;
  uint32_t state = 1;
  for (int i = 0; i < 300; ++i) {
    state = state * 1664525 + 1013904223;
    ranking.examples.emplace_back(state >> 28, state >> 20 & 1);
  }
  double pairs = 0;
  for (auto [score, positive] : ranking.examples)
    for (auto [other, otherPositive] : ranking.examples)
      if (positive > 0 && otherPositive == 0)
        pairs += score > other ? 1 : score == other ? 0.5 : 0;
  EXPECT_EQ(ranking.orderedPairs(), pairs);
  EXPECT_EQ(Ranking().orderedPairs(), 0);
}

} // namespace nnc::runtime
