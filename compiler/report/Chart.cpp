// Implements the drawing of charts.
#include "compiler/report/Chart.h"

#include "compiler/report/Axes.h"
#include "compiler/report/Drawing.h"

#include "runtime/text/Xml.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <algorithm>
#include <cmath>

namespace nnc::report {

std::string escaped(llvm::StringRef text) { return text::escapeXml(std::string_view(text)); }

std::string at(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string result = text;
  while (result.ends_with('0'))
    result.pop_back();
  if (result.ends_with('.'))
    result.pop_back();
  return result == "-0" ? "0" : result;
}

std::string words(double x, double y, llvm::StringRef classes, llvm::StringRef text) {
  return llvm::formatv("<text x=\"{0}\" y=\"{1}\" class=\"{2}\">{3}</text>\n", at(x), at(y),
                       classes, escaped(text));
}

std::string element(double width, double height, llvm::StringRef kind, llvm::StringRef title,
                    const std::string &body, const std::string &more) {
  return llvm::formatv(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart {0}\" viewBox=\"0 0 "
             "{1} {2}\" width=\"{1}\" height=\"{2}\" role=\"img\" aria-label=\"{3}\"{4}>\n",
             kind, at(width), at(height), escaped(title), more)
             .str() +
         body + "</svg>\n";
}

Line binned(const std::string &name, const std::vector<double> &x, const std::vector<double> &y,
            size_t points) {
  Line line{name, {}, {}};
  if (x.size() <= points) {
    line.x = x;
    line.y = y;
    return line;
  }
  for (size_t bin = 0; bin < points; ++bin) {
    const size_t begin = bin * x.size() / points, end = (bin + 1) * x.size() / points;
    double places = 0, sum = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = begin; i < end; ++i) {
      places += x[i];
      sum += y[i];
      low = std::min(low, y[i]);
      high = std::max(high, y[i]);
    }
    line.x.push_back(places / double(end - begin));
    line.y.push_back(sum / double(end - begin));
    line.low.push_back(low);
    line.high.push_back(high);
  }
  return line;
}

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

std::string drawAxes(const Scale &x, const Scale &y, double left, double top, double right,
                     double bottom, llvm::StringRef xLabel, llvm::StringRef yLabel) {
  std::string body;
  for (const auto &[value, text] : y.ticks(5)) {
    const std::string place = at(y.place(value));
    body +=
        llvm::formatv("<path class=\"grid\" d=\"M{0} {1}H{2}\"/>\n", at(left), place, at(right));
    body += words(left - 6, y.place(value) + 4, "end", text);
  }
  for (const auto &[value, text] : x.ticks(6)) {
    body += llvm::formatv("<path class=\"grid\" d=\"M{0} {1}V{2}\"/>\n", at(x.place(value)),
                          at(top), at(bottom));
    body += words(x.place(value), bottom + 16, "middle", text);
  }
  body += llvm::formatv("<path class=\"axis\" d=\"M{0} {1}V{2}H{3}\"/>\n", at(left), at(top),
                        at(bottom), at(right));
  body += words((left + right) / 2, bottom + 34, "middle", xLabel);
  if (!yLabel.empty())
    body += words(left, top - 8, "middle", yLabel);
  return body;
}

/// The path through the points that have a place; it is broken where one has none.
static std::string pathOf(const Scale &x, const Scale &y, const std::vector<double> &xs,
                          const std::vector<double> &ys) {
  std::string path;
  bool isDown = false;
  for (size_t i = 0; i < xs.size(); ++i) {
    if (!x.has(xs[i]) || !y.has(ys[i])) {
      isDown = false;
      continue;
    }
    path += (isDown ? "L" : "M") + at(x.place(xs[i])) + " " + at(y.place(ys[i]));
    isDown = true;
  }
  return path;
}

static std::string numbers(const std::vector<double> &values) {
  std::string result;
  for (double value : values) {
    char text[32];
    std::snprintf(text, sizeof text, "%.5g", value);
    result += (result.empty() ? "" : ",") + (std::isfinite(value) ? std::string(text) : "null");
  }
  return "[" + result + "]";
}

