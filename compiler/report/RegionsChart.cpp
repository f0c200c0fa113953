// Implements charts of a plane: regions, and points with names.
#include "compiler/report/Axes.h"
#include "compiler/report/Chart.h"
#include "compiler/report/Drawing.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace nnc::report {

static constexpr int64_t shades = 16;

/// The cells of each level as one path of strokes, a cell thick, along the rows.
static std::string drawLevels(const std::vector<int64_t> &levels, int64_t count, int64_t size,
                              double left, double top, double side, bool areClasses) {
  std::string body;
  const double cell = side / double(size);
  for (int64_t level = 0; level < count; ++level) {
    std::string path;
    for (int64_t row = 0; row < size; ++row)
      for (int64_t column = 0; column < size;) {
        int64_t end = column;
        while (end < size && levels[size_t(row * size + end)] == level)
          ++end;
        if (end > column)
          path += "M" + at(left + cell * double(column)) + " " +
                  at(top + cell * (double(row) + 0.5)) + "h" + at(cell * double(end - column));
        column = std::max(end, column + 1);
      }
    if (path.empty())
      continue;
    body += llvm::formatv("<path class=\"region c{0}\" data-level=\"{1}\" stroke-width=\"{2}\" "
                          "opacity=\"{3}\" d=\"{4}\"/>\n",
                          areClasses ? level % colours : 0, level, at(cell),
                          areClasses ? "0.35" : at(double(level) / double(count)), path);
  }
  return body;
}

