// Implements the scales of charts.
#include "compiler/report/Axes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace nnc::report {

std::string shortNumber(double value) {
  if (value == 0)
    return "0";
  char text[32];
  const double size = std::fabs(value);
  std::snprintf(text, sizeof text, size >= 1e-3 && size < 1e6 ? "%.6g" : "%.3g", value);
  std::string result = text; // "1e-04" is written "1e-4"
  if (size_t place = result.find('e'); place != std::string::npos) {
    size_t digits = place + 2;
    while (digits + 1 < result.size() && result[digits] == '0')
      result.erase(digits, 1);
    if (result[place + 1] == '+')
      result.erase(place + 1, 1);
  }
  return result;
}

/// Beyond these numbers, ranges and their ratios would overflow.
static bool canShow(double value, bool isLog) {
  constexpr double most = 1e150;
  return std::fabs(value) <= most && (!isLog || value >= 1 / most);
}

Scale::Scale(double low, double high, double begin, double end, bool isLog)
    : least(low), most(high), begin(begin), end(end), logarithmic(isLog) {}

Scale Scale::of(const std::vector<const std::vector<double> *> &columns, double begin, double end,
                bool isLog, double margin) {
  double low = INFINITY, high = -INFINITY;
  for (const std::vector<double> *column : columns)
    for (double value : *column)
      if (canShow(value, isLog)) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
  if (low > high)
    low = high = 1;
  // Means of equal numbers differ by their rounding.
  if (high - low <= 1e-9 * std::max(std::fabs(low), std::fabs(high)))
    low = high = (isLog ? std::sqrt(low) * std::sqrt(high) : low / 2 + high / 2);
  if (isLog) {
    const double factor = low < high ? std::pow(high / low, margin) : 2;
    return {low / factor, high * factor, begin, end, true};
  }
  const double room = low < high ? margin * (high - low) : low == 0 ? 1 : std::fabs(low) / 2;
  // An axis of numbers that are not negative begins at 0, not below.
  return {low >= 0 ? std::max(0.0, low - room) : low - room, high + room, begin, end, false};
}

bool Scale::has(double value) const { return canShow(value, logarithmic); }

double Scale::place(double value) const {
  const double share = logarithmic ? std::log(value / least) / std::log(most / least)
                                   : (value - least) / (most - least);
  return begin + share * (end - begin);
}

std::vector<std::pair<double, std::string>> Scale::ticks(int about) const {
  std::vector<std::pair<double, std::string>> result;
  if (logarithmic) {
    const double decades = std::log10(most / least);
    const double step = std::max(1.0, std::ceil(decades / about));
    for (double power = std::floor(std::log10(least)); power <= std::log10(most); power += step)
      for (double digit : {1.0, 2.0, 5.0}) {
        const double value = digit * std::pow(10, power);
        if (value >= least && value <= most && (digit == 1 || decades < 3.2))
          result.emplace_back(value, shortNumber(value));
      }
    if (!result.empty())
      return result;
  }
  const double raw = (most - least) / about, power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw / power < 1.5   ? 1
                               : raw / power < 3.5 ? 2
                               : raw / power < 7.5 ? 5
                                                   : 10);
  const double first = std::ceil(least / step);
  if (!std::isfinite(first) || std::fabs(first) > 1e12) // the axis is finer than its numbers
    return {{least, shortNumber(least)}};
  for (double i = first; i <= first + 4 * about && i * step <= most + 1e-9 * step; ++i)
    result.emplace_back(i * step, shortNumber(std::fabs(i * step) < step / 1e6 ? 0 : i * step));
  return result;
}

} // namespace nnc::report
