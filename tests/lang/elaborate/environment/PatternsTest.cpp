// Patterns of paths: what they mean, and what is suggested where they mean nothing.
#include "lang/elaborate/environment/Patterns.h"

#include <gtest/gtest.h>

#include <vector>

using namespace nnc::lang;

namespace {

TEST(Patterns, NamesMeanPartsOfPaths) {
  EXPECT_TRUE(matchesPath("bias", "encoder.dense.bias"));
  EXPECT_TRUE(matchesPath("encoder", "encoder.dense.bias"));
  EXPECT_TRUE(matchesPath("dense.bias", "encoder.dense.bias"));
  EXPECT_TRUE(matchesPath("encoder.dense.bias", "encoder.dense.bias"));
  EXPECT_FALSE(matchesPath("dense", "encoder.dense_2.bias"));
  EXPECT_FALSE(matchesPath("ias", "encoder.dense.bias"));
  EXPECT_FALSE(matchesPath("encoder.bias", "encoder.dense.bias"));
  EXPECT_TRUE(matchesPath("a.b", "xa.b.a.b"));
  EXPECT_FALSE(matchesPath("", "bias"));
}

TEST(Patterns, StarsStandForAnyCharacters) {
  EXPECT_TRUE(matchesPath("trunk.*", "trunk.dense.weight"));
  EXPECT_FALSE(matchesPath("trunk.*", "trunk_2.dense.weight"));
  EXPECT_FALSE(matchesPath("trunk.*", "outer.trunk.weight"));
  EXPECT_TRUE(matchesPath("trunk*", "trunk_2.dense.weight"));
  EXPECT_TRUE(matchesPath("*.bias", "trunk.dense.bias"));
  EXPECT_TRUE(matchesPath("*block*bias", "a.block_2.dense.bias"));
  EXPECT_FALSE(matchesPath("*block*bias", "a.block_2.dense.bias_2"));
  EXPECT_TRUE(matchesPath("*", "bias"));
  EXPECT_TRUE(matchesPath("a*a*a", "aXaaa"));
  EXPECT_FALSE(matchesPath("a*a*a", "aa"));
}

std::string reported(const std::string &pattern) {
  Diagnostics diagnostics;
  std::vector<std::string> paths = {"trunk.dense.weight", "trunk.dense.bias", "head.weight"};
  return checkPattern(diagnostics, pattern, {}, paths) ? "" : diagnostics.render();
}

TEST(Patterns, SuggestsWhatMeansSomething) {
  EXPECT_EQ(reported("trunk.*"), "");
  EXPECT_NE(reported("trnk.*").find("did you mean `trunk.*`?"), std::string::npos);
  EXPECT_NE(reported("biass").find("did you mean `bias`?"), std::string::npos);
  EXPECT_NE(reported("encoder*")
                .find("the model has trunk.dense.weight, trunk.dense.bias, "
                      "head.weight"),
            std::string::npos);
}

} // namespace
