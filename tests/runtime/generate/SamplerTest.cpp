// The choice of the next element: its order, its ties, and its distribution.
#include "runtime/generate/Sampler.h"

#include "runtime/support/Error.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <set>

namespace nnc::runtime {
namespace {

std::vector<int64_t> counts(const Sampling &sampling, const std::vector<double> &logits,
                            int64_t draws, std::vector<int32_t> before = {}) {
  Sampler sampler(sampling, 7);
  std::vector<int64_t> result(logits.size());
  for (int64_t i = 0; i < draws; ++i)
    ++result[static_cast<size_t>(sampler.choose(logits, before, i % 10, i / 10))];
  return result;
}

/// The elements that are ever drawn.
std::set<size_t> support(const Sampling &sampling, const std::vector<double> &logits) {
  std::set<size_t> result;
  std::vector<int64_t> drawn = counts(sampling, logits, 2000);
  for (size_t i = 0; i < drawn.size(); ++i)
    if (drawn[i])
      result.insert(i);
  return result;
}

/// Pearson's statistic of 100,000 draws against softmax(logits / temperature) of the elements
/// `kept`.
double chiSquare(const Sampling &sampling, const std::vector<double> &logits,
                 const std::set<size_t> &kept) {
  constexpr int64_t draws = 100'000;
  std::vector<int64_t> drawn = counts(sampling, logits, draws);
  double total = 0, statistic = 0;
  for (size_t i : kept)
    total += std::exp(logits[i] / sampling.temperature);
  for (size_t i = 0; i < logits.size(); ++i) {
    double expected =
        kept.count(i) ? draws * std::exp(logits[i] / sampling.temperature) / total : 0;
    if (expected == 0) {
      EXPECT_EQ(drawn[i], 0);
      continue;
    }
    double difference = static_cast<double>(drawn[i]) - expected;
    statistic += difference * difference / expected;
  }
  return statistic;
}

const std::vector<double> ten = {0.3, -1.2, 2.1, 0.0, 1.4, -0.5, 0.9, -2.0, 1.1, 0.6};

TEST(Sampler, DrawsByTheProbabilities) {
  // The 99.9 % quantiles of chi-square with 9, 4 and 2 degrees of freedom.
  EXPECT_LT(chiSquare({}, ten, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), 27.88);
  EXPECT_LT(chiSquare({.temperature = 0.7}, ten, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), 27.88);
  EXPECT_LT(chiSquare({.topK = 5}, ten, {2, 4, 8, 6, 9}), 18.47);
  EXPECT_LT(chiSquare({.topP = 0.6}, ten, {2, 4, 8}), 13.82);
}

TEST(Sampler, TopK) {
  EXPECT_EQ(support({.topK = 0}, ten).size(), 10u);
  EXPECT_EQ(support({.topK = 1}, ten), std::set<size_t>{2});
  EXPECT_EQ(support({.topK = 11}, ten).size(), 10u);
}

TEST(Sampler, TopP) {
  EXPECT_EQ(support({.topP = 1}, ten).size(), 10u);
  EXPECT_EQ(support({.topP = 0}, ten), std::set<size_t>{2});
}

TEST(Sampler, MinP) {
  // exp(1.1 - 2.1) is 0.37, exp(1.4 - 2.1) 0.50.
  EXPECT_EQ(support({.minP = 0.4}, ten), (std::set<size_t>{2, 4}));
  EXPECT_EQ(support({.minP = 1}, ten), std::set<size_t>{2});
}

TEST(Sampler, TheTemperatureComesBeforeTopP) {
  EXPECT_EQ(support({.topP = 0.8}, {3, 2, 1}), (std::set<size_t>{0, 1}));
  EXPECT_EQ(support({.temperature = 0.5, .topP = 0.8}, {3, 2, 1}), std::set<size_t>{0});
}

TEST(Sampler, TopPCountsWhatTopKLeaves) {
  // 0.5, 0.25 and 0.25: of the first two the first has two thirds.
  std::vector<double> logits = {std::log(2), 0, 0};
  EXPECT_EQ(support({.topK = 2, .topP = 0.6}, logits), std::set<size_t>{0});
  EXPECT_EQ(support({.topP = 0.6}, logits), (std::set<size_t>{0, 1}));
}

TEST(Sampler, EqualLogitsComeByTheirNumber) {
  EXPECT_EQ(support({.temperature = 0}, {1, 1, 1}), std::set<size_t>{0});
  EXPECT_EQ(support({.topK = 2}, {0, 1, 1, 1}), (std::set<size_t>{1, 2}));
  EXPECT_EQ(support({.topP = 0}, {1, 1, 1}), std::set<size_t>{0});
}

TEST(Sampler, ATemperatureOfZeroTakesTheHighest) {
  EXPECT_EQ(support({.temperature = 0}, ten), std::set<size_t>{2});
}

TEST(Sampler, RepetitionPenalty) {
  Sampler sampler({.temperature = 0, .repetitionPenalty = 2}, 0);
  std::vector<double> logits = {3, 2, -1};
  std::vector<int32_t> once = {0}, twice = {0, 0}, both = {0, 1};
  EXPECT_EQ(sampler.choose(logits, {}, 0, 0), 0);
  EXPECT_EQ(sampler.choose(logits, once, 0, 1), 1);  // 1.5, 2, -1
  EXPECT_EQ(sampler.choose(logits, twice, 0, 2), 1); // once only
  EXPECT_EQ(sampler.choose(logits, both, 0, 2), 0);  // 1.5, 1, -1
  std::vector<double> negative = {-1, -1.5};
  EXPECT_EQ(sampler.choose(negative, once, 0, 1), 1); // -2, -1.5
}

TEST(Sampler, InfiniteLogits) {
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(support({}, {0, -infinity, 0}), (std::set<size_t>{0, 2}));
  EXPECT_EQ(support({}, {0, infinity, 0}), std::set<size_t>{1});
  EXPECT_EQ(support({}, {-infinity, -infinity}).size(), 2u);
}

TEST(Sampler, NeverDrawsExcludedElements) {
  Sampler sampler({}, 0), coldest({.temperature = 0}, 0);
  sampler.exclude(0);
  coldest.exclude(0);
  std::vector<double> logits = {9, 1, 0};
  for (int64_t position = 0; position < 100; ++position)
    EXPECT_NE(sampler.choose(logits, {}, 0, position), 0);
  EXPECT_EQ(coldest.choose(logits, {}, 0, 0), 1);
}

TEST(Sampler, RefusesNan) {
  Sampler sampler({}, 0);
  std::vector<double> logits = {0, std::nan("")};
  try {
    sampler.choose(logits, {}, 0, 5);
    FAIL();
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "the logit of element 1 at position 5 is not a number");
  }
}

TEST(Sampler, DependsOnSeedSampleAndPositionAlone) {
  Sampler one({}, 3), other({}, 3), seeded({}, 4);
  int differs[3] = {};
  for (int64_t position = 0; position < 100; ++position) {
    int32_t drawn = one.choose(ten, {}, 2, position);
    EXPECT_EQ(drawn, other.choose(ten, {}, 2, position));
    differs[0] += drawn != seeded.choose(ten, {}, 2, position);
    differs[1] += drawn != other.choose(ten, {}, 1, position);
    differs[2] += drawn != other.choose(ten, {}, 2, position + 1);
  }
  for (int count : differs)
    EXPECT_GT(count, 30);
}

} // namespace
} // namespace nnc::runtime
