// Implements the charts of runs.
#include "compiler/report/RunCharts.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>
#include <map>

using llvm::json::Array;
using llvm::json::Object;

namespace nnc::report {

constexpr size_t mostPoints = 500, mostPointsOfFrame = 150;
constexpr int64_t mostTiles = 64, mostMatrices = 16; ///< of an output

/// The split in front of a measure's name: "train_", "validation_", "test_", or none.
static llvm::StringRef splitOf(llvm::StringRef column) {
  for (llvm::StringRef split : {"train_", "validation_", "test_"})
    if (column.starts_with(split))
      return split;
  return "";
}

LineChart curvesOf(const std::vector<NamedLog> &logs, const std::vector<std::string> &columns,
                   const std::string &title) {
  LineChart chart;
  chart.title = title;
  chart.xLabel = logs.empty() ? "step" : logs[0].log->axis;
  for (size_t log = 0; log < logs.size(); ++log)
    for (size_t column = 0; column < columns.size(); ++column) {
      const Series *series = logs[log].log->find(columns[column]);
      if (!series)
        continue;
      const std::string name = columns.size() == 1 || logs[log].name == columns[column]
                                   ? logs[log].name
                               : logs.size() == 1 ? columns[column]
                                                  : logs[log].name + " " + columns[column];
      Line line = binned(logs.size() == 1 ? columns[column] : name, series->steps, series->values,
                         mostPoints);
      line.colour = unsigned(logs.size() == 1 ? column : log);
      line.dashed = logs.size() > 1 && columns.size() > 1 && splitOf(columns[column]) == "train_";
      // Of predictions with samples.
      const Series *deviation = logs[log].log->find(columns[column] + "_deviation");
      if (deviation && line.low.empty() && deviation->values.size() == line.y.size())
        for (size_t i = 0; i < line.y.size(); ++i) {
          line.low.push_back(line.y[i] - deviation->values[i]);
          line.high.push_back(line.y[i] + deviation->values[i]);
        }
      // Bands of several runs would hide each other.
      if (logs.size() > 1)
        line.low = line.high = {};
      chart.lines.push_back(std::move(line));
    }
  return chart;
}

std::vector<std::pair<std::string, std::vector<std::string>>>
measuresOf(const std::vector<NamedLog> &logs) {
  llvm::MapVector<std::string, std::vector<std::string>, std::map<std::string, unsigned>> measures;
  measures["loss"];
  for (const NamedLog &log : logs)
    for (const Series &series : log.log->series) {
      if (series.name == "epoch")
        continue;
      // The norms of one kind together, of all parameters.
      const llvm::StringRef name = series.name;
      const size_t parameter = name.find(" of ");
      std::vector<std::string> &columns =
          measures[parameter != llvm::StringRef::npos
                       ? name.take_front(parameter).str() + " by parameter"
                       : name.drop_front(splitOf(name).size()).str()];
      if (!llvm::is_contained(columns, series.name))
        columns.push_back(series.name);
    }
  std::vector<std::pair<std::string, std::vector<std::string>>> result;
  for (auto &[name, columns] : measures) // dense_2 comes before dense_10
    if (llvm::StringRef(name).ends_with(" by parameter"))
      llvm::stable_sort(columns, [](llvm::StringRef left, llvm::StringRef right) {
        return left.compare_numeric(right) < 0;
      });
  auto append = [&](auto isOne) {
    for (auto &[name, columns] : measures)
      if (!columns.empty() && isOne(llvm::StringRef(name)))
        result.emplace_back(name, columns);
  };
  auto isNorm = [](llvm::StringRef name) { return name.ends_with(" by parameter"); };
  append([&](llvm::StringRef name) { return name != "lr" && !isNorm(name); });
  append([](llvm::StringRef name) { return name == "lr"; });
  append(isNorm);
  return result;
}

std::optional<HeatMap> normsOf(const Log &log, llvm::StringRef kind) {
  constexpr size_t mostColumns = 60;
  HeatMap map;
  for (const auto &[measure, columns] : measuresOf({{"", &log}})) {
    if (measure != kind.str() + " by parameter")
      continue;
    const std::vector<double> &steps = log.find(columns[0])->steps;
    const size_t shown = std::min(mostColumns, steps.size());
    auto place = [&](size_t i) { return shown < 2 ? 0 : i * (steps.size() - 1) / (shown - 1); };
    for (size_t i = 0; i < shown; ++i)
      map.columns.push_back(formatNumber(steps[place(i)]));
    for (const std::string &column : columns) {
      const Series &series = *log.find(column);
      map.rows.push_back(llvm::StringRef(column).split(" of ").second.str());
      for (size_t i = 0; i < shown; ++i)
        map.values.push_back(place(i) < series.values.size() ? series.values[place(i)] : NAN);
    }
  }
  if (map.rows.empty())
    return std::nullopt;
  auto [least, most] = std::minmax_element(map.values.begin(), map.values.end());
  map.title = llvm::formatv("{0} of each parameter, from {1} to {2}",
                            kind == "unused" ? "unused units" : "norm of the " + kind.str(),
                            formatNumber(*least), formatNumber(*most));
  map.xLabel = log.axis;
  map.logShades = kind != "unused";
  map.leastCell = 13;
  map.mostCell = 22;
  return map;
}

std::vector<Histogram> gradientsOf(const Log &log) {
  std::vector<Histogram> histograms;
  for (const GradientCounts &gradient : log.gradients) {
    Histogram histogram;
    histogram.title = "gradient of " + gradient.parameter;
    const double widening = gradient.low < gradient.high ? 0 : 0.5;
    histogram.low = gradient.low - widening;
    histogram.high = gradient.high + widening;
    histogram.counts = gradient.counts;
    histograms.push_back(std::move(histogram));
  }
  return histograms;
}

static std::string splitName(const Run &run) {
  return run.evaluation.getString("split").value_or("").str();
}

std::optional<HeatMap> confusionOf(const Run &run) {
  const Object *classification = run.evaluation.getObject("classification");
  const Array *rows = classification ? classification->getArray("confusion") : nullptr;
  if (!rows)
    return std::nullopt;
  HeatMap map;
  map.rows = map.columns = textsOf(classification->getArray("classes"));
  for (const llvm::json::Value &row : *rows)
    llvm::append_range(map.values, numbersOf(row.getAsArray()));
  if (map.rows.empty() || map.values.size() != map.rows.size() * map.rows.size())
    return std::nullopt;
  map.title = "Confusion matrix, " + splitName(run) + " split";
  map.yLabel = "class";
  map.xLabel = "predicted as";
  map.isConfusion = true;
  return map;
}

static Axis axisOf(const Object &axis) {
  return {axis.getString("name").value_or("").str(), axis.getNumber("low").value_or(0),
          axis.getNumber("high").value_or(1)};
}

/// The numbers of a square grid; empty if they are damaged.
static Grid gridOf(const Object &object, llvm::StringRef values, int64_t size = 0) {
  Grid grid{size ? size : object.getInteger("size").value_or(0),
            numbersOf(object.getArray(values))};
  if (grid.size < 1 || grid.values.size() != size_t(grid.size * grid.size))
    return {};
  return grid;
}

std::optional<Regions> regionsOf(const Run &run) {
  const Object *plane = run.evaluation.getObject("plane");
  // Of a run that has not ended, the last epoch.
  const bool isEvaluated = plane;
  if (!plane)
    plane = &run.epochs;
  const Array *axes = plane->getArray("axes");
  if (!axes || axes->size() != 2 || !(*axes)[0].getAsObject() || !(*axes)[1].getAsObject())
    return std::nullopt;
  Regions regions;
  regions.x = axisOf(*(*axes)[0].getAsObject());
  regions.y = axisOf(*(*axes)[1].getAsObject());
  regions.classes = textsOf(plane->getArray("classes"));
  if (const Array *epochs = run.epochs.getArray("epochs"))
    for (const llvm::json::Value &value : *epochs)
      if (const Object *epoch = value.getAsObject())
        if (Grid grid = gridOf(*epoch, "values", run.epochs.getInteger("size").value_or(0));
            grid.size > 0)
          regions.frames.emplace_back(
              llvm::formatv("epoch {0}", epoch->getInteger("epoch").value_or(0)), std::move(grid));
  if (isEvaluated)
    regions.grid = gridOf(*plane, "values");
  else if (!regions.frames.empty())
    regions.grid = regions.frames.back().second;
  if (regions.grid.size < 1)
    return std::nullopt;
  regions.title = plane->getString("output").value_or("").str() + " over the inputs" +
                  (isEvaluated ? ", with points of the " + splitName(run) + " split" : "");
  if (const Array *points = plane->getArray("points"))
    for (const llvm::json::Value &point : *points) {
      std::vector<double> numbers = numbersOf(point.getAsArray());
      if (numbers.size() >= 2)
        regions.points.push_back(
            {numbers[0], numbers[1],
             numbers.size() > 2 && !regions.classes.empty() ? int64_t(numbers[2]) : -1});
    }
  return regions;
}

std::vector<Regions> framesOf(const Regions &regions, size_t most) {
  std::vector<Regions> result;
  const size_t count = regions.frames.size();
  const size_t shown = std::min(most, count);
  for (size_t i = 0; i < shown; ++i) {
    // From the first to the last one.
    const auto &[name, grid] =
        regions.frames[shown < 2 ? count - 1 : i * (count - 1) / (shown - 1)];
    Regions &frame = result.emplace_back(regions);
    frame.frames.clear();
    frame.title = name;
    frame.grid = grid;
    frame.side = 240;
    frame.points.clear();
    const size_t step = (regions.points.size() + mostPointsOfFrame - 1) / mostPointsOfFrame;
    for (size_t point = 0; point < regions.points.size(); point += step)
      frame.points.push_back(regions.points[point]);
  }
  return result;
}

static Line lineOver(const Axis &axis, const std::string &name, const Array *values) {
  Line line{name, {}, numbersOf(values)};
  for (size_t i = 0; i < line.y.size(); ++i)
    line.x.push_back(axis.low +
                     (axis.high - axis.low) * double(i) / std::max(1.0, double(line.y.size()) - 1));
  return line;
}

std::optional<LineChart> curveOf(const Run &run) {
  const Object *plane = run.evaluation.getObject("plane");
  const Array *axes = plane ? plane->getArray("axes") : nullptr;
  if (!axes || axes->size() != 1 || !(*axes)[0].getAsObject())
    return std::nullopt;
  const Axis axis = axisOf(*(*axes)[0].getAsObject());
  LineChart chart;
  chart.title = plane->getString("output").value_or("").str() + " over " + axis.name;
  chart.xLabel = axis.name;
  Line points{
      plane->getString("target").value_or("data").str() + ", " + splitName(run) + " split", {}, {}};
  points.dots = true;
  points.colour = 7;
  if (const Array *array = plane->getArray("points"))
    for (const llvm::json::Value &point : *array)
      if (std::vector<double> numbers = numbersOf(point.getAsArray()); numbers.size() >= 2) {
        points.x.push_back(numbers[0]);
        points.y.push_back(numbers[1]);
      }
  Line line = lineOver(axis, "predicted", plane->getArray("values"));
  if (!points.x.empty())
    chart.lines.push_back(std::move(points));
  chart.lines.push_back(std::move(line));
  return chart;
}

std::optional<LineChart> curveOfEpochs(const Run &run) {
  constexpr size_t mostLines = 6;
  std::optional<LineChart> chart = curveOf(run);
  const Array *axes = run.epochs.getArray("axes"), *epochs = run.epochs.getArray("epochs");
  if (!chart || !epochs || epochs->empty() || !axes || axes->empty() || !(*axes)[0].getAsObject())
    return std::nullopt;
  chart->lines.pop_back();
  const Axis axis = axisOf(*(*axes)[0].getAsObject());
  const size_t shown = std::min(mostLines, epochs->size());
  for (size_t i = 0; i < shown; ++i)
    if (const Object *epoch =
            (*epochs)[shown < 2 ? 0 : i * (epochs->size() - 1) / (shown - 1)].getAsObject()) {
      Line line =
          lineOver(axis, llvm::formatv("epoch {0}", epoch->getInteger("epoch").value_or(0)).str(),
                   epoch->getArray("values"));
      line.colour = unsigned(i);
      chart->lines.push_back(std::move(line));
    }
  return chart;
}

/// The least loss in the middle is that of the trained weights.
std::optional<Regions> landscapeOf(const Run &run) {
  const Object *landscape = run.evaluation.getObject("landscape");
  if (!landscape)
    return std::nullopt;
  Regions regions;
  regions.title = "Loss around the weights, " + splitName(run) + " split";
  regions.x = {"first direction", -1, 1};
  regions.y = {"second direction", -1, 1};
  regions.grid = gridOf(*landscape, "losses");
  regions.logShades = true;
  if (regions.grid.size < 2)
    return std::nullopt;
  return regions;
}

std::optional<LineChart> calibrationOf(const Run &run) {
  const Object *calibration = run.evaluation.getObject("calibration");
  const Array *bins = calibration ? calibration->getArray("bins") : nullptr;
  if (!bins)
    return std::nullopt;
  LineChart chart;
  chart.title = llvm::formatv("Calibration, {0} split: expected error {1:F1} %", splitName(run),
                              100 * calibration->getNumber("error").value_or(NAN));
  chart.xLabel = "probability of the predicted class";
  chart.yLabel = "right";
  chart.width = 420;
  chart.height = 360;
  double examples = 0;
  for (const llvm::json::Value &value : *bins)
    if (const Object *bin = value.getAsObject())
      examples += bin->getNumber("examples").value_or(0);
  Line perfect{"calibrated", {0, 1}, {0, 1}}, right{"share of right ones", {}, {}},
      share{"share of examples", {}, {}};
  perfect.colour = 7;
  perfect.dashed = true;
  share.colour = 1;
  for (size_t i = 0; i < bins->size(); ++i) {
    const Object *bin = (*bins)[i].getAsObject();
    const double count = bin ? bin->getNumber("examples").value_or(0) : 0;
    share.x.push_back((double(i) + 0.5) / double(bins->size()));
    share.y.push_back(examples > 0 ? count / examples : 0);
    if (count == 0)
      continue;
    right.x.push_back(bin->getNumber("confidence").value_or(NAN));
    right.y.push_back(bin->getNumber("right").value_or(NAN));
  }
  chart.lines = {perfect, right, share};
  return chart;
}

/// The images of the channels of a map, `first` being where its numbers begin.
static Tiles tilesOf(const std::vector<double> &values, int64_t rows, int64_t columns,
                     int64_t channels) {
  Tiles tiles;
  tiles.height = rows;
  tiles.width = columns;
  if (channels == 3) {
    tiles.channels = 3;
    tiles.images = {values};
    return tiles;
  }
  for (int64_t channel = 0; channel < std::min<int64_t>(channels, mostTiles); ++channel) {
    std::vector<double> image;
    for (int64_t i = 0; i < rows * columns; ++i)
      image.push_back(values[size_t(i * channels + channel)]);
    tiles.images.push_back(std::move(image));
  }
  return tiles;
}

/// One output of an example: matrices, the last two dimensions, where these have labels or where
/// both are equal, as those of attention are; else an image for each channel, the last dimension.
static void drawMap(const Object &output, const std::string &title,
                    std::vector<std::string> &charts) {
  const std::vector<double> values = numbersOf(output.getArray("values"));
  const std::string name = output.getString("name").value_or("").str();
  std::vector<int64_t> shape;
  int64_t elements = 1;
  for (double size : numbersOf(output.getArray("shape"))) {
    shape.push_back(int64_t(size));
    elements *= shape.back();
  }
  const size_t rank = shape.size();
  if (rank < 2 || elements < 1 || size_t(elements) != values.size())
    return;
  const Array *labels = output.getArray("labels");
  const int64_t rows = shape[rank - 2], columns = shape[rank - 1];
  const bool areMatrices = labels || rank > 3 || (rank == 3 && rows == columns && shape[0] != rows);
  if (!areMatrices) {
    Tiles tiles = tilesOf(values, shape[0], shape[1], rank == 3 ? columns : 1);
    tiles.title = name + title;
    charts.push_back(draw(tiles));
    return;
  }
  for (int64_t i = 0; i < std::min<int64_t>(elements / (rows * columns), mostMatrices); ++i) {
    HeatMap map;
    map.title = (rank == 2 ? name : llvm::formatv("{0}[{1}]", name, i).str()) + title;
    map.mostCell = 22;
    for (int64_t side : {0, 1}) {
      std::vector<std::string> &ticks = side == 0 ? map.rows : map.columns;
      if (labels && labels->size() == 2)
        ticks = textsOf((*labels)[size_t(side)].getAsArray());
      ticks.resize(size_t(side == 0 ? rows : columns));
    }
    map.values.assign(values.begin() + i * rows * columns,
                      values.begin() + (i + 1) * rows * columns);
    charts.push_back(draw(map));
  }
}

std::vector<std::string> mapsOf(const Run &run) {
  std::vector<std::string> charts;
  if (const Array *examples = run.evaluation.getArray("maps"))
    for (const llvm::json::Value &value : *examples) {
      const Object *example = value.getAsObject();
      const Array *outputs = example ? example->getArray("outputs") : nullptr;
      for (size_t i = 0; outputs && i < outputs->size(); ++i)
        if (const Object *output = (*outputs)[i].getAsObject())
          drawMap(*output,
                  llvm::formatv(", example {0}", example->getInteger("example").value_or(0)),
                  charts);
    }
  return charts;
}

} // namespace nnc::report
