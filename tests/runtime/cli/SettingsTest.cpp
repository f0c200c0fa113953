#include "runtime/cli/Settings.h"
#include "tests/runtime/Support.h"

namespace nnc::runtime {
using namespace test;

TEST(SettingsTest, AreFoundByFullKeyOrUniqueLastPart) {
  Description description;
  for (const char *name : {"rate.low", "optimizer.low", "rate.peak", "step"})
    description.scalars.push_back({name, false, 0, std::string(name) != "step", 0, ""});
  auto find = [&](const char *name) { return findSetting(description, name).name; };
  EXPECT_EQ(find("rate.peak"), "rate.peak");
  EXPECT_EQ(find("peak"), "rate.peak");
  EXPECT_EQ(find("optimizer.low"), "optimizer.low");
  EXPECT_EQ(errorOf([&] { find("low"); }), "setting 'low' may be 'rate.low' or 'optimizer.low'");
  EXPECT_EQ(errorOf([&] { find("step"); }),
            "unknown setting 'step'; there are rate.low, optimizer.low, rate.peak");
  EXPECT_TRUE(contains(errorOf([&] { find("paek"); }), "did you mean 'peak'?"));
}

} // namespace nnc::runtime
