// Implements the record of an evaluation. Its size is bounded: a report holds all of it.
#include "runtime/cli/EvaluationRecord.h"

#include "runtime/cli/Classification.h"
#include "runtime/cli/MetricTables.h"
#include "runtime/cli/ExampleImages.h"
#include "runtime/text/Utf8.h"
#include "runtime/train/Evaluation.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

namespace {

constexpr int64_t mostClasses = 100; ///< of a confusion matrix
constexpr int64_t shownExamples = 24;
/// The loss of an example takes a whole batch: at most so many are tried, and so many flop.
constexpr int64_t triedExamples = 400, triedFlop = 20'000'000'000;
constexpr int64_t gridSize = 80, curvePoints = 200, shownPoints = 500;
constexpr int64_t shownNumbers = 12, shownLetters = 200, largestSide = 256; // pixels

std::string base64(const std::string &bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j)
      result += i + j > bytes.size() ? '=' : digits[bits >> (18 - 6 * j) & 63];
  }
  return result;
}

/// Six digits are enough for a picture.
Json rounded(double value) {
  if (!std::isfinite(value))
    return nullptr;
  return std::strtod(text("%.6g", value).c_str(), nullptr);
}

/// At most `count` of `rows`, at equal distances.
Rows sampleOf(const Rows &rows, int64_t count) {
  const int64_t size = static_cast<int64_t>(rows.size());
  if (size <= count)
    return rows;
  Rows result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(rows[static_cast<size_t>(i * size / count)]);
  return result;
}

class Recorder {
public:
  Recorder(Execution &execution, const Recipe &recipe, const Dataset &dataset, const Rows &rows,
           const DataConventions &conventions)
      : execution(execution), description(execution.description()), recipe(recipe),
        block(*description.block(recipe.data)), dataset(dataset), rows(rows),
        conventions(conventions) {}

  void record(Json &json) {
    findPredictions();
    Rows candidates = rows;
    if (classes.function) {
      predictClasses();
      json["classification"] = confusion();
      candidates.clear();
      for (size_t i = 0; i < rows.size(); ++i)
        if (predictedClasses[i] != classOf(dataset, *classes.field, rows[i]))
          candidates.push_back(rows[i]);
    }
    json["worst"] = worst(std::move(candidates));
    if (Json plane = landscape(); !plane.is_null())
      json["landscape"] = std::move(plane);
  }

private:
  /// Predictions of which the data has all inputs.
  void findPredictions() {
    for (const Function *function : description.predictions()) {
      bool fits = !function->fields.empty();
      for (const InputField &field : function->fields)
        fits &= field.kind != InputKind::Field || dataset.field(field.name) != nullptr;
      if (!fits)
        continue;
      predictions.push_back(function);
    }
    classes = findClassification(description, block, dataset, /*prefersScores=*/false, mostClasses);
  }

  std::string className(const DataField &field, int64_t number) const {
    const std::vector<std::string> *names = &field.classNames;
    if (auto found = conventions.classes.find(field.name);
        names->empty() && found != conventions.classes.end())
      names = &found->second;
    return number >= 0 && number < std::ssize(*names) ? (*names)[static_cast<size_t>(number)]
                                                      : std::to_string(number);
  }

  void predictClasses() {
    BoundFunction bound(execution, *classes.function, dataset);
    for (size_t first = 0; first < rows.size(); first += static_cast<size_t>(bound.batch())) {
      const int64_t count = std::min(bound.batch(), static_cast<int64_t>(rows.size() - first));
      bound.run(rows.data() + first, count);
      for (int64_t i = 0; i < count; ++i)
        predictedClasses.push_back(classes.predicted(bound, i));
    }
  }

  /// The number of examples by their class, in rows, and by the predicted one.
  Json confusion() const {
    const size_t size = static_cast<size_t>(classes.field->classes);
    std::vector<std::vector<int64_t>> counts(size, std::vector<int64_t>(size));
    for (size_t i = 0; i < rows.size(); ++i) {
      const size_t truth = static_cast<size_t>(classOf(dataset, *classes.field, rows[i])),
                   predicted = static_cast<size_t>(predictedClasses[i]);
      if (truth < size && predicted < size)
        ++counts[truth][predicted];
    }
    Json names = Json::array();
    for (size_t i = 0; i < size; ++i)
      names.push_back(className(*classes.field, static_cast<int64_t>(i)));
    Json json;
    json["field"] = classes.field->name;
    json["output"] = classes.output->name;
    json["classes"] = std::move(names);
    json["confusion"] = counts;
    return json;
  }