static std::string precise(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

/// A text of JSON within an attribute.
static std::string jsonOf(llvm::StringRef text) {
  return escaped(llvm::formatv("{0}", llvm::json::Value(llvm::json::fixUTF8(text))).str());
}

std::string drawLine(const Line &line, const Scale &x, const Scale &y) {
  std::string body;
  if (!line.low.empty()) {
    std::vector<double> xs, ys;
    // The axes are those of the means, which the band may leave.
    auto within = [&](double value) {
      return y.has(value) ? std::clamp(value, y.low(), y.high()) : y.low();
    };
    for (size_t i = 0; i < line.x.size(); ++i) {
      xs.push_back(line.x[i]);
      ys.push_back(within(line.high[i]));
    }
    for (size_t i = line.x.size(); i-- > 0;) {
      xs.push_back(line.x[i]);
      ys.push_back(within(line.low[i]));
    }
    body += llvm::formatv("<path class=\"band c{0}\" d=\"{1}Z\"/>\n", line.colour % colours,
                          pathOf(x, y, xs, ys));
  }
  if (!line.dots && line.x.size() > 1)
    return body +
           std::string(llvm::formatv("<path class=\"line c{0}{1}\" data-name=\"{2}\" d=\"{3}\"/>\n",
                                     line.colour % colours, line.dashed ? " dashed" : "",
                                     escaped(line.name), pathOf(x, y, line.x, line.y)));
  for (size_t i = 0; i < line.x.size(); ++i)
    if (x.has(line.x[i]) && y.has(line.y[i]))
      body += llvm::formatv("<circle class=\"dot c{0}\" cx=\"{1}\" cy=\"{2}\" r=\"2.5\"/>\n",
                            line.colour % colours, at(x.place(line.x[i])), at(y.place(line.y[i])));
  return body;
}

std::string draw(const LineChart &chart) {
  std::vector<const std::vector<double> *> xs, ys;
  for (const Line &line : chart.lines) {
    xs.push_back(&line.x);
    ys.push_back(&line.y);
  }
  // The legend fills lines above the chart.
  struct Entry {
    double x, y;
  };
  std::vector<Entry> legend;
  double place = 12, row = chart.title.empty() ? 16 : 34;
  for (const Line &line : chart.lines) {
    const double size = 34 + letterWidth * double(line.name.size());
    if (place > 12 && place + size > chart.width) {
      place = 12;
      row += 18;
    }
    legend.push_back({place, row});
    place += size;
  }
  const double left = 62, right = chart.width - 20, top = row + (chart.yLabel.empty() ? 14 : 30),
               bottom = top + chart.height - 84;
  const Scale x = Scale::of(xs, left, right, chart.logX, 0),
              y = Scale::of(ys, bottom, top, chart.logY, 0.04);
  std::string body = words(12, 18, "title", chart.title);
  std::string lines = "[";
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    const Line &line = chart.lines[i];
    body +=
        llvm::formatv("<path class=\"line c{0}{1}\" d=\"M{2} {3}h18\"/>\n", line.colour % colours,
                      line.dashed ? " dashed" : "", at(legend[i].x), at(legend[i].y - 4));
    body += words(legend[i].x + 23, legend[i].y, "", line.name);
    lines +=
        (i ? "," : "") +
        std::string(llvm::formatv("{{\"n\":{0},\"c\":{1},\"x\":{2},\"y\":{3}}", jsonOf(line.name),
                                  line.colour % colours, numbers(line.x), numbers(line.y)));
  }
  body += drawAxes(x, y, left, top, right, bottom, chart.xLabel, chart.yLabel);
  for (const Line &line : chart.lines)
    body += drawLine(line, x, y);
  const std::string data = llvm::formatv(
      " data-hover='{{\"l\":{0},\"t\":{1},\"w\":{2},\"h\":{3},\"x0\":{4},\"x1\":{5},\"y0\":{6},"
      "\"y1\":{7},\"logx\":{8},\"logy\":{9},\"xn\":{10},\"lines\":{11}}'",
      at(left), at(top), at(right - left), at(bottom - top), precise(x.low()), precise(x.high()),
      precise(y.low()), precise(y.high()), int(chart.logX), int(chart.logY), jsonOf(chart.xLabel),
      lines + "]");
  return element(chart.width, bottom + 44, "lines", chart.title, body, data);
}

//===----------------------------------------------------------------------===//
// Histograms, heat maps, tiles
//===----------------------------------------------------------------------===//

