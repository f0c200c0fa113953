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

constexpr size_t mostPoints = 500;
constexpr size_t mostTiles = 64;

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
      const std::string name = columns.size() == 1 ? logs[log].name
                               : logs.size() == 1  ? columns[column]
                                                   : logs[log].name + " " + columns[column];
      Line line = binned(logs.size() == 1 ? columns[column] : name, series->steps, series->values,
                         mostPoints);
      line.colour = unsigned(logs.size() == 1 ? column : log);
      line.dashed = logs.size() > 1 && columns.size() > 1 && splitOf(columns[column]) == "train_";
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
  for (auto &[name, columns] : measures)
    if (!columns.empty() && name != "lr")
      result.emplace_back(name, columns);
  if (auto rate = measures.find("lr"); rate != measures.end())
    result.emplace_back("lr", rate->second);
  return result;
}

static std::vector<std::string> textsOf(const Array *array) {
  std::vector<std::string> texts;
  if (array)
    for (const llvm::json::Value &value : *array)
      texts.push_back(value.getAsString().value_or("").str());
  return texts;
}

static std::vector<double> numbersOf(const Array *array) {
  std::vector<double> numbers;
  if (array)
    for (const llvm::json::Value &value : *array)
      numbers.push_back(value.getAsNumber().value_or(NAN));
  return numbers;
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

std::optional<Regions> regionsOf(const Run &run) {
  const Object *landscape = run.evaluation.getObject("landscape");
  const Array *axes = landscape ? landscape->getArray("axes") : nullptr;
  if (!axes || axes->size() != 2 || !(*axes)[0].getAsObject() || !(*axes)[1].getAsObject())
    return std::nullopt;
  Regions regions;
  regions.x = axisOf(*(*axes)[0].getAsObject());
  regions.y = axisOf(*(*axes)[1].getAsObject());
  regions.size = landscape->getInteger("size").value_or(0);
  regions.values = numbersOf(landscape->getArray("values"));
  regions.classes = textsOf(landscape->getArray("classes"));
  if (regions.size < 1 || regions.values.size() != size_t(regions.size * regions.size))
    return std::nullopt;
  regions.title = llvm::formatv("{0} over the inputs, with points of the {1} split",
                                landscape->getString("output").value_or(""), splitName(run));
  if (const Array *points = landscape->getArray("points"))
    for (const llvm::json::Value &point : *points) {
      std::vector<double> numbers = numbersOf(point.getAsArray());
      if (numbers.size() >= 2)
        regions.points.push_back(
            {numbers[0], numbers[1],
             numbers.size() > 2 && !regions.classes.empty() ? int64_t(numbers[2]) : -1});
    }
  return regions;
}

std::optional<LineChart> curveOf(const Run &run) {
  const Object *landscape = run.evaluation.getObject("landscape");
  const Array *axes = landscape ? landscape->getArray("axes") : nullptr;
  if (!axes || axes->size() != 1 || !(*axes)[0].getAsObject())
    return std::nullopt;
  const Axis axis = axisOf(*(*axes)[0].getAsObject());
  LineChart chart;
  chart.title = landscape->getString("output").value_or("").str() + " over " + axis.name;
  chart.xLabel = axis.name;
  Line points{landscape->getString("target").value_or("data").str() + ", " + splitName(run) +
                  " split",
              {},
              {}};
  points.dots = true;
  points.colour = 7;
  if (const Array *array = landscape->getArray("points"))
    for (const llvm::json::Value &point : *array)
      if (std::vector<double> numbers = numbersOf(point.getAsArray()); numbers.size() >= 2) {
        points.x.push_back(numbers[0]);
        points.y.push_back(numbers[1]);
      }
  Line line{"predicted", {}, numbersOf(landscape->getArray("values"))};
  for (size_t i = 0; i < line.y.size(); ++i)
    line.x.push_back(axis.low +
                     (axis.high - axis.low) * double(i) / std::max(1.0, double(line.y.size()) - 1));
  if (!points.x.empty())
    chart.lines.push_back(std::move(points));
  chart.lines.push_back(std::move(line));
  return chart;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// The shape of the images that the model takes, as rows, columns, channels.
static std::optional<std::vector<int64_t>> imageShape(const Run &run, int64_t elements) {
  const Array *fields = run.configuration.getArray("fields");
  if (!fields)
    return std::nullopt;
  for (const llvm::json::Value &field : *fields) {
    const Object *object = field.getAsObject();
    const Array *shape = object ? object->getArray("shape") : nullptr;
    if (!shape || shape->size() < 2 || shape->size() > 3)
      continue;
    std::vector<int64_t> sizes;
    int64_t product = 1;
    for (const llvm::json::Value &size : *shape) {
      sizes.push_back(size.getAsInteger().value_or(0));
      product *= sizes.back();
    }
    if (sizes.size() == 2)
      sizes.push_back(1);
    if (product == elements && (sizes[2] == 1 || sizes[2] == 3))
      return sizes;
  }
  return std::nullopt;
}

std::optional<Tiles> firstWeightsOf(const Run &run, const WeightFile &weights) {
  for (const std::string &name : weights.names()) {
    if (llvm::StringRef(name).starts_with("average/"))
      continue;
    std::optional<WeightTensor> tensor = weights.tensor(name);
    const std::vector<int64_t> &shape = tensor->shape;
    Tiles tiles;
    int64_t count = 0;
    if (shape.size() == 2) { // dense: [in, units]
      std::optional<std::vector<int64_t>> image = imageShape(run, shape[0]);
      if (!image)
        continue;
      tiles.height = (*image)[0];
      tiles.width = (*image)[1];
      tiles.channels = (*image)[2];
      count = shape[1];
    } else if (shape.size() == 4 && shape[0] > 1) { // filters: [rows, columns, channels, filters]
      tiles.height = shape[0];
      tiles.width = shape[1];
      tiles.channels = shape[2];
      count = shape[3];
    } else {
      continue;
    }
    const int64_t elements = tiles.height * tiles.width * tiles.channels;
    const int64_t shown = std::min<int64_t>(count, mostTiles);
    for (int64_t image = 0; image < shown; ++image) {
      std::vector<double> values;
      for (int64_t i = 0; i < elements; ++i)
        values.push_back(tensor->values[size_t(i * count + image)]);
      tiles.images.push_back(std::move(values));
    }
    tiles.title =
        name + (shown < count ? llvm::formatv(", the first {0} of {1}", shown, count).str() : "");
    if (tiles.channels > 3 || tiles.channels == 2)
      tiles.title += ", first channel";
    return tiles;
  }
  return std::nullopt;
}

std::vector<Histogram> histogramsOf(const WeightFile &weights, size_t most) {
  constexpr size_t bins = 40;
  std::vector<Histogram> histograms;
  for (const std::string &name : weights.names()) {
    if (histograms.size() == most)
      break;
    std::optional<WeightTensor> tensor = weights.tensor(name);
    if (tensor->values.size() < 2)
      continue;
    Histogram histogram;
    histogram.title = name;
    auto [low, high] = std::minmax_element(tensor->values.begin(), tensor->values.end());
    histogram.low = *low < *high ? *low : *low - 0.5;
    histogram.high = *low < *high ? *high : *low + 0.5;
    histogram.counts.resize(bins);
    for (double value : tensor->values) {
      const double share = (value - histogram.low) / (histogram.high - histogram.low);
      if (std::isfinite(share))
        ++histogram.counts[std::min(bins - 1, size_t(share * double(bins)))];
    }
    histograms.push_back(std::move(histogram));
  }
  return histograms;
}

} // namespace nnc::report
