// Charts as SVG: lines, histograms, heat maps, tiles of images, and regions of a plane. Colours follow
// the reader's choice of light or dark; a few lines of script show the numbers under the pointer.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nnc::report {

struct Line {
  std::string name;
  std::vector<double> x, y;
  /// Around each point, such as the least and the largest of the numbers whose mean it is; empty:
  /// none.
  std::vector<double> low = {}, high = {};
  unsigned colour = 0;
  bool dashed = false;
  bool dots = false; ///< points instead of a line
};

struct LineChart {
  std::string title, xLabel, yLabel;
  std::vector<Line> lines;
  bool logX = false, logY = false; ///< numbers that are not positive are left out
  double width = 600, height = 300;
};

struct Histogram {
  std::string title;
  double low = 0, high = 1; ///< ends of the bins, which are equally wide
  std::vector<int64_t> counts;
  double width = 220, height = 120;
};

/// A matrix of numbers; the darker, the larger.
struct HeatMap {
  std::string title, xLabel, yLabel;
  std::vector<std::string> rows, columns; ///< their labels
  std::vector<double> values;             ///< row by row
  /// Each row is compared with its own sum, and what is not on the diagonal has another colour.
  bool isConfusion = false;
  bool logShades = false;              ///< of numbers that are positive, from the least one
  double leastCell = 6, mostCell = 44; ///< the side of a cell
};

/// Images of equal size, each from its smallest number to its largest.
struct Tiles {
  std::string title;
  int64_t height = 0, width = 0, channels = 1; ///< 1 or 3, the last dimension
  std::vector<std::vector<double>> images;
};

struct Axis {
  std::string name;
  double low = 0, high = 1;
};

/// A square grid of numbers, from the top to the bottom.
struct Grid {
  int64_t size = 0; ///< in both directions
  std::vector<double> values;
};

/// Predictions for the points of a square grid, with points of the data or paths.
struct Regions {
  std::string title;
  Axis x, y;
  Grid grid; ///< of numbers of classes, or of any numbers
  std::vector<std::string> classes;
  bool logShades = false; ///< of numbers that are positive
  struct Point {
    double x = 0, y = 0;
    int64_t colour = -1; ///< of its class; -1: unknown
  };
  std::vector<Point> points;
  std::vector<Line> paths; ///< each with a dot at its end
  /// The same over time, by name: layers that a page shows in turn. The grid above is the last one.
  std::vector<std::pair<std::string, Grid>> frames;
  double side = 400;
};

/// Points of a plane with their names.
struct Scatter {
  std::string title, xLabel, yLabel;
  std::vector<double> x, y;
  std::vector<std::string> names;
  /// If the points have classes: their number for each point, which is its colour, and their names.
  std::vector<int64_t> colours = {};
  std::vector<std::string> classes = {};
};

/// Each is an element `svg`, to stand in a page or behind standalone().
std::string draw(const LineChart &chart);
std::string draw(const Histogram &histogram);
std::string draw(const HeatMap &map);
std::string draw(const Tiles &tiles);
std::string draw(const Regions &regions);
std::string draw(const Scatter &scatter);

/// Several such elements side by side, at most three in a row, under a title.
std::string panels(const std::string &title, const std::vector<std::string> &elements);

/// A file of its own from an element that draw() made.
std::string standalone(const std::string &svg);

/// The style and the script of a page with such elements.
llvm::StringRef chartStyle();
llvm::StringRef chartScript();

/// The mean of at most `points` groups of numbers that follow each other, with the least and the
/// largest of each group.
Line binned(const std::string &name, const std::vector<double> &x, const std::vector<double> &y,
            size_t points);

/// Text of XML and HTML.
std::string escaped(llvm::StringRef text);

/// A picture in red, green and blue, row by row, as the URL of a PNG that holds it.
std::string pngUrl(int64_t width, int64_t height, const std::vector<uint8_t> &pixels);

} // namespace nnc::report
