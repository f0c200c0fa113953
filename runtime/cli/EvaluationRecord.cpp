// Implements the record of an evaluation. Its size is bounded: a report holds all of it.
#include "runtime/cli/EvaluationRecord.h"

#include "runtime/cli/Classification.h"
#include "runtime/cli/ExampleImages.h"
#include "runtime/cli/MetricTables.h"
#include "runtime/cli/OutputLabels.h"
#include "runtime/cli/PredictionPlane.h"
#include "runtime/text/Utf8.h"
#include "runtime/train/Evaluation.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

namespace {

constexpr int64_t shownExamples = 24;
/// The loss of an example takes a whole batch: at most so many are tried, and so many flop.
constexpr int64_t triedExamples = 400, triedFlop = 20'000'000'000;
constexpr int64_t linePoints = 200, side = 80;
constexpr int64_t calibrationBins = 15, mostNames = 1000;
/// Of an output with at least two dimensions, which is drawn: numbers, and examples.
constexpr int64_t mostNumbers = 65536, mappedExamples = 2;
constexpr int64_t mostVectors = 300, numbersOfVectors = 30000, longestVector = 1024;
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

class Recorder {
public:
  Recorder(Execution &execution, const Recipe &recipe, const Dataset &dataset, const RowSet &rows,
           const DataConventions &conventions)
      : execution(execution), description(execution.description()), recipe(recipe),
        block(*description.block(recipe.data)), dataset(dataset), rows(rows),
        conventions(conventions) {}

  void record(Json &json) {
    predictions = predictionsOf(description, dataset);
    classes = findClassification(description, block, dataset, /*prefersScores=*/false, mostClasses);
    RowSet candidates = rows;
    if (classes.function) {
      predictClasses();
      json["classification"] = confusion();
      if (Json bins = calibration(); !bins.is_null())
        json["calibration"] = std::move(bins);
      Rows wrong;
      for (int64_t i = 0; i < rows.size(); ++i)
        if (predictedClasses[static_cast<size_t>(i)] != classOf(dataset, *classes.field, rows[i]))
          wrong.push_back(rows[i]);
      candidates = std::move(wrong);
    }
    for (const DataField &field : block.fields)
      if (std::vector<std::string> names = valueNames(field, conventions.classes);
          !names.empty() && std::ssize(names) <= mostNames)
        json["names"][field.name] = std::move(names);
    json["worst"] = worst(candidates);
    if (Json drawn = maps(); !drawn.empty())
      json["maps"] = std::move(drawn);
    if (Json found = vectors(); !found.empty())
      json["vectors"] = std::move(found);
    if (PredictionPlane plane(execution, block, dataset, rows, conventions, linePoints, side);
        plane.exists()) {
      json["plane"] = plane.axes();
      json["plane"]["values"] = plane.values();
    }
  }

private:
  std::string className(const DataField &field, int64_t number) const {
    return valueName(field, conventions.classes, number);
  }

  void predictClasses() {
    BoundFunction bound(execution, *classes.function, dataset);
    const OutputValue *scores = scoresOf(*classes.function), *certainty = nullptr;
    for (const char *name : {"probability", "confidence"})
      if (const OutputValue *value = classes.function->value(OutputKind::Prediction, name);
          value && isFloat(value->dtype) && value->batched && value->shape.size() == 1)
        certainty = value;
    const int64_t count = classes.field->classes;
    Rows buffer;
    for (int64_t first = 0; first < rows.size(); first += bound.batch()) {
      const int64_t examples = std::min(bound.batch(), rows.size() - first);
      bound.run(rows.part(first, examples, buffer), examples);
      for (int64_t i = 0; i < examples; ++i) {
        const int64_t predicted = classes.predicted(bound, i);
        predictedClasses.push_back(predicted);
        if (scores && (predicted < 0 || predicted >= count)) {
          areProbabilities = false;
          confidences.push_back(NAN);
        } else if (scores) {
          double sum = 0, least = 0;
          for (int64_t j = 0; j < count; ++j) {
            const double score = loadElement(bound.output(*scores), scores->dtype, i * count + j);
            sum += score;
            least = std::min(least, score);
          }
          areProbabilities &= least >= 0 && std::abs(sum - 1) < 1e-3;
          confidences.push_back(
              loadElement(bound.output(*scores), scores->dtype, i * count + predicted));
        } else if (certainty) {
          const double number = loadElement(bound.output(*certainty), certainty->dtype, i);
          confidences.push_back(number);
          areProbabilities &= number >= 0 && number <= 1 + 1e-6;
          isOfSecond &= (number > 0.5) == (predicted == 1);
        }
      }
    }
    isOfSecond &= !scores && count == 2;
    areProbabilities &= !confidences.empty();
  }