  /// The examples with the largest losses; of a classification, among those it gets wrong.
  Json worst(Rows candidates) {
    const Function &evaluate = *description.function(recipe.phases.back().evaluate);
    const int64_t budget = std::min(triedExamples, triedFlop / std::max<int64_t>(1, evaluate.flop));
    const size_t wrong = candidates.size();
    candidates = sampleOf(candidates, std::max(budget, shownExamples));
    std::vector<std::pair<double, int64_t>> losses;
    if (budget >= shownExamples) {
      BoundFunction bound(execution, evaluate, dataset);
      for (int64_t row : candidates) {
        bound.run(&row, 1);
        losses.emplace_back(bound.scalar(*evaluate.loss()), row);
      }
      std::ranges::stable_sort(losses, std::greater<>(), &std::pair<double, int64_t>::first);
    } else {
      for (int64_t row : candidates)
        losses.emplace_back(NAN, row);
    }
    losses.resize(std::min<size_t>(losses.size(), shownExamples));
    Json examples = Json::array();
    for (auto [loss, row] : losses) {
      Json &example = examples.emplace_back();
      example["example"] = row;
      example["loss"] = rounded(loss);
      example["fields"] = fieldsOf(row);
    }
    addOutputs(losses, examples);
    Json json;
    json["candidates"] = wrong;
    json["tried"] = budget >= shownExamples ? candidates.size() : 0;
    json["examples"] = std::move(examples);
    return json;
  }

  Json fieldsOf(int64_t row) const {
    Json fields = Json::array();
    for (const DataField &field : block.fields) {
      const FieldData &data = *dataset.field(field.name);
      Json entry = {{"name", field.name}};
      if (isImage(field) && field.shape[0] <= largestSide && field.shape[1] <= largestSide) {
        Image image = imageOf(data.data(row), data.storage, field, 0);
        ContactSheet sheet(field, 1, 1, {image}, /*gap=*/0);
        sheet.draw(image, 0, 0);
        entry["png"] = base64(sheet.png());
      } else if (field.tokenizer) {
        std::vector<int32_t> ids;
        for (int64_t i = 0; i < std::min(data.elements(row), shownLetters); ++i)
          ids.push_back(static_cast<int32_t>(loadElement(data.data(row), data.storage, i)));
        entry["text"] = text::replaceInvalid(field.tokenizer->decode(ids));
      } else if (field.classes && field.shape.empty()) {
        entry["text"] = className(field, classOf(dataset, field, row));
      } else {
        std::string numbers;
        const double scale = data.storage == DType::U8 && isFloat(field.dtype) ? 255 : 1;
        for (int64_t i = 0; i < std::min(data.elements(row), shownNumbers); ++i)
          numbers +=
              (i ? " " : "") + numberText(4, loadElement(data.data(row), data.storage, i) / scale);
        entry["text"] = numbers + (data.elements(row) > shownNumbers ? " ..." : "");
      }
      fields.push_back(std::move(entry));
    }
    return fields;
  }

  /// Adds what is predicted: numbers and classes, of all predictions.
  void addOutputs(const std::vector<std::pair<double, int64_t>> &chosen, Json &examples) {
    for (const Function *function : predictions) {
      BoundFunction bound(execution, *function, dataset);
      for (size_t i = 0; i < chosen.size(); ++i) {
        bound.run(&chosen[i].second, 1);
        for (const OutputValue *value : function->valuesOf(OutputKind::Prediction)) {
          if (value->shape.size() != 1 || !value->batched)
            continue;
          const double number = loadElement(bound.output(*value), value->dtype, 0);
          const DataField *field = isFloat(value->dtype) ? nullptr : block.field(value->field);
          examples[i]["outputs"][value->name] =
              field ? Json(className(*field, static_cast<int64_t>(number))) : rounded(number);
        }
        if (function == classes.function)
          examples[i]["outputs"][classes.output->name] =
              className(*classes.field, classes.predicted(bound, 0));
      }
    }
  }

  /// The predictions for inputs of one or two numbers, between the least and the largest of the
  /// data; null for other inputs.
  Json landscape() {
    for (const Function *function : predictions) {
      int64_t numbers = 0;
      bool floats = true;
      std::vector<const DataField *> inputs;
      for (const InputField &field : function->fields)
        if (field.kind == InputKind::Field) {
          inputs.push_back(block.field(field.name));
          floats &= inputs.back() && isFloat(field.dtype) && !inputs.back()->padded;
          numbers += field.elementsPerExample();
        }
      const bool classified = function == classes.function;
      const OutputValue *output = classified ? classes.output : numberOutput(*function);
      if (floats && output && (numbers == 1 || numbers == 2))
        return landscape(*function, inputs, *output, classified, numbers);
    }
    return nullptr;
  }

  /// The output that is one float: one that is called like a field, else the first.
  const OutputValue *numberOutput(const Function &function) const {
    const OutputValue *found = nullptr;
    for (const OutputValue *value : function.valuesOf(OutputKind::Prediction))
      if (isFloat(value->dtype) && value->batched &&
          elementCount(value->shape) == value->shape[0] &&
          (!found || (block.field(value->name) && !block.field(found->name))))
        found = value;
    return found;
  }

