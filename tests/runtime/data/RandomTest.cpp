#include "runtime/data/Random.h"

#include "runtime/support/Error.h"

#include <gtest/gtest.h>

namespace nnc::runtime {

static DataBlock block() {
  DataBlock block;
  block.name = "numbers";
  block.fields = {{"x", DType::F32, {4}, 0, {}},
                  {"y", DType::F64, {4}, 0, {}},
                  {"label", DType::I32, {}, 3, {}}};
  return block;
}

static Dataset draw(const DataBlock &block, const char *name) {
  DataSplit split;
  split.name = name;
  split.reader = "random";
  split.examples = 1000;
  DataConventions conventions;
  return drawSplit(block, split, "", conventions);
}

TEST(RandomTest, DrawsFloatsBelowOneAndEqualClasses) {
  Dataset data = draw(block(), "train");
  ASSERT_EQ(data.examples, 1000);
  // Expectation 1/2; the mean of 4000 deviates from it by 0.005.
  for (size_t field : {0u, 1u}) {
    double sum = 0;
    for (int64_t i = 0; i < 4000; ++i) {
      double number = loadElement(data.fields[field].bytes.data(), data.fields[field].storage, i);
      EXPECT_TRUE(number >= 0 && number < 1);
      sum += number;
    }
    EXPECT_NEAR(sum / 4000, 0.5, 0.025);
  }
  // Expectation 333, deviation 15.
  int counts[3] = {};
  for (int64_t i = 0; i < 1000; ++i)
    ++counts[static_cast<size_t>(loadElement(data.fields[2].bytes.data(), DType::I32, i))];
  for (int count : counts)
    EXPECT_NEAR(count, 333, 75);
}

TEST(RandomTest, IsTheSameInEachRunAndAnotherInEachSplit) {
  EXPECT_EQ(draw(block(), "train").fields[1].bytes, draw(block(), "train").fields[1].bytes);
  EXPECT_NE(draw(block(), "train").fields[1].bytes, draw(block(), "test").fields[1].bytes);
}

TEST(RandomTest, RefusesIntegers) {
  DataBlock integers = block();
  integers.fields[2].classes = 0;
  EXPECT_THROW(draw(integers, "train"), Error);
}

} // namespace nnc::runtime