std::string draw(const Histogram &histogram) {
  const double left = 10, right = histogram.width - 10, top = 24, bottom = histogram.height - 20;
  const Scale x(histogram.low, histogram.high, left, right, false);
  int64_t most = 1;
  for (int64_t count : histogram.counts)
    most = std::max(most, count);
  std::string body = words(left, 14, "", histogram.title);
  const double width = (right - left) / double(std::max<size_t>(1, histogram.counts.size()));
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    if (histogram.counts[i] == 0)
      continue;
    const double height = (bottom - top) * double(histogram.counts[i]) / double(most);
    const double step = (histogram.high - histogram.low) / double(histogram.counts.size());
    body += llvm::formatv(
        "<rect class=\"bar\" x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\"><title>{4} to {5}: "
        "{6}</title></rect>\n",
        at(left + double(i) * width), at(bottom - height), at(width * 0.92), at(height),
        shortNumber(histogram.low + double(i) * step),
        shortNumber(histogram.low + double(i + 1) * step), histogram.counts[i]);
  }
  body +=
      llvm::formatv("<path class=\"axis\" d=\"M{0} {1}H{2}\"/>\n", at(left), at(bottom), at(right));
  for (const auto &[value, text] : x.ticks(3))
    body += words(x.place(value), bottom + 14, "middle", text);
  return element(histogram.width, histogram.height, "histogram", histogram.title, body);
}

static size_t longest(const std::vector<std::string> &labels) {
  size_t most = 0;
  for (const std::string &label : labels)
    most = std::max(most, label.size());
  return most;
}

std::string draw(const HeatMap &map) {
  const size_t rows = map.rows.size(), columns = map.columns.size();
  const double cell =
      std::clamp(480.0 / double(std::max(rows, columns)), map.leastCell, map.mostCell);
  const bool hasNumbers = cell >= 24 && map.isConfusion;
  const bool hasLabels = cell >= 11;
  const double left = 30 + (hasLabels ? letterWidth * double(longest(map.rows)) : 0);
  const bool turned = hasLabels && letterWidth * double(longest(map.columns)) > cell;
  const double top =
      48 + (turned ? letterWidth * double(longest(map.columns)) : 0) + (hasLabels ? 10 : 0);
  std::string body = words(12, 18, "title", map.title);
  double most = 0, least = INFINITY;
  for (double value : map.values)
    if (std::isfinite(value)) {
      most = std::max(most, std::fabs(value));
      if (value > 0)
        least = std::min(least, value);
    }
  for (size_t row = 0; row < rows; ++row) {
    double sum = 0;
    for (size_t column = 0; column < columns; ++column)
      sum += map.values[row * columns + column];
    for (size_t column = 0; column < columns; ++column) {
      const double value = map.values[row * columns + column];
      const double largest = map.isConfusion ? sum : most;
      const double share = largest <= 0 || !std::isfinite(value) ? 0
                           : !map.logShades                      ? std::fabs(value) / largest
                           : value <= 0                          ? 0
                           : least == most
                               ? 1
                               : 0.06 + 0.94 * std::log(value / least) / std::log(most / least);
      const double x = left + cell * double(column), y = top + cell * double(row);
      // Few errors are to be seen, too.
      const double shade =
          map.isConfusion && row != column ? std::min(1.0, std::sqrt(share) * 1.6) : share;
      body += llvm::formatv(
          "<rect class=\"cell c{0}\" data-value=\"{1}\" x=\"{2}\" y=\"{3}\" width=\"{4}\" "
          "height=\"{4}\" fill-opacity=\"{5}\"><title>{6}, {7}: {1}</title></rect>\n",
          (map.isConfusion && row != column) || value < 0 ? 3 : 0, shortNumber(value), at(x), at(y),
          at(cell), at(shade), escaped(map.rows[row]), escaped(map.columns[column]));
      if (hasNumbers && value != 0)
        body += words(x + cell / 2, y + cell / 2 + 4, shade > 0.5 ? "middle on" : "middle",
                      shortNumber(value));
    }
  }
  body +=
      llvm::formatv("<rect class=\"frame\" x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\"/>\n",
                    at(left), at(top), at(cell * double(columns)), at(cell * double(rows)));
  for (size_t row = 0; hasLabels && row < rows; ++row)
    body += words(left - 5, top + cell * (double(row) + 0.5) + 4, "end", map.rows[row]);
  for (size_t column = 0; hasLabels && column < columns; ++column) {
    const double x = left + cell * (double(column) + 0.5);
    if (turned)
      body += llvm::formatv("<text transform=\"translate({0} {1}) rotate(-90)\">{2}</text>\n",
                            at(x + 4), at(top - 5), escaped(map.columns[column]));
    else
      body += words(x, top - 5, "middle", map.columns[column]);
  }
  const double middle = top + cell * double(rows) / 2;
  body += words(left, 36, "", map.xLabel);
  body += llvm::formatv(
      "<text class=\"middle\" transform=\"translate(14 {0}) rotate(-90)\">{1}</text>\n", at(middle),
      escaped(map.yLabel));
  const double width =
      std::max(left + cell * double(columns) + 12,
               24 + wideLetter * double(std::max(map.title.size(), map.xLabel.size())));
  return element(width, top + cell * double(rows) + 12, "heatmap", map.title, body);
}

