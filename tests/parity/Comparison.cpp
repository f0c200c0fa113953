#include "tests/parity/Comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace nnc::parity {
namespace {

double difference(double computed, double expected, double scale) {
  if (computed == expected || (std::isnan(computed) && std::isnan(expected)))
    return 0;
  if (!std::isfinite(computed) || !std::isfinite(expected))
    return std::numeric_limits<double>::infinity();
  return std::abs(computed - expected) / std::max(std::abs(expected), scale);
}

double scaleOf(const Array &expected, Scale scale) {
  if (scale == Scale::Unit)
    return 1;
  if (scale == Scale::Exact)
    return std::numeric_limits<double>::min();
  double largest = 0;
  for (double value : expected.values)
    if (std::isfinite(value))
      largest = std::max(largest, std::abs(value));
  return largest == 0 ? 1 : std::min(largest, 1.0);
}

} // namespace

double largestDifference(const Array &computed, const Array &expected, Scale scale,
                         FloatPrecision precision) {
  double floor = scaleOf(expected, scale), largest = 0;
  for (size_t i = 0; i < expected.values.size(); ++i) {
    double value = expected.values[i];
    if (precision == FloatPrecision::F32 && scale != Scale::Exact)
      value = static_cast<double>(static_cast<float>(value));
    largest = std::max(largest, difference(computed.values[i], value, floor));
  }
  return largest;
}

double boundOf(FloatPrecision precision, Aspect aspect) {
  if (precision == FloatPrecision::F64)
    return 1e-9;
  return aspect == Aspect::Value ? 1e-5 : 1e-4;
}

void Measurement::check(const std::string &what, const Array &computed, const Array &expected,
                        Aspect aspect, Scale scale) {
  check(what, computed, expected, aspect, scale, std::max(boundOf(precision, aspect), exactness));
}

void Measurement::check(const std::string &what, const Array &computed, const Array &expected,
                        Aspect aspect, Scale scale, double bound) {
  if (computed.size() != expected.size())
    return fail(fmt::format("{}: shape {}, expected {}", what, describeShape(computed.shape),
                            describeShape(expected.shape)));
  double found = largestDifference(computed, expected, scale, precision);
  double &worst = aspect == Aspect::Value ? value : gradient;
  worst = std::max(worst, found);
  if (found > bound)
    fail(fmt::format("{} differs by {:.1e}, allowed {:.0e}", what, found, bound));
}

} // namespace nnc::parity
