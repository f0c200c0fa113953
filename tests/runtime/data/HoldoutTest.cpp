#include "runtime/data/Holdout.h"
#include "tests/runtime/Support.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <set>

namespace nnc::runtime {

using Manner = Selection::Manner;
using test::errorOf;

/// 100 examples: the class is 0 for 70, 1 for 20, 2 for 9, 3 for one; 13 groups of different sizes;
/// times that fall, and weights.
class HoldoutTest : public ::testing::Test {
protected:
  HoldoutTest() {
    block.name = "d";
    dataset.examples = 100;
    add("label", DType::I32, [](int64_t i) { return i < 70 ? 0 : i < 90 ? 1 : i < 99 ? 2 : 3; });
    add("group", DType::I32, [](int64_t i) { return i < 40 ? 7 : i * 5 % 11 + 20 * (i % 2); });
    add("time", DType::F32, [](int64_t i) { return 1000 - 2 * i; });
    add("weight", DType::F32, [](int64_t i) { return i % 4 == 0 ? 3 : i % 4 == 1 ? 1 : 0; });
  }

  template <typename Value> void add(const char *name, DType type, Value value) {
    DataField field;
    field.name = name;
    field.dtype = type;
    block.fields.push_back(field);
    FieldData data = FieldData::of(field);
    for (int64_t i = 0; i < dataset.examples; ++i) {
      double number = value(i);
      data.bytes.resize(data.bytes.size() + 4);
      convertElements(reinterpret_cast<const char *>(&number), DType::F64,
                      data.bytes.data() + data.bytes.size() - 4, type, 1);
    }
    dataset.fields.push_back(std::move(data));
  }

  int64_t value(const char *field, int64_t row) const {
    const FieldData &data = *dataset.field(field);
    return static_cast<int64_t>(loadElement(data.data(row), data.storage, 0));
  }

  std::map<int64_t, int64_t> counts(const char *field, const Rows &rows) const {
    std::map<int64_t, int64_t> result;
    for (int64_t row : rows)
      ++result[value(field, row)];
    return result;
  }

  /// The rows of a Split, as lists.
  struct Parts {
    Rows train, validation;
  };
  Parts choose(Manner manner, const std::string &field, double fraction, Fold fold = {}) {
    Recipe recipe;
    recipe.validate = fraction;
    recipe.validateBy = {manner, field};
    const Split chosen = chooseHeldOut(block, recipe, dataset, fold);
    Parts split{chosen.train.toList(), chosen.validation.toList()};
    EXPECT_TRUE(std::ranges::is_sorted(split.train) && std::ranges::is_sorted(split.validation));
    std::set<int64_t> all(split.train.begin(), split.train.end());
    for (int64_t row : split.validation)
      EXPECT_TRUE(all.insert(row).second) << row << " is on both sides";
    return split;
  }

