// Implements the axes of a tuning, and its points.
#include "runtime/tune/Space.h"

#include "runtime/data/Csv.h"
#include "runtime/support/Error.h"
#include "runtime/support/Philox.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace nnc::runtime {

/// The parts between separators.
static std::vector<std::string> split(std::string_view words, char separator) {
  std::vector<std::string> parts;
  for (size_t end; (end = words.find(separator)) != std::string_view::npos;
       words.remove_prefix(end + 1))
    parts.emplace_back(words.substr(0, end));
  parts.emplace_back(words);
  return parts;
}

/// Whether two values of a list are one, also where they are written differently: 0.1 and 0.1000.
static bool areEqual(const std::string &one, const std::string &other) {
  const std::optional<double> number = parseNumber(one);
  return one == other || (number && number == parseNumber(other));
}

/// Short, so that people can read and repeat it: the number that is tried is the one of the text.
static std::string valueText(const Axis &axis, double value) {
  return axis.whole ? text("%.0f", std::round(value)) : text("%.4g", value);
}

Axis parseAxis(const std::string &name, std::string_view values, bool mayBeWhole) {
  Axis axis;
  axis.name = name;
  const size_t dots = values.find("..");
  if (dots == std::string_view::npos) {
    axis.values = split(values, ',');
    for (size_t i = 0; i < axis.values.size(); ++i) {
      if (axis.values[i].empty())
        fail("%s: a value of '%s' is empty; write them as in %s=0.8,0.9", name.c_str(),
             printable(values).c_str(), name.c_str());
      for (size_t before = 0; before < i; ++before)
        if (areEqual(axis.values[before], axis.values[i]))
          fail("%s: the value %s is given twice", name.c_str(), printable(axis.values[i]).c_str());
    }
    return axis;
  }
  const std::vector<std::string> parts = split(values.substr(dots + 2), ':');
  const std::string lowText(values.substr(0, dots)), &highText = parts[0];
  const std::optional<double> low = parseNumber(lowText), high = parseNumber(highText);
  if (!low || !high || *low >= *high)
    fail("%s: '%s' is not a range; write it as in %s=1e-4..1e-1, the smaller number first",
         name.c_str(), printable(values).c_str(), name.c_str());
  axis.low = *low;
  axis.high = *high;
  axis.whole = mayBeWhole && parseInteger(lowText) && parseInteger(highText);
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::optional<int64_t> points = parseInteger(parts[i]);
    const bool isLog = parts[i] == "log";
    if (isLog ? axis.logarithmic : points && axis.points)
      fail("%s: '%s' has %s twice", name.c_str(), printable(values).c_str(),
           isLog ? "`log`" : "a number of values");
    if (isLog)
      axis.logarithmic = true;
    else if (points && *points >= 2 && *points <= mostPoints)
      axis.points = *points;
    else
      fail("%s: '%s' behind a range is neither `log` nor a number of values from 2 to %lld",
           name.c_str(), printable(parts[i]).c_str(), static_cast<long long>(mostPoints));
  }
  if (axis.logarithmic && axis.low <= 0)
    fail("%s: a logarithmic range begins above 0", name.c_str());
  return axis;
}

/// The place in a range, from 0 to 1, as a value.
static double valueAt(const Axis &axis, double place) {
  const double value = axis.logarithmic ? axis.low * std::pow(axis.high / axis.low, place)
                                        : axis.low + (axis.high - axis.low) * place;
  return std::clamp(value, axis.low, axis.high);
}

static std::vector<std::string> gridValues(const Axis &axis) {
  if (!axis.values.empty())
    return axis.values;
  if (axis.points == 0)
    fail("%s: a grid needs the number of values of a range: %s=%g..%g%s:5", axis.name.c_str(),
         axis.name.c_str(), axis.low, axis.high, axis.logarithmic ? ":log" : "");
  std::vector<std::string> values;
  for (int64_t i = 0; i < axis.points; ++i) {
    std::string value = valueText(
        axis, valueAt(axis, static_cast<double>(i) / static_cast<double>(axis.points - 1)));
    if (values.empty() || values.back() != value)
      values.push_back(std::move(value));
  }
  return values;
}

std::vector<Point> gridPoints(const std::vector<Axis> &axes) {
  std::vector<Point> points{{}};
  for (const Axis &axis : axes) {
    const std::vector<std::string> values = gridValues(axis);
    if (points.size() * values.size() > static_cast<size_t>(mostPoints))
      fail("the grid has more than %lld points", static_cast<long long>(mostPoints));
    std::vector<Point> longer;
    for (const Point &point : points)
      for (const std::string &value : values) {
        longer.push_back(point);
        longer.back().push_back(value);
      }
    points = std::move(longer);
  }
  return points;
}

/// A value by a random word.
static std::string drawValue(const Axis &axis, uint64_t word) {
  if (const uint64_t count = axis.values.size())
    return axis.values[static_cast<size_t>((static_cast<unsigned __int128>(word) * count) >> 64)];
  const double place = std::ldexp(static_cast<double>(word >> 11), -53);
  // Each integer is as likely as the others.
  if (axis.whole && !axis.logarithmic)
    return valueText(
        axis, std::min(axis.high, std::floor(axis.low + (axis.high - axis.low + 1) * place)));
  return valueText(axis, valueAt(axis, place));
}

std::vector<Point> drawPoints(const std::vector<Axis> &axes, int64_t seed, int64_t count) {
  std::vector<Point> points;
  std::set<Point> known;
  // Axes with few values are exhausted long before so many draws.
  const auto limit = static_cast<uint64_t>(100 * count + 1000);
  for (uint64_t draw = 0; draw < limit && std::ssize(points) < count; ++draw) {
    Point point;
    for (uint32_t i = 0; i < axes.size(); ++i)
      point.push_back(
          drawValue(axes[i], randomWord(static_cast<uint64_t>(seed), RandomStream::Tune, i, draw)));
    if (known.insert(point).second)
      points.push_back(std::move(point));
  }
  return points;
}

} // namespace nnc::runtime
