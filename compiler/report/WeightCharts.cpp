// Implements the charts of weights.
#include "compiler/report/RunCharts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>

using llvm::json::Array;
using llvm::json::Object;

namespace nnc::report {

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

std::optional<Tiles> firstWeightsOf(const Run &run, const WeightFile &weights, int64_t most) {
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
    const int64_t shown = std::min(count, most);
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

/// Finds the two directions in which rows of `columns` numbers, whose mean is 0, scatter most, by
/// subspace iteration.
static std::array<std::vector<double>, 2> principalDirections(const std::vector<double> &rows,
                                                              size_t columns) {
  std::array<std::vector<double>, 2> directions;
  for (size_t k = 0; k < 2; ++k)
    for (size_t i = 0; i < columns; ++i)
      directions[k].push_back(std::sin(double(i + 1) * double(k + 1))); // any start will do
  auto dot = [](const std::vector<double> &left, const std::vector<double> &right) {
    double sum = 0;
    for (size_t i = 0; i < left.size(); ++i)
      sum += left[i] * right[i];
    return sum;
  };
  constexpr int turns = 60;
  for (int turn = 0; turn < turns; ++turn)
    for (size_t k = 0; k < 2; ++k) {
      std::vector<double> next(columns);
      for (size_t row = 0; row < rows.size(); row += columns) {
        double place = 0;
        for (size_t i = 0; i < columns; ++i)
          place += rows[row + i] * directions[k][i];
        for (size_t i = 0; i < columns; ++i)
          next[i] += place * rows[row + i];
      }
      if (k == 1) {
        const double part = dot(next, directions[0]);
        for (size_t i = 0; i < columns; ++i)
          next[i] -= part * directions[0][i];
      }
      const double length = std::sqrt(dot(next, next));
      for (double &number : next)
        number = length > 0 ? number / length : 0;
      directions[k] = std::move(next);
    }
  // A direction and its opposite are equally good: the largest part is positive.
  for (std::vector<double> &direction : directions) {
    auto largest =
        std::max_element(direction.begin(), direction.end(), [](double left, double right) {
          return std::fabs(left) < std::fabs(right);
        });
    if (largest != direction.end() && *largest < 0)
      for (double &number : direction)
        number = -number;
  }
  return directions;
}

/// The names of `count` values: those of the only field that has as many, else numbers.
static std::vector<std::string> namesOf(const Run &run, size_t count) {
  std::vector<std::string> names;
  if (const Object *fields = run.evaluation.getObject("names"))
    for (const auto &[field, value] : *fields)
      if (const Array *array = value.getAsArray(); array && array->size() == count)
        for (const llvm::json::Value &name : *array)
          if (names.size() < count)
            names.push_back(name.getAsString().value_or("").str());
  for (size_t i = names.size(); i < count; ++i)
    names.push_back(std::to_string(i));
  return names;
}

/// Points for rows of `columns` numbers, along the two directions in which they scatter most.
static Scatter scatterOf(std::vector<double> rows, size_t columns) {
  const size_t count = rows.size() / columns;
  for (size_t i = 0; i < columns; ++i) {
    double mean = 0;
    for (size_t row = 0; row < count; ++row)
      mean += rows[row * columns + i] / double(count);
    for (size_t row = 0; row < count; ++row)
      rows[row * columns + i] -= mean;
  }
  double whole = 0;
  for (double number : rows)
    whole += number * number;
  Scatter scatter;
  const std::array<std::vector<double>, 2> directions = principalDirections(rows, columns);
  for (size_t k = 0; k < 2; ++k) {
    std::vector<double> &places = k == 0 ? scatter.x : scatter.y;
    double part = 0;
    for (size_t row = 0; row < count; ++row) {
      double place = 0;
      for (size_t i = 0; i < columns; ++i)
        place += rows[row * columns + i] * directions[k][i];
      places.push_back(place);
      part += place * place;
    }
    (k == 0 ? scatter.xLabel : scatter.yLabel) =
        llvm::formatv("{0} component, {1:F0} % of the variance", k == 0 ? "first" : "second",
                      whole > 0 ? 100 * part / whole : 0);
  }
  return scatter;
}

/// A vector that the program predicts, such as a hidden layer, of many examples.
static std::optional<Scatter> vectorsOf(const Run &run, const Object &output) {
  const size_t columns = size_t(std::max<int64_t>(0, output.getInteger("size").value_or(0)));
  const std::vector<double> values = numbersOf(output.getArray("values"));
  if (columns < 2 || values.size() < 3 * columns || values.size() % columns != 0)
    return std::nullopt;
  Scatter scatter = scatterOf(values, columns);
  scatter.title = llvm::formatv("{0} of {1} examples, principal components",
                                output.getString("name").value_or(""), scatter.x.size());
  scatter.names.resize(scatter.x.size());
  const std::vector<double> classes = numbersOf(output.getArray("classes"));
  const Object *classification = run.evaluation.getObject("classification");
  if (!classification || classes.size() != scatter.x.size())
    return scatter;
  scatter.classes = textsOf(classification->getArray("classes"));
  for (size_t i = 0; i < classes.size(); ++i) {
    const bool isKnown = classes[i] >= 0 && classes[i] < double(scatter.classes.size());
    scatter.colours.push_back(isKnown ? int64_t(classes[i]) : 7);
    if (isKnown)
      scatter.names[i] = scatter.classes[size_t(classes[i])];
  }
  return scatter;
}

std::vector<Scatter> embeddingsOf(const Run &run, const WeightFile &weights) {
  std::vector<Scatter> result;
  const Object *info = run.configuration.getObject("info");
  const Array *layers = info ? info->getArray("layers") : nullptr;
  for (size_t i = 0; layers && i < layers->size(); ++i) {
    const Object *layer = (*layers)[i].getAsObject();
    if (!layer || layer->getString("kind") != "embed")
      continue;
    std::optional<WeightTensor> table =
        weights.tensor(layer->getString("path").value_or("").str() + ".weight");
    if (!table || table->shape.size() != 2 || table->shape[0] < 3 || table->shape[1] < 2)
      continue;
    constexpr int64_t mostRows = 1000;
    const int64_t count = std::min(table->shape[0], mostRows), columns = table->shape[1];
    Scatter scatter = scatterOf({table->values.begin(), table->values.begin() + count * columns},
                                size_t(columns));
    scatter.title = table->name + ", principal components" +
                    (count < table->shape[0]
                         ? llvm::formatv(", the first {0} of {1}", count, table->shape[0]).str()
                         : "");
    scatter.names = namesOf(run, size_t(table->shape[0]));
    result.push_back(std::move(scatter));
  }
  if (const Array *outputs = run.evaluation.getArray("vectors"))
    for (const llvm::json::Value &output : *outputs)
      if (const Object *object = output.getAsObject())
        if (std::optional<Scatter> scatter = vectorsOf(run, *object))
          result.push_back(std::move(*scatter));
  return result;
}

} // namespace nnc::report
