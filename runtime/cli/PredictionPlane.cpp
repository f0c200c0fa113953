// Implements predictions over a line or a plane of inputs.
#include "runtime/cli/PredictionPlane.h"

#include "runtime/cli/OutputLabels.h"
#include "runtime/data/Sampling.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

constexpr int64_t shownPoints = 500;

std::vector<const Function *> predictionsOf(const Description &description,
                                            const Dataset &dataset) {
  std::vector<const Function *> predictions;
  for (const Function *function : description.predictions())
    if (!function->fields.empty() &&
        std::ranges::all_of(function->fields, [&](const InputField &field) {
          return field.kind != InputKind::Field || dataset.field(field.name);
        }))
      predictions.push_back(function);
  return predictions;
}

Json rounded(double value, int digits) {
  if (!std::isfinite(value))
    return nullptr;
  return std::strtod(text("%.*g", digits, value).c_str(), nullptr);
}

Rows sampleOf(const RowSet &rows, int64_t count) {
  const int64_t size = rows.size();
  if (size <= count)
    return rows.toList();
  Rows result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(rows[i * size / count]);
  return result;
}

PredictionPlane::PredictionPlane(Execution &execution, const DataBlock &block,
                                 const Dataset &dataset, const RowSet &rows,
                                 const DataConventions &conventions, int64_t linePoints,
                                 int64_t side)
    : block(block), dataset(dataset), conventions(conventions), shown(sampleOf(rows, shownPoints)),
      linePoints(linePoints), side(side),
      classes(findClassification(execution.description(), block, dataset, /*prefersScores=*/false,
                                 mostClasses)) {
  for (const Function *function : predictionsOf(execution.description(), dataset))
    if (!shown.empty() && choose(*function)) {
      makeGrid();
      bound.emplace(execution, *function, grid);
      return;
    }
}

/// The output that is one float: one that is called like a field, else the first.
static const OutputValue *numberOutput(const Function &function, const DataBlock &block) {
  const OutputValue *found = nullptr;
  for (const OutputValue *value : function.valuesOf(OutputKind::Prediction))
    if (isFloat(value->dtype) && value->batched && elementCount(value->shape) == value->shape[0] &&
        (!found || (block.field(value->name) && !block.field(found->name))))
      found = value;
  return found;
}

/// Whether the block has such inputs, and an output to draw.
bool PredictionPlane::choose(const Function &function) {
  int64_t numbers = 0;
  bool floats = true;
  inputs.clear();
  for (const InputField &field : function.fields)
    if (field.kind == InputKind::Field) {
      inputs.push_back(block.field(field.name));
      floats &= inputs.back() && isFloat(field.dtype) && !inputs.back()->padded;
      numbers += field.elementsPerExample();
    }
  classified = &function == classes.function;
  output = classified ? classes.output : numberOutput(function, block);
  if (!floats || !output || (numbers != 1 && numbers != 2))
    return false;
  target = classified ? classes.field : block.field(output->name);
  if (target && !classified && elementCount(target->shape) != 1)
    target = nullptr;
  size = numbers == 1 ? linePoints : side;
  return true;
}

/// The inputs between the ends of the axes.
void PredictionPlane::makeGrid() {
  for (const DataField *field : inputs)
    for (int64_t i = 0; i < elementCount(field->shape); ++i) {
      const FieldData &data = *dataset.field(field->name);
      Axis &axis = ends.emplace_back();
      axis.name = elementCount(field->shape) == 1 ? field->name
                                                  : field->name + "[" + std::to_string(i) + "]";
      for (int64_t row : shown)
        axis.shown.push_back(loadElement(data.data(row), data.storage, i) /
                             (data.storage == DType::U8 && isFloat(field->dtype) ? 255 : 1));
      auto [least, largest] = std::ranges::minmax(axis.shown);
      const double margin = least < largest ? 0.05 * (largest - least) : 1;
      axis.low = least - margin;
      axis.high = largest + margin;
    }
  grid.examples = ends.size() == 1 ? size : size * size;
  size_t first = 0;
  for (const DataField *field : inputs) {
    FieldData data = FieldData::of(*field);
    const size_t count = static_cast<size_t>(elementCount(field->shape));
    const size_t bytes = sizeOf(data.storage);
    data.bytes.resize(static_cast<size_t>(grid.examples) * count * bytes);
    for (int64_t example = 0; example < grid.examples; ++example)
      for (size_t i = 0; i < count; ++i) {
        const Axis &axis = ends[first + i];
        // The second axis, of the rows, goes down.
        const int64_t place = first + i == 0 ? example % size : size - 1 - example / size;
        const double number = axis.low + (axis.high - axis.low) * static_cast<double>(place) /
                                             static_cast<double>(size - 1);
        convertElements(reinterpret_cast<const char *>(&number), DType::F64,
                        data.bytes.data() + (static_cast<size_t>(example) * count + i) * bytes,
                        data.storage, 1);
      }
    first += count;
    grid.fields.push_back(std::move(data));
  }
}

double PredictionPlane::work() const {
  const int64_t batch = bound->batch();
  const int64_t calls = (grid.examples + batch - 1) / batch;
  return static_cast<double>(calls) * static_cast<double>(bound->description().flop);
}

Json PredictionPlane::axes() const {
  Json json, axes = Json::array(), points = Json::array();
  for (const Axis &axis : ends)
    axes.push_back({{"name", axis.name}, {"low", rounded(axis.low)}, {"high", rounded(axis.high)}});
  for (size_t i = 0; i < shown.size(); ++i) {
    Json point = Json::array();
    for (const Axis &axis : ends)
      point.push_back(rounded(axis.shown[i]));
    if (target) {
      const FieldData &data = *dataset.field(target->name);
      point.push_back(rounded(loadElement(data.data(shown[i]), data.storage, 0)));
    }
    points.push_back(std::move(point));
  }
  json["output"] = output->name;
  json["axes"] = std::move(axes);
  json["size"] = size;
  json["points"] = std::move(points);
  if (target)
    json["target"] = target->name;
  if (classified) {
    json["classes"] = Json::array();
    for (int64_t i = 0; i < classes.field->classes; ++i)
      json["classes"].push_back(valueName(*classes.field, conventions.classes, i));
  }
  return json;
}

Json PredictionPlane::values(int digits) {
  Json results = Json::array();
  const Rows all = inOrder(grid.examples);
  for (int64_t first = 0; first < grid.examples; first += bound->batch()) {
    const int64_t count = std::min(bound->batch(), grid.examples - first);
    bound->run(all.data() + first, count);
    for (int64_t i = 0; i < count; ++i)
      results.push_back(
          classified ? Json(classes.predicted(*bound, i))
                     : rounded(loadElement(bound->output(*output), output->dtype, i), digits));
  }
  return results;
}

} // namespace nnc::runtime
