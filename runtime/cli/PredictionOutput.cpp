// Implements the formats of predictions: a CSV table or JSON objects.
#include "runtime/data/Csv.h"
#include "runtime/support/Json.h"
#include "runtime/cli/Predictions.h"

#include <cmath>
#include <cstring>

namespace nnc::runtime {

static int64_t loadInteger(const char *data, DType dtype, int64_t index) {
  int64_t value = 0;
  convertElements(data + index * static_cast<int64_t>(sizeOf(dtype)), dtype,
                  reinterpret_cast<char *>(&value), DType::I64, 1);
  return value;
}

/// The class's name if the element is the number of one, else null.
static const std::string *className(const Prediction &prediction, int64_t index) {
  if (isFloat(prediction.dtype) || prediction.classNames.empty())
    return nullptr;
  int64_t number = loadInteger(prediction.bytes.data(), prediction.dtype, index);
  if (number < 0 || number >= static_cast<int64_t>(prediction.classNames.size()))
    return nullptr;
  return &prediction.classNames[static_cast<size_t>(number)];
}

static std::string elementText(const Prediction &prediction, int64_t index) {
  const char *data = prediction.bytes.data();
  if (!isFloat(prediction.dtype))
    return std::to_string(loadInteger(data, prediction.dtype, index));
  return numberText(prediction.dtype == DType::F32 ? 9 : 17,
                    loadElement(data, prediction.dtype, index));
}

/// The column names of one output: NAME, or NAME.0, NAME.1, ..., with names of classes in the last
/// place.
static void columnNames(const Prediction &prediction, size_t dimension, const std::string &prefix,
                        std::vector<std::string> &names) {
  if (dimension == prediction.shape.size()) {
    names.push_back(prefix);
    return;
  }
  int64_t size = prediction.shape[dimension];
  bool classes = isFloat(prediction.dtype) && dimension + 1 == prediction.shape.size() &&
                 static_cast<int64_t>(prediction.classNames.size()) == size;
  for (int64_t i = 0; i < size; ++i)
    columnNames(prediction, dimension + 1,
                prefix + "." +
                    (classes ? prediction.classNames[static_cast<size_t>(i)] : std::to_string(i)),
                names);
}

/// Whether an element of an example lies within the example's lengths.
static bool isPresent(const Prediction &prediction, int64_t example, int64_t element) {
  for (size_t axis = prediction.shape.size(); axis-- > 0; element /= prediction.shape[axis])
    if (auto found = prediction.lengths.find(axis);
        found != prediction.lengths.end() &&
        element % prediction.shape[axis] >= found->second[static_cast<size_t>(example)])
      return false;
  return true;
}

std::string formatCsv(const std::vector<Prediction> &predictions, int64_t examples) {
  std::string result;
  for (const Prediction &prediction : predictions) {
    std::vector<std::string> names;
    columnNames(prediction, 0, prediction.name, names);
    for (const std::string &name : names)
      result += (result.empty() ? "" : ",") + csvCell(name);
  }
  result += '\n';
  for (int64_t example = 0; example < examples; ++example) {
    bool first = true;
    for (const Prediction &prediction : predictions) {
      int64_t elements = elementCount(prediction.shape);
      for (int64_t i = example * elements; i < (example + 1) * elements; ++i) {
        const std::string *name = className(prediction, i);
        if (!first)
          result += ',';
        if (isPresent(prediction, example, i - example * elements))
          result += name ? csvCell(*name) : elementText(prediction, i);
        first = false;
      }
    }
    result += '\n';
  }
  return result;
}

/// Appends the elements of an example from `index` on as nested arrays.
static void appendJson(const Prediction &prediction, int64_t example, size_t dimension,
                       int64_t index, std::string &result) {
  if (dimension == prediction.shape.size()) {
    const std::string *name = className(prediction, index);
    if (name)
      result += dumpJson(*name);
    else if (!std::isfinite(loadElement(prediction.bytes.data(), prediction.dtype, index)))
      result += "null";
    else
      result += elementText(prediction, index);
    return;
  }
  int64_t size = prediction.size(dimension, example);
  int64_t inner = elementCount(Shape(prediction.shape.begin() + static_cast<int64_t>(dimension) + 1,
                                     prediction.shape.end()));
  result += '[';
  for (int64_t i = 0; i < size; ++i) {
    if (i)
      result += ',';
    appendJson(prediction, example, dimension + 1, index + i * inner, result);
  }
  result += ']';
}

std::string formatJson(const std::vector<Prediction> &predictions, int64_t examples) {
  std::string result = "[";
  for (int64_t example = 0; example < examples; ++example) {
    result += example ? ",\n {" : "{";
    bool first = true;
    for (const Prediction &prediction : predictions) {
      result += (first ? "" : ",") + dumpJson(prediction.name) + ":";
      appendJson(prediction, example, 0, example * elementCount(prediction.shape), result);
      first = false;
    }
    result += '}';
  }
  return result + "]\n";
}

} // namespace nnc::runtime