  /// The output of the same block that scores the classes; null if none does.
  const OutputValue *scoresOf(const Function &function) const {
    if (classes.hasScores())
      return classes.output;
    const OutputValue *found = nullptr;
    for (const OutputValue *value : function.valuesOf(OutputKind::Prediction))
      if (isFloat(value->dtype) && value->batched && value->shape.size() == 2 &&
          value->shape[1] == classes.field->classes && !found)
        found = value;
    return found;
  }

  /// How often predictions are right, by the probability that the model gives them: Guo et al. 2017.
  /// The probabilities are scores that add up to 1, or a number called `confidence` or `probability`,
  /// of the predicted class or, of two, of the second one. Null if there are none.
  Json calibration() const {
    if (!areProbabilities)
      return nullptr;
    struct Bin {
      int64_t examples = 0, right = 0;
      double confidence = 0;
    };
    std::vector<Bin> bins(calibrationBins);
    for (size_t i = 0; i < predictedClasses.size(); ++i) {
      const double confidence =
          isOfSecond && predictedClasses[i] == 0 ? 1 - confidences[i] : confidences[i];
      // That of a predicted class is at least its share.
      if (confidence < 1.0 / static_cast<double>(classes.field->classes) - 1e-6)
        return nullptr;
      Bin &bin = bins[static_cast<size_t>(
          std::clamp<int64_t>(static_cast<int64_t>(std::ceil(confidence * calibrationBins)) - 1, 0,
                              calibrationBins - 1))];
      ++bin.examples;
      bin.confidence += confidence;
      bin.right +=
          predictedClasses[i] == classOf(dataset, *classes.field, rows[static_cast<int64_t>(i)]);
    }
    double error = 0;
    Json json, array = Json::array();
    for (const Bin &bin : bins) {
      const double examples = static_cast<double>(std::max<int64_t>(1, bin.examples));
      error += std::abs(bin.confidence - static_cast<double>(bin.right));
      array.push_back({{"examples", bin.examples},
                       {"confidence", rounded(bin.confidence / examples)},
                       {"right", rounded(static_cast<double>(bin.right) / examples)}});
    }
    json["error"] = rounded(error / static_cast<double>(std::max<int64_t>(1, rows.size())));
    json["bins"] = std::move(array);
    return json;
  }

