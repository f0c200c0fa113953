// The distribution of what `initialize` fills a weight with, against the standard errors that the
// file states.
#include "tests/parity/Checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nnc::parity {
namespace {

/// So many standard errors are allowed, as the file says.
constexpr double allowedErrors = 5;
/// Uniform samples of this size reach this part of their bounds.
constexpr double reachedBound = 0.999;

void checkSample(const Array &sample, const GoldenInitialiser &golden, Measurement &measurement) {
  double count = static_cast<double>(sample.size()), mean = 0, square = 0;
  for (double value : sample.values)
    mean += value / count;
  for (double value : sample.values)
    square += (value - mean) * (value - mean) / count;
  double deviation = std::sqrt(square);
  auto within = [&](const char *what, double found, double expected, double error) {
    measurement.remarks.push_back(
        fmt::format("{} off by {:.1f}", what, std::abs(found - expected) / error));
    if (!(std::abs(found - expected) < allowedErrors * error))
      measurement.fail(fmt::format("{} is {:.6g}, expected {:.6g} within {} x {:.2g}", what, found,
                                   expected, allowedErrors, error));
  };
  within("mean", mean, golden.mean, golden.meanError);
  within("deviation", deviation, golden.deviation, golden.deviationError);
  if (!golden.bounded)
    return;
  auto [low, high] = std::minmax_element(sample.values.begin(), sample.values.end());
  double slack = 1e-6 * std::abs(golden.high); // the bound itself, rounded to f32
  if (*low < golden.low - slack || *high > golden.high + slack)
    measurement.fail(fmt::format("[{:.6g}, {:.6g}] goes beyond [{:.6g}, {:.6g}]", *low, *high,
                                 golden.low, golden.high));
  if (*low > reachedBound * golden.low || *high < reachedBound * golden.high)
    measurement.fail(fmt::format("[{:.6g}, {:.6g}] does not reach [{:.6g}, {:.6g}]", *low, *high,
                                 golden.low, golden.high));
}

} // namespace

void checkInitialiser(const InitialiserCase &entry, const GoldenInitialiser &golden, Engine engine,
                      Measurement &measurement) {
  // [out, in] is our [in, out], and [O, I, kH, kW] our [kH, kW, I, O].
  std::vector<int64_t> shape =
      golden.shape.size() == 4
          ? std::vector{golden.shape[2], golden.shape[3], golden.shape[1], golden.shape[0]}
          : std::vector{golden.shape[1], golden.shape[0]};
  std::string error;
  ExecutableOptions options{engine, measurement.precision, 1, {"initialize"}};
  std::unique_ptr<Executable> executable =
      Executable::compile(planInitialiser(entry, shape).text, options, error);
  if (!executable)
    return measurement.fail("does not compile:\n" + error);
  Tensors results;
  if (!executable->call("initialize", {{{"scalar", "seed"}, scalar(1)}}, results, error))
    return measurement.fail(error);
  auto found = results.find({"parameter", "weight"});
  if (found == results.end())
    return measurement.fail("the program does not give the parameter weight");
  checkSample(found->second, golden, measurement);
}

} // namespace nnc::parity
