// The space of a tuning: its axes, each with the values of one setting, and the points that are tried.
// Values are texts, as a command line has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::runtime {

struct Axis {
  std::string name;
  std::vector<std::string> values = {}; ///< empty: a range
  double low = 0, high = 0;
  bool logarithmic = false; ///< equally many draws in each decade
  bool whole = false;       ///< its values are integers
  int64_t points = 0;       ///< of a range in a grid; 0: not given
};

/// Reads `0.8,0.9,0.95`, a list, or a range: `1e-4..1e-1`, `1e-4..1e-1:log`, `1e-4..1e-1:log:4`. A range
/// between integers has integers if `mayBeWhole`. Throws Error, which begins with the name.
Axis parseAxis(const std::string &name, std::string_view values, bool mayBeWhole);

/// A value for each axis.
using Point = std::vector<std::string>;

/// Every combination; the last axis changes fastest. Throws Error if a range does not say of how many
/// values, or if there are more than `mostPoints`.
std::vector<Point> gridPoints(const std::vector<Axis> &axes);
constexpr int64_t mostPoints = 100'000;

/// Different points, drawn by the seed: `count` of them, or all if there are fewer. More points begin
/// with the same ones.
std::vector<Point> drawPoints(const std::vector<Axis> &axes, int64_t seed, int64_t count);

} // namespace nnc::runtime
