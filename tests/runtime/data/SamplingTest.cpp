#include "runtime/data/Sampling.h"
#include "runtime/support/Error.h"
#include "runtime/support/Philox.h"

#include <algorithm>
#include <cmath>
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

/// All rows are on one side, each ascending.
static void checkSplit(const Split &split, int64_t count) {
  const Rows train = split.train.toList(), validation = split.validation.toList();
  EXPECT_EQ(std::ssize(train), split.train.size());
  EXPECT_TRUE(std::ranges::is_sorted(train) && std::ranges::is_sorted(validation));
  Rows all = train;
  all.insert(all.end(), validation.begin(), validation.end());
  std::ranges::sort(all);
  EXPECT_EQ(all, inOrder(count));
}

TEST(SamplingTest, SpreadRowsAreOneOfEachStride) {
  for (int64_t count : {2, 3, 10, 97, 1000})
    for (double fraction : {0.0, 0.001, 0.1, 0.33, 0.5, 0.7, 0.999}) {
      const Split split = spreadRows(count, fraction);
      EXPECT_EQ(split.validation.size(),
                fraction > 0
                    ? std::clamp<int64_t>(std::llround(fraction * double(count)), 1, count - 1)
                    : 0);
      checkSplit(split, count);
      for (int64_t i = 0; i < split.validation.size(); ++i) {
        const int64_t row = split.validation[i], held = split.validation.size();
        EXPECT_TRUE(row >= i * count / held && row < (i + 1) * count / held);
      }
    }
  // As many as there are, the places cost nothing.
  const Split large = spreadRows(int64_t{1} << 40, 0.1);
  EXPECT_LT(large.train[large.train.size() - 1], int64_t{1} << 40);
  EXPECT_GE(large.train[large.train.size() - 1], (int64_t{1} << 40) - 2);
  Rows buffer;
  const int64_t *part = large.train.part(1'000'000'000, 3, buffer);
  EXPECT_EQ(part[2], large.train[1'000'000'002]);
}

TEST(SamplingTest, SplitKeepsBothSides) {
  EXPECT_TRUE(spreadRows(10, 0).validation.empty());
  EXPECT_EQ(spreadRows(1, 0).train.size(), 1);
  EXPECT_THROW(spreadRows(1, 0.5), Error);
  EXPECT_THROW(spreadRows(1, 0.01), Error);
}

} // namespace nnc::runtime