  /// The number of examples by their class, in rows, and by the predicted one.
  Json confusion() const {
    const size_t size = static_cast<size_t>(classes.field->classes);
    std::vector<std::vector<int64_t>> counts(size, std::vector<int64_t>(size));
    for (int64_t i = 0; i < rows.size(); ++i) {
      const size_t truth = static_cast<size_t>(classOf(dataset, *classes.field, rows[i])),
                   predicted = static_cast<size_t>(predictedClasses[static_cast<size_t>(i)]);
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
  Json worst(const RowSet &all) {
    const Function &evaluate = *description.function(recipe.phases.back().evaluate);
    const int64_t budget = std::min(triedExamples, triedFlop / std::max<int64_t>(1, evaluate.flop));
    const Rows candidates = sampleOf(all, std::max(budget, shownExamples));
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
    json["candidates"] = all.size();
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

  /// The outputs of some examples that have at least two dimensions: maps of features, weights of
  /// attention.
  Json maps() {
    Json examples = Json::array();
    const Rows chosen = sampleOf(rows, mappedExamples);
    for (int64_t row : chosen) {
      Json outputs = Json::array();
      for (const Function *function : predictions) {
        std::optional<BoundFunction> bound;
        for (const OutputValue *value : function->valuesOf(OutputKind::Prediction)) {
          if (!isFloat(value->dtype) || !value->batched || value->shape.size() < 3 ||
              elementCount(value->shape) / value->shape[0] > mostNumbers)
            continue;
          if (!bound) {
            bound.emplace(execution, *function, dataset);
            bound->run(&row, 1);
          }
          outputs.push_back(map(*function, *bound, *value, row));
        }
      }
      if (!outputs.empty())
        examples.push_back(
            {{"example", row}, {"fields", fieldsOf(row)}, {"outputs", std::move(outputs)}});
    }
    return examples;
  }

  /// The outputs of many examples that are vectors, such as a hidden layer, but no scores of classes.
  Json vectors() {
    Json outputs = Json::array();
    for (const Function *function : predictions) {
      for (const OutputValue *value : function->valuesOf(OutputKind::Prediction)) {
        if (!isFloat(value->dtype) || !value->batched || value->shape.size() != 2 ||
            !value->lengths.empty() || value->shape[1] < 3 || value->shape[1] > longestVector ||
            (classes.field && value->shape[1] == classes.field->classes))
          continue;
        BoundFunction bound(execution, *function, dataset);
        Json numbers = Json::array(), truth = Json::array();
        for (int64_t row :
             sampleOf(rows, std::min(mostVectors, numbersOfVectors / value->shape[1]))) {
          bound.run(&row, 1);
          for (int64_t i = 0; i < value->shape[1]; ++i)
            numbers.push_back(rounded(loadElement(bound.output(*value), value->dtype, i), 4));
          if (classes.field)
            truth.push_back(classOf(dataset, *classes.field, row));
        }
        Json &output = outputs.emplace_back();
        output["name"] = value->name;
        output["size"] = value->shape[1];
        output["values"] = std::move(numbers);
        if (classes.field)
          output["classes"] = std::move(truth);
      }
    }
    return outputs;
  }

  /// The numbers of an output, without padding, and the labels of its last two dimensions.
  Json map(const Function &function, const BoundFunction &bound, const OutputValue &value,
           int64_t row) const {
    const Shape padded(value.shape.begin() + 1, value.shape.end());
    Shape shape = padded;
    for (const auto &[dimension, name] : value.lengths)
      shape[dimension] =
          std::min(shape[dimension],
                   static_cast<int64_t>(loadElement(
                       bound.output(*function.value(OutputKind::Length, name)), DType::I32, 0)));
    Json json = {{"name", value.name}, {"shape", shape}}, numbers = Json::array();
    for (int64_t i = 0; i < elementCount(shape); ++i) {
      int64_t rest = i, offset = 0, stride = 1;
      for (size_t dimension = shape.size(); dimension-- > 0;) {
        offset += rest % shape[dimension] * stride;
        rest /= shape[dimension];
        stride *= padded[dimension];
      }
      numbers.push_back(rounded(loadElement(bound.output(value), value.dtype, offset), 4));
    }
    json["values"] = std::move(numbers);
    Json labels = Json::array();
    for (size_t dimension = shape.size() - 2; dimension < shape.size(); ++dimension)
      if (std::optional<std::vector<std::string>> names =
              labelsOf(value, padded, dimension, block, dataset, conventions.classes, row)) {
        names->resize(std::min(names->size(), static_cast<size_t>(shape[dimension])));
        if (std::ssize(*names) == shape[dimension])
          labels.push_back(*names);
      }
    if (labels.size() == 2)
      json["labels"] = std::move(labels);
    return json;
  }

  Execution &execution;
  const Description &description;
  const Recipe &recipe;
  const DataBlock &block;
  const Dataset &dataset;
  const RowSet &rows;
  const DataConventions &conventions;
  std::vector<const Function *> predictions;
  Classification classes;
  std::vector<int64_t> predictedClasses; ///< by row
  std::vector<double> confidences;       ///< by row, empty if no output has them
  bool areProbabilities = true;
  bool isOfSecond = true; ///< those of the second class of two, not of the predicted one
};

} // namespace

Measures recordEvaluation(const RunFolder &folder, Execution &execution, const Recipe &recipe,
                          const Dataset &dataset, const RowSet &rows, const std::string &split,
                          const DataConventions &conventions, const Json &landscape) {
  Evaluator evaluator(execution, recipe.phases.back(), dataset, rows);
  Measures measures = evaluator.evaluate();
  Json metrics = {{"split", split}, {"examples", evaluator.examples()}};
  metrics.update(toJson(measures));
  folder.write(RunFolder::metrics, metrics);
  Json json = {{"split", split}, {"examples", evaluator.examples()}};
  execution.exchangeAverages(); // with which the measures were computed
  Recorder(execution, recipe, dataset, rows, conventions).record(json);
  execution.exchangeAverages();
  if (!landscape.is_null())
    json["landscape"] = landscape;
  folder.write(RunFolder::evaluation, json);
  return measures;
}

} // namespace nnc::runtime