  Json landscape(const Function &function, const std::vector<const DataField *> &inputs,
                 const OutputValue &output, bool classified, int64_t numbers) {
    Json axes = Json::array(), points = Json::array();
    const DataField *target = classified ? classes.field : block.field(output.name);
    if (target && !classified && elementCount(target->shape) != 1)
      target = nullptr;
    // By axis: the values of the shown points.
    std::vector<std::vector<double>> values;
    const Rows shown = sampleOf(rows, shownPoints);
    auto add = [&](const DataField &field, int64_t element) {
      const FieldData &data = *dataset.field(field.name);
      values.emplace_back();
      for (int64_t row : shown)
        values.back().push_back(loadElement(data.data(row), data.storage, element) /
                                (data.storage == DType::U8 && isFloat(field.dtype) ? 255 : 1));
    };
    std::vector<double> low, high;
    for (const DataField *field : inputs)
      for (int64_t i = 0; i < elementCount(field->shape); ++i) {
        add(*field, i);
        auto [least, largest] = std::ranges::minmax(values.back());
        const double margin = least < largest ? 0.05 * (largest - least) : 1;
        low.push_back(least - margin);
        high.push_back(largest + margin);
        Json &axis = axes.emplace_back();
        axis["name"] = elementCount(field->shape) == 1
                           ? field->name
                           : field->name + "[" + std::to_string(i) + "]";
        axis["low"] = rounded(low.back());
        axis["high"] = rounded(high.back());
      }
    if (target)
      add(*target, 0);
    for (size_t i = 0; i < shown.size(); ++i) {
      Json point = Json::array();
      for (const std::vector<double> &column : values)
        point.push_back(rounded(column[i]));
      points.push_back(std::move(point));
    }
    const int64_t size = numbers == 1 ? curvePoints : gridSize;
    Dataset grid;
    grid.examples = numbers == 1 ? size : size * size;
    size_t axis = 0;
    for (const DataField *field : inputs) {
      FieldData data = FieldData::of(*field);
      const size_t count = static_cast<size_t>(elementCount(field->shape));
      const size_t bytes = sizeOf(data.storage);
      data.bytes.resize(static_cast<size_t>(grid.examples) * count * bytes);
      for (int64_t example = 0; example < grid.examples; ++example)
        for (size_t i = 0; i < count; ++i) {
          // The second axis, of the rows, goes down.
          const int64_t place = axis + i == 0 ? example % size : size - 1 - example / size;
          const double number = low[axis + i] + (high[axis + i] - low[axis + i]) *
                                                    static_cast<double>(place) /
                                                    static_cast<double>(size - 1);
          convertElements(reinterpret_cast<const char *>(&number), DType::F64,
                          data.bytes.data() + (static_cast<size_t>(example) * count + i) * bytes,
                          data.storage, 1);
        }
      axis += count;
      grid.fields.push_back(std::move(data));
    }
    BoundFunction bound(execution, function, grid);
    const Rows all = inOrder(grid.examples);
    Json results = Json::array();
    for (int64_t first = 0; first < grid.examples; first += bound.batch()) {
      const int64_t count = std::min(bound.batch(), grid.examples - first);
      bound.run(all.data() + first, count);
      for (int64_t i = 0; i < count; ++i)
        results.push_back(classified ? Json(classes.predicted(bound, i))
                                     : rounded(loadElement(bound.output(output), output.dtype, i)));
    }
    Json json;
    json["output"] = output.name;
    json["axes"] = std::move(axes);
    json["size"] = size;
    json["values"] = std::move(results);
    json["points"] = std::move(points);
    if (target)
      json["target"] = target->name;
    if (classified) {
      json["classes"] = Json::array();
      for (int64_t i = 0; i < classes.field->classes; ++i)
        json["classes"].push_back(className(*classes.field, i));
    }
    return json;
  }

  Execution &execution;
  const Description &description;
  const Recipe &recipe;
  const DataBlock &block;
  const Dataset &dataset;
  const Rows &rows;
  const DataConventions &conventions;
  std::vector<const Function *> predictions;
  Classification classes;
  std::vector<int64_t> predictedClasses; ///< by row
};

} // namespace

Measures recordEvaluation(const RunFolder &folder, Execution &execution, const Recipe &recipe,
                          const Dataset &dataset, const Rows &rows, const std::string &split,
                          const DataConventions &conventions) {
  Evaluator evaluator(execution, recipe.phases.back(), dataset, rows);
  Measures measures = evaluator.evaluate();
  Json metrics = {{"split", split}, {"examples", evaluator.examples()}};
  metrics.update(toJson(measures));
  folder.write(RunFolder::metrics, metrics);
  Json json = {{"split", split}, {"examples", evaluator.examples()}};
  execution.exchangeAverages(); // with which the measures were computed
  Recorder(execution, recipe, dataset, rows, conventions).record(json);
  execution.exchangeAverages();
  folder.write(RunFolder::evaluation, json);
  return measures;
}

} // namespace nnc::runtime
