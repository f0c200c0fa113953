// The points of a tuning: lists, ranges, grids and draws.
#include "runtime/tune/Space.h"
#include "tests/runtime/Support.h"

#include <array>
#include <cmath>
#include <set>

namespace nnc::runtime {
using namespace test;

TEST(SpaceTest, GridsHaveEveryCombination) {
  const std::vector<Axis> axes = {parseAxis("a", "0.8,0.9", false),
                                  parseAxis("b", "1e-4..1e-1:log:4", false),
                                  parseAxis("c", "1..3:3", true)};
  const std::vector<Point> points = gridPoints(axes);
  ASSERT_EQ(points.size(), 2u * 4 * 3);
  EXPECT_EQ(points[0], (Point{"0.8", "0.0001", "1"}));
  EXPECT_EQ(points[1], (Point{"0.8", "0.0001", "2"}));
  EXPECT_EQ(points[3], (Point{"0.8", "0.001", "1"}));
  EXPECT_EQ(points.back(), (Point{"0.9", "0.1", "3"}));
  EXPECT_TRUE(contains(errorOf([] { gridPoints({parseAxis("a", "1..2:log", false)}); }),
                       "a grid needs the number of values of a range: a=1..2:log:5"));
}

TEST(SpaceTest, DrawsAreDifferentAndBeginWithTheSameOnes) {
  const std::vector<Axis> axes = {parseAxis("a", "1e-4..1:log", false),
                                  parseAxis("b", "x,y", false)};
  const std::vector<Point> few = drawPoints(axes, 7, 10), many = drawPoints(axes, 7, 400);
  ASSERT_EQ(many.size(), 400u);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
  EXPECT_NE(few, drawPoints(axes, 8, 10));
  EXPECT_EQ(std::set(many.begin(), many.end()).size(), 400u);
  // Each decade has about a quarter of the draws: 100, with a standard deviation below 9.
  std::array<int, 4> decades{};
  int x = 0;
  for (const Point &point : many) {
    const double value = std::stod(point[0]);
    ASSERT_TRUE(value >= 1e-4 && value <= 1);
    ++decades[std::min<size_t>(3, static_cast<size_t>(std::log10(value) + 4))];
    x += point[1] == "x";
  }
  for (int decade : decades)
    EXPECT_NEAR(decade, 100, 45);
  EXPECT_NEAR(x, 200, 50);
}

TEST(SpaceTest, IntegersAreEquallyLikelyAndExhausted) {
  const std::vector<Axis> axes = {parseAxis("seed", "-1..2", true)};
  const std::vector<Point> points = drawPoints(axes, 0, 100);
  EXPECT_EQ(std::set(points.begin(), points.end()), (std::set<Point>{{"-1"}, {"0"}, {"1"}, {"2"}}));
  EXPECT_EQ(points.size(), 4u);
}

TEST(SpaceTest, RejectsWrongAxes) {
  for (const auto &[values, message] : {std::pair("", "is empty"),
                                        {"1,,2", "is empty"},
                                        {"1,2,1", "is given twice"},
                                        {"0.1,0.1000", "the value 0.1000 is given twice"},
                                        {"1..2:log:log", "has `log` twice"},
                                        {"1..2:3:log:4", "has a number of values twice"},
                                        {"2..1", "is not a range"},
                                        {"1..x", "is not a range"},
                                        {"..", "is not a range"},
                                        {"0..1:log", "begins above 0"},
                                        {"1..2:lag", "neither `log` nor a number"},
                                        {"1..2:1", "neither `log` nor a number"},
                                        {"1..2:", "neither `log` nor a number"}})
    EXPECT_TRUE(contains(errorOf([&] { parseAxis("a", values, false); }), message)) << values;
  const Axis all = parseAxis("a", "1..1000:1000", true);
  EXPECT_TRUE(contains(errorOf([&] { gridPoints({all, all}); }), "more than 100000 points"));
}

} // namespace nnc::runtime