std::string draw(const Tiles &tiles) {
  const int64_t count = int64_t(tiles.images.size());
  const int64_t columns = std::clamp<int64_t>(int64_t(std::ceil(std::sqrt(double(count) * 1.8))), 1,
                                              std::max<int64_t>(1, count));
  const int64_t rows = (count + columns - 1) / columns;
  const int64_t scale = std::clamp<int64_t>(56 / std::max(tiles.height, tiles.width), 1, 12);
  const double stepX = double(tiles.width * scale + 4), stepY = double(tiles.height * scale + 4);
  std::string body = words(12, 18, "title", tiles.title);
  // Many tiles are as large as the noise in them, of which fewer shades cannot be told from all.
  constexpr int64_t most = 64;
  const double shades = count > most ? 31 : 255;
  for (int64_t i = 0; i < count; ++i) {
    const std::vector<double> &image = tiles.images[size_t(i)];
    double low = INFINITY, high = -INFINITY;
    for (double value : image) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
    std::vector<uint8_t> pixels;
    for (int64_t pixel = 0; pixel < tiles.height * tiles.width; ++pixel)
      for (int64_t c = 0; c < 3; ++c) {
        const double value =
            image[size_t(tiles.channels == 3 ? pixel * 3 + c : pixel * tiles.channels)];
        const double shade = high > low ? std::round(shades * (value - low) / (high - low)) : 0;
        pixels.push_back(uint8_t(high > low ? std::lround(255 * shade / shades) : 127));
      }
    body += llvm::formatv(
        "<image x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" href=\"{4}\"><title>"
        "{5}: {6} to {7}</title></image>\n",
        at(12 + stepX * double(i % columns)), at(28 + stepY * double(i / columns)),
        tiles.width * scale, tiles.height * scale, pngUrl(tiles.width, tiles.height, pixels), i,
        shortNumber(low), shortNumber(high));
  }
  return element(
      std::max(24 + stepX * double(columns), 24 + wideLetter * double(tiles.title.size())),
      40 + stepY * double(rows), "tiles", tiles.title, body);
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

/// The number behind ` NAME="` in the opening tag of an element.
static double attribute(llvm::StringRef element, llvm::StringRef name) {
  llvm::StringRef rest = element.split((" " + name + "=\"").str()).second;
  double value = 0;
  (void)rest.split('"').first.getAsDouble(value);
  return value;
}

std::string panels(const std::string &title, const std::vector<std::string> &elements) {
  const size_t columns = elements.size() == 4 ? 2 : std::min<size_t>(elements.size(), 3);
  std::vector<double> widths(columns), heights((elements.size() + columns - 1) / columns);
  for (size_t i = 0; i < elements.size(); ++i) {
    widths[i % columns] = std::max(widths[i % columns], attribute(elements[i], "width"));
    heights[i / columns] = std::max(heights[i / columns], attribute(elements[i], "height"));
  }
  std::string body;
  double top = title.empty() ? 0 : 28, width = 0;
  if (!title.empty())
    body = words(12, 18, "title", title);
  for (size_t row = 0; row < heights.size(); ++row) {
    double left = 0;
    for (size_t i = row * columns; i < std::min(elements.size(), (row + 1) * columns); ++i) {
      llvm::StringRef inner = elements[i];
      const bool isElement = inner.consume_front("<svg ");
      assert(isElement);
      (void)isElement;
      body += llvm::formatv("<svg x=\"{0}\" y=\"{1}\" {2}", at(left), at(top), inner);
      left += widths[i % columns];
    }
    width = std::max(width, left);
    top += heights[row];
  }
  return element(std::max(width, 24 + wideLetter * double(title.size())), top, "panels", title,
                 body);
}

} // namespace nnc::report