/// The least and the largest finite number.
static std::pair<double, double> rangeOf(const std::vector<double> &values) {
  double low = INFINITY, high = -INFINITY;
  for (double value : values)
    if (std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  return low > high ? std::pair(0.0, 0.0) : std::pair(low, high);
}

/// The shades of numbers between `low` and `high`; a number that is not finite has the darkest one.
static std::vector<int64_t> shadesOf(const std::vector<double> &values, double low, double high,
                                     bool isLog) {
  std::vector<int64_t> levels;
  for (double value : values) {
    const double share = low >= high ? 0
                         : isLog     ? std::log(value / low) / std::log(high / low)
                                     : (value - low) / (high - low);
    levels.push_back(std::isfinite(value)
                         ? std::clamp<int64_t>(int64_t(double(shades) * share), 0, shades - 1)
                         : shades - 1);
  }
  return levels;
}

/// A tenth of a pixel is enough for a point.
static std::string roughly(double value) { return at(std::round(10 * value) / 10); }

/// The points of each class as one path of strokes without length, whose ends are round.
static std::string drawPoints(const std::vector<Regions::Point> &points, const Scale &x,
                              const Scale &y) {
  std::map<int64_t, std::string> paths;
  std::string all, body;
  for (const Regions::Point &point : points) {
    const std::string dot =
        "M" + roughly(x.place(point.x)) + " " + roughly(y.place(point.y)) + "h0";
    all += dot;
    paths[point.colour] += dot;
  }
  if (!points.empty())
    body = "<path class=\"points around\" d=\"" + all + "\"/>\n";
  for (const auto &[colour, path] : paths)
    body += llvm::formatv("<path class=\"points{0}\" d=\"{1}\"/>\n",
                          colour < 0 ? "" : " c" + std::to_string(colour % colours), path);
  return body;
}

std::string draw(const Regions &regions) {
  const bool areClasses = !regions.classes.empty();
  const bool hasLegend = areClasses || !regions.paths.empty();
  const double left = 62, side = regions.side, top = 34 + (hasLegend ? 18 : 0);
  const auto [low, high] = rangeOf(regions.grid.values);
  const bool isLog = regions.logShades && low > 0;
  const Scale x(regions.x.low, regions.x.high, left, left + side, false),
      y(regions.y.low, regions.y.high, top + side, top, false);
  std::string body = words(12, 18, "title", regions.title);
  double place = left;
  auto legend = [&](size_t colour, llvm::StringRef name) {
    body += llvm::formatv("<circle class=\"dot c{0}\" cx=\"{1}\" cy=\"36\" r=\"5\"/>\n",
                          colour % colours, at(place + 6));
    body += words(place + 15, 40, "", name);
    place += 34 + wideLetter * double(name.size());
  };
  for (size_t i = 0; i < std::min<size_t>(regions.classes.size(), colours); ++i)
    legend(i, regions.classes[i]);
  for (const Line &path : regions.paths)
    legend(path.colour, path.name);
  auto levels = [&, low = low, high = high](const Grid &grid) {
    return drawLevels(areClasses ? std::vector<int64_t>(grid.values.begin(), grid.values.end())
                                 : shadesOf(grid.values, low, high, isLog),
                      areClasses ? int64_t(regions.classes.size()) : shades, grid.size, left, top,
                      side, areClasses);
  };
  for (const auto &[name, grid] : regions.frames)
    body += llvm::formatv("<g class=\"frame-of\" data-name=\"{0}\" display=\"none\">\n{1}</g>\n",
                          escaped(name), levels(grid));
  body += regions.frames.empty()
              ? levels(regions.grid)
              : "<g class=\"frame-of\" data-name=\"end\">\n" + levels(regions.grid) + "</g>\n";
  body += drawAxes(x, y, left, top, left + side, top + side, regions.x.name, "");
  body += llvm::formatv(
      "<text class=\"middle\" transform=\"translate(14 {0}) rotate(-90)\">{1}</text>\n",
      at(top + side / 2), escaped(regions.y.name));
  body += drawPoints(regions.points, x, y);
  for (const Line &path : regions.paths) {
    // A path that leaves the plane ends at its edge.
    Line inside = path;
    inside.x.clear();
    inside.y.clear();
    for (size_t i = 0; i < path.x.size(); ++i) {
      inside.x.push_back(std::clamp(path.x[i], regions.x.low, regions.x.high));
      inside.y.push_back(std::clamp(path.y[i], regions.y.low, regions.y.high));
    }
    body += drawLine(inside, x, y);
    if (!inside.x.empty())
      body += llvm::formatv("<circle class=\"dot c{0}\" cx=\"{1}\" cy=\"{2}\" r=\"4\"/>\n",
                            path.colour % colours, at(x.place(inside.x.back())),
                            at(y.place(inside.y.back())));
  }
  if (!areClasses)
    body += words(left, top + side + 52, "",
                  "from " + shortNumber(low) + " (light) to " + shortNumber(high) + " (dark)" +
                      (isLog ? ", logarithmic" : ""));
  return element(left + side + 20, top + side + (areClasses ? 44 : 60), "regions", regions.title,
                 body);
}

std::string draw(const Scatter &scatter) {
  constexpr size_t mostNames = 300; // more of them cover each other
  constexpr double left = 62, side = 440;
  const double top = scatter.classes.empty() ? 34 : 52;
  const Scale x = Scale::of({&scatter.x}, left, left + side, false, 0.06),
              y = Scale::of({&scatter.y}, top + side, top, false, 0.06);
  std::string body = words(12, 18, "title", scatter.title);
  body += drawAxes(x, y, left, top, left + side, top + side, scatter.xLabel, "");
  body += llvm::formatv(
      "<text class=\"middle\" transform=\"translate(14 {0}) rotate(-90)\">{1}</text>\n",
      at(top + side / 2), escaped(scatter.yLabel));
  for (size_t i = 0; i < scatter.x.size(); ++i) {
    if (!x.has(scatter.x[i]) || !y.has(scatter.y[i]))
      continue;
    const bool hasClass = i < scatter.colours.size();
    const std::string &name = scatter.names[i];
    body += llvm::formatv("<circle class=\"dot c{0}\" cx=\"{1}\" cy=\"{2}\" r=\"{3}\"><title>{4}"
                          "</title></circle>\n",
                          hasClass ? uint64_t(scatter.colours[i]) % colours : 0,
                          at(x.place(scatter.x[i])), at(y.place(scatter.y[i])),
                          hasClass ? 3.2 : 2.5, escaped(name));
    if (scatter.x.size() <= mostNames && !hasClass)
      body += words(x.place(scatter.x[i]) + 4, y.place(scatter.y[i]) - 3, "", name);
  }
  double place = left;
  for (size_t i = 0; i < std::min<size_t>(scatter.classes.size(), colours); ++i) {
    body += llvm::formatv("<circle class=\"dot c{0}\" cx=\"{1}\" cy=\"36\" r=\"5\"/>\n", i,
                          at(place + 6));
    body += words(place + 15, 40, "", scatter.classes[i]);
    place += 30 + wideLetter * double(scatter.classes[i].size());
  }
  return element(left + side + 40, top + side + 44, "scatter", scatter.title, body);
}

} // namespace nnc::report