  DataBlock block;
  Dataset dataset;
};

TEST_F(HoldoutTest, RandomRowsAreSpreadOverTheData) {
  const Parts split = choose(Manner::Random, "", 0.1);
  EXPECT_EQ(split.validation.size(), 10u);
  EXPECT_GT(split.validation[9] - split.validation[0], 50);
  EXPECT_EQ(choose(Manner::Random, "", 0.1).validation, split.validation);
  EXPECT_EQ(choose(Manner::Random, "", 0.001).validation.size(), 1u);
  EXPECT_EQ(choose(Manner::Random, "", 0.999).train.size(), 1u);
}

TEST_F(HoldoutTest, StratifiedHoldsOutThePartOfEachClass) {
  Parts split = choose(Manner::Stratified, "label", 0.2);
  EXPECT_EQ(split.train.size() + split.validation.size(), 100u);
  EXPECT_EQ(counts("label", split.validation),
            (std::map<int64_t, int64_t>{{0, 14}, {1, 4}, {2, 2}}));
  // The choice is at random, and the same for every process and machine.
  EXPECT_EQ(Rows(split.validation.begin(), split.validation.begin() + 5), (Rows{1, 2, 14, 17, 18}));
}

TEST_F(HoldoutTest, GroupsStayTogether) {
  for (double fraction : {0.1, 0.3, 0.5}) {
    Parts split = choose(Manner::Grouped, "group", fraction);
    EXPECT_EQ(split.train.size() + split.validation.size(), 100u);
    std::map<int64_t, int64_t> trained = counts("group", split.train);
    int64_t largest = 0;
    for (const auto &[group, count] : counts("group", inOrder(100)))
      largest = std::max(largest, count);
    // A further group, or one less, would be further from the part.
    EXPECT_NEAR(static_cast<double>(split.validation.size()), 100 * fraction,
                static_cast<double>(largest) / 2);
    for (const auto &[group, count] : counts("group", split.validation))
      EXPECT_FALSE(trained.contains(group)) << group;
  }
  for (FieldData &field : dataset.fields)
    if (field.name == "group")
      std::ranges::fill(field.bytes, char(0));
  EXPECT_EQ(errorOf([&] { choose(Manner::Grouped, "group", 0.1); }),
            "data 'd': 'group' has 1 different values, too few groups to hold out some and to keep "
            "some");
}

TEST_F(HoldoutTest, LatestHoldsOutTheLargestValues) {
  Parts byOrder = choose(Manner::Latest, "", 0.25), byTime = choose(Manner::Latest, "time", 0.25);
  EXPECT_EQ(byOrder.validation.front(), 75);
  EXPECT_EQ(byOrder.validation.size(), 25u);
  EXPECT_EQ(byTime.validation, inOrder(25)); // times fall
}

TEST_F(HoldoutTest, FoldsHoldOutEachExampleOnce) {
  for (auto [manner, field] :
       {std::pair(Manner::Random, ""), std::pair(Manner::Stratified, "label"),
        std::pair(Manner::Grouped, "group")}) {
    std::set<int64_t> seen;
    for (int64_t index = 0; index < 7; ++index) {
      Parts split = choose(manner, field, 0.1, {index, 7});
      EXPECT_EQ(split.train.size() + split.validation.size(), 100u);
      if (manner != Manner::Grouped)
        EXPECT_TRUE(split.validation.size() == 14 || split.validation.size() == 15);
      if (manner == Manner::Stratified)
        EXPECT_EQ(counts("label", split.validation)[0], 10);
      if (manner == Manner::Grouped) {
        std::map<int64_t, int64_t> trained = counts("group", split.train);
        int64_t largest = 0;
        for (const auto &[group, count] : counts("group", inOrder(100)))
          largest = std::max(largest, count);
        EXPECT_NEAR(static_cast<double>(split.validation.size()), 100.0 / 7,
                    static_cast<double>(largest));
        for (const auto &[group, count] : counts("group", split.validation))
          EXPECT_FALSE(trained.contains(group));
      }
      for (int64_t row : split.validation)
        EXPECT_TRUE(seen.insert(row).second) << row;
    }
    EXPECT_EQ(seen.size(), 100u);
  }
}

TEST_F(HoldoutTest, LatestFoldsTrainOnThePast) {
  for (int64_t index = 0; index < 4; ++index) {
    Parts split = choose(Manner::Latest, "", 0.1, {index, 4});
    EXPECT_EQ(split.train, inOrder(20 * (index + 1)));
    EXPECT_EQ(split.validation.front(), 20 * (index + 1));
    EXPECT_EQ(split.validation.size(), 20u);
  }
}

TEST_F(HoldoutTest, DrawsByWeights) {
  Recipe recipe;
  recipe.sample = {Manner::Weighted, "weight"};
  std::vector<double> weights = weightsOf(recipe, dataset);
  std::map<int64_t, int64_t> drawn;
  Rows again = inOrder(100);
  drawWeighted(again, weights, 5, 0, 0, std::ssize(again));
  for (uint32_t epoch = 0; epoch < 100; ++epoch) {
    Rows rows = inOrder(100);
    drawWeighted(rows, weights, 5, epoch, 0, std::ssize(rows));
    EXPECT_EQ(rows == again, epoch == 0);
    for (int64_t row : rows)
      ++drawn[row % 4];
  }
  EXPECT_EQ(drawn.size(), 2u);
  // Of 10,000 draws a quarter: four standard deviations are 173.
  EXPECT_NEAR(static_cast<double>(drawn[1]), 2500, 173);

  recipe.sample = {Manner::Balanced, "label"};
  weights = weightsOf(recipe, dataset);
  drawn.clear();
  for (uint32_t epoch = 0; epoch < 100; ++epoch) {
    Rows rows = inOrder(100);
    drawWeighted(rows, weights, 5, epoch, 0, std::ssize(rows));
    for (int64_t row : rows)
      ++drawn[value("label", row)];
  }
  for (int64_t label : {0, 1, 2, 3})
    EXPECT_NEAR(static_cast<double>(drawn[label]), 2500, 173);

  // Only what is trained on counts, and negative weights are none.
  dataset.split = Split{Rows{70, 71, 99}, {}};
  weights = weightsOf(recipe, dataset);
  EXPECT_EQ(weights[70], 0.5);
  EXPECT_EQ(weights[99], 1);
  recipe.sample = {Manner::Weighted, "time"};
  dataset.split = Split{Rows{0, 1}, {}};
  for (FieldData &field : dataset.fields)
    if (field.name == "time") {
      const float negative = -1;
      std::memcpy(field.bytes.data() + 4, &negative, 4);
    }
  EXPECT_EQ(errorOf([&] { weightsOf(recipe, dataset); }),
            "example 1: the weight 'time' is -1, which is negative");
}

} // namespace nnc::runtime
