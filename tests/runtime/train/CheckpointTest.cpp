#include "runtime/train/Checkpoint.h"
#include "runtime/data/DataHash.h"
#include "tests/runtime/Support.h"

#include <cmath>
#include <limits>

namespace nnc::runtime {
using namespace test;

TEST(CheckpointTest, KeepsNumbersThatAreNotFinite) {
  TemporaryFolder folder;
  Description description;
  TrainingState state;
  state.step = 3;
  state.epoch = 1;
  state.position = 8;
  state.steps = {20};
  state.examples = 16;
  state.batch = 8;
  state.sums = {8, 0.5, INFINITY, -INFINITY, NAN};
  state.data["train"] = "0";
  saveCheckpoint(folder.path("w"), {description, {}, nullptr, nullptr, &state});
  TrainingState loaded =
      loadForResume(Safetensors::read(folder.path("w")), description, nullptr, nullptr).state;
  ASSERT_EQ(loaded.sums.size(), 5u);
  EXPECT_EQ(loaded.sums[1], 0.5);
  EXPECT_EQ(loaded.sums[2], INFINITY);
  EXPECT_EQ(loaded.sums[3], -INFINITY);
  EXPECT_TRUE(std::isnan(loaded.sums[4]));
  EXPECT_EQ(loaded.bestLoss, INFINITY);
  EXPECT_EQ(loaded.validationLoss, INFINITY);
  EXPECT_EQ(loaded.data, state.data);
  checkPlace(loaded, "w", 1);
}

TEST(DataHashTest, SeesEveryBit) {
  Dataset data;
  data.examples = 3;
  data.fields.resize(1);
  data.fields[0].name = "x";
  data.fields[0].shape = {5};
  data.fields[0].bytes.assign(15, 7);
  const std::string whole = hashOf(data);
  EXPECT_EQ(whole.size(), 16u);
  EXPECT_EQ(hashOf(data), whole);
  for (char &byte : data.fields[0].bytes)
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ 1 << bit);
      EXPECT_NE(hashOf(data), whole);
      byte = static_cast<char>(byte ^ 1 << bit);
    }
  std::swap(data.fields[0].bytes[0], data.fields[0].bytes[14]);
  EXPECT_EQ(hashOf(data), whole) << "both were 7";
  data.fields[0].name = "y";
  EXPECT_NE(hashOf(data), whole);
}

} // namespace nnc::runtime
