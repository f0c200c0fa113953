#include "runtime/data/Sampling.h"
#include "runtime/support/Error.h"
#include "runtime/support/Philox.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace nnc::runtime {

// The published known answers of Random123 (kat_vectors, philox4x32 10).
TEST(PhiloxTest, KnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(SamplingTest, BatchesAreOfOneBucket) {
  std::vector<uint8_t> bucketOf(47);
  for (size_t row = 0; row < bucketOf.size(); ++row)
    bucketOf[row] = row % 7 < 4 ? 0 : row % 7 < 6 ? 1 : 2; // 28, 13, 6 rows
  std::set<Rows> seen;
  for (uint64_t seed : {0, 1})
    for (uint32_t epoch : {0, 1}) {
      Rows rows = inOrder(47), again = rows;
      shuffle(rows, seed, epoch);
      shuffle(again, seed, epoch);
      sortIntoBuckets(rows, bucketOf, 5, seed, epoch);
      sortIntoBuckets(again, bucketOf, 5, seed, epoch);
      EXPECT_EQ(rows, again);
      // Of 9 full batches 5 + 2 + 1 are of one bucket. The last batch is that of the 2 other rows.
      int pure = 0;
      for (size_t begin = 0; begin < 45; begin += 5) {
        std::set<uint8_t> buckets;
        for (size_t i = begin; i < begin + 5; ++i)
          buckets.insert(bucketOf[static_cast<size_t>(rows[i])]);
        pure += buckets.size() == 1;
      }
      EXPECT_EQ(pure, 8);
      seen.insert(rows);
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(rows, inOrder(47));
    }
  EXPECT_EQ(seen.size(), 4u);
  Rows few{3, 1};
  sortIntoBuckets(few, bucketOf, 5, 0, 0);
  EXPECT_EQ(few, (Rows{3, 1}));
  Rows none;
  sortIntoBuckets(none, bucketOf, 5, 0, 0);
  EXPECT_TRUE(none.empty());
}

TEST(SamplingTest, ShuffleIsAPermutationOfSeedAndEpoch) {
  std::set<Rows> seen;
  for (uint64_t seed : {0, 1}) {
    for (uint32_t epoch : {0u, 1u}) {
      Rows rows = inOrder(100), again = inOrder(100);
      shuffle(rows, seed, epoch);
      shuffle(again, seed, epoch);
      EXPECT_EQ(rows, again);
      seen.insert(rows);
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(rows, inOrder(100));
    }
  }
  EXPECT_EQ(seen.size(), 4u);
}

// Every element should come first about equally often: 6000 shuffles of 6, expectation 1000,
// deviation 29.
TEST(SamplingTest, ShuffleIsUniform) {
  int first[6] = {};
  for (uint32_t epoch = 0; epoch < 6000; ++epoch) {
    Rows rows = inOrder(6);
    shuffle(rows, 5, epoch);
    ++first[rows[0]];
  }
  for (int count : first)
    EXPECT_NEAR(count, 1000, 150);
}

TEST(SamplingTest, SplitIsDisjointAndComplete) {
  Split split = splitRows(1000, 0.1);
  EXPECT_EQ(split.validation.size(), 100u);
  EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
  Rows all = split.train;
  all.insert(all.end(), split.validation.begin(), split.validation.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, inOrder(1000));
  EXPECT_EQ(splitRows(1000, 0.1).validation, split.validation);
  EXPECT_GT(split.validation.back() - split.validation.front(), 500) << "not spread over the data";
}

TEST(SamplingTest, SplitKeepsBothSides) {
  EXPECT_TRUE(splitRows(10, 0).validation.empty());
  EXPECT_EQ(splitRows(10, 0.001).validation.size(), 1u);
  EXPECT_EQ(splitRows(10, 0.999).train.size(), 1u);
  EXPECT_EQ(splitRows(1, 0).train.size(), 1u);
  EXPECT_EQ(splitRows(2, 0.5).train.size(), 1u);
  EXPECT_THROW(splitRows(1, 0.5), Error);
  EXPECT_THROW(splitRows(1, 0.01), Error);
}

} // namespace nnc::runtime
