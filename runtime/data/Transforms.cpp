// Implements transforms of numbers; sums are in double precision, in the order of the rows.
#include "runtime/data/Transforms.h"

#include "runtime/data/Categories.h"
#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

namespace nnc::runtime {

namespace {

using Kind = Transform::Kind;
using Policy = Transform::Policy;
using Statistics = std::vector<double>;

/// The numbers of a field, row by row.
class NumberColumns {
public:
  NumberColumns(const DataField &field, FieldData &data, const Dataset &dataset, const Rows *rows)
      : field(field), data(data), dataset(dataset), trained(rows),
        columns(data.step ? data.step : elementCount(data.shape)) {
    values.resize(data.bytes.size() / sizeOf(data.storage));
    convertElements(data.bytes.data(), data.storage, reinterpret_cast<char *>(values.data()),
                    DType::F64, static_cast<int64_t>(values.size()));
  }

  Statistics learn(const Transform &transform) const {
    Statistics result;
    for (int64_t column = 0; column < columns; ++column)
      learn(transform, column, result);
    return result;
  }

  void apply(const Transform &transform, const Statistics &statistics) {
    for (size_t i = 0; i < values.size(); ++i)
      apply(transform, statistics, i);
  }

  /// Stores the values in the type of the field.
  void store() {
    const DType type = field.dtype;
    const int64_t count = static_cast<int64_t>(values.size());
    for (size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i]))
        fail("%s: '%s' is %s after its transform", place(i).c_str(), field.name.c_str(),
             std::isnan(values[i]) ? "not a number" : "infinite");
    const char *source = reinterpret_cast<const char *>(values.data());
    if (int64_t place = firstOverflow(source, DType::F64, type, count); place < count)
      fail("%s: '%s' is %g after its transform, which is too large for %s",
           this->place(static_cast<size_t>(place)).c_str(), field.name.c_str(),
           values[static_cast<size_t>(place)], nameOf(type));
    data.bytes.resize(values.size() * sizeOf(type));
    convertElements(source, DType::F64, data.bytes.data(), type, count);
    data.storage = type;
  }

private:
  std::string place(size_t element) const {
    const int64_t row = data.firstRow + static_cast<int64_t>(element) / columns;
    return dataset.places.lines.empty() ? text("example %lld", static_cast<long long>(row))
                                        : dataset.places.describe(row);
  }

  /// The values of a column in the rows that are trained on, without missing ones.
  std::vector<double> sample(int64_t column) const {
    std::vector<double> result;
    auto add = [&](int64_t row) {
      if (double value = values[static_cast<size_t>(row * columns + column)]; !std::isnan(value))
        result.push_back(value);
    };
    const int64_t rows = static_cast<int64_t>(values.size()) / columns;
    if (!trained || data.step)
      for (int64_t row = 0; row < rows; ++row)
        add(row);
    else
      for (int64_t row : *trained)
        add(row);
    if (result.empty())
      fail("'%s' has no value in the rows that are trained on", field.name.c_str());
    return result;
  }

  static double mean(const std::vector<double> &sample) {
    double sum = 0;
    for (double value : sample)
      sum += value;
    return sum / static_cast<double>(sample.size());
  }

  void learn(const Transform &transform, int64_t column, Statistics &result) const {
    switch (transform.kind) {
    case Kind::Standardize: {
      const std::vector<double> sample = this->sample(column);
      const double middle = mean(sample);
      double squares = 0;
      for (double value : sample)
        squares += (value - middle) * (value - middle);
      const double deviation = std::sqrt(squares / static_cast<double>(sample.size()));
      // A column of equal values becomes 0.
      result.insert(result.end(), {middle, deviation > 0 ? deviation : 1});
      break;
    }
    case Kind::MinMax: {
      const std::vector<double> sample = this->sample(column);
      auto [least, largest] = std::ranges::minmax(sample);
      result.insert(result.end(), {least, largest});
      break;
    }
    case Kind::Missing:
      if (transform.policy == Policy::Mean || transform.policy == Policy::Median ||
          transform.policy == Policy::MostFrequent)
        result.push_back(fill(transform.policy, sample(column)));
      break;
    default:
      break;
    }
  }

  static double fill(Policy policy, std::vector<double> sample) {
    if (policy == Policy::Mean)
      return mean(sample);
    std::ranges::sort(sample);
    if (policy == Policy::Median) {
      const size_t half = sample.size() / 2;
      return sample.size() % 2 ? sample[half] : sample[half - 1] / 2 + sample[half] / 2;
    }
    // Of equally frequent values the least one.
    double best = sample[0];
    size_t most = 0;
    for (size_t begin = 0, end = 0; begin < sample.size(); begin = end) {
      while (end < sample.size() && sample[end] == sample[begin])
        ++end;
      if (end - begin > most) {
        most = end - begin;
        best = sample[begin];
      }
    }
    return best;
  }

  void apply(const Transform &transform, const Statistics &statistics, size_t element) {
    double &value = values[element];
    const size_t column = element % static_cast<size_t>(columns);
    if (transform.kind == Kind::Missing) {
      if (!std::isnan(value))
        return;
      if (transform.policy == Policy::Value)
        value = transform.low;
      else if (statistics.empty())
        fail("%s: '%s' is missing in all rows, which leaves no value to take in its place",
             place(element).c_str(), field.name.c_str());
      else
        value = statistics[column];
      return;
    }
    switch (transform.kind) {
    case Kind::Log:
    case Kind::Log1p: {
      const bool plus = transform.kind == Kind::Log1p;
      if (plus ? value <= -1 : value <= 0)
        fail("%s: '%s' is %g, and `%s` takes numbers above %d", place(element).c_str(),
             field.name.c_str(), value, plus ? "log1p" : "log", plus ? -1 : 0);
      value = plus ? std::log1p(value) : std::log(value);
      break;
    }
    case Kind::Standardize:
      value = (value - statistics[2 * column]) / statistics[2 * column + 1];
      break;
    case Kind::MinMax: {
      const double least = statistics[2 * column], range = statistics[2 * column + 1] - least;
      value = transform.low +
              (range > 0 ? (value - least) / range : 0) * (transform.high - transform.low);
      break;
    }
    default:
      break;
    }
  }

  const DataField &field;
  FieldData &data;
  const Dataset &dataset;
  const Rows *trained; ///< null: all
  const int64_t columns;
  std::vector<double> values;
};

/// The number of statistics that a transform has for each column.
size_t countOf(const Transform &transform) {
  if (transform.kind == Kind::Standardize || transform.kind == Kind::MinMax)
    return 2;
  const bool learns = transform.policy == Policy::Mean || transform.policy == Policy::Median ||
                      transform.policy == Policy::MostFrequent;
  return transform.kind == Kind::Missing && learns ? 1 : 0;
}

void finishNumbers(const DataField &field, FieldData &data, const Dataset &dataset,
                   const Rows *rows, DataConventions &conventions, bool training) {
  NumberColumns columns(field, data, dataset, rows);
  std::vector<Statistics> &known = conventions.statistics[field.name];
  const bool learns = training && known.empty();
  for (size_t i = 0; i < field.transforms.size(); ++i) {
    if (learns)
      known.push_back(columns.learn(field.transforms[i]));
    static const Statistics none;
    const Statistics &learnt = i < known.size() ? known[i] : none;
    const int64_t each = data.step ? data.step : elementCount(data.shape);
    if (learnt.size() != countOf(field.transforms[i]) * static_cast<size_t>(each))
      fail("the weights do not say what the transform of '%s' has learnt from the training data: "
           "train them again",
           field.name.c_str());
    columns.apply(field.transforms[i], learnt);
  }
  columns.store();
}

} // namespace

void finishFields(const DataBlock &block, Dataset &dataset, DataConventions &conventions,
                  bool training) {
  const Rows *rows = dataset.split ? &dataset.split->train : nullptr;
  for (size_t i = 0; i < block.fields.size(); ++i) {
    const DataField &field = block.fields[i];
    if (!field.isTransformed())
      continue;
    FieldData &data = dataset.fields[i];
    if (field.classCount() > 0)
      finishCategories(field, data, dataset, rows, conventions, training);
    else
      finishNumbers(field, data, dataset, rows, conventions, training);
  }
}

bool canUndo(const DataField &field, const DataConventions &conventions) {
  auto known = conventions.statistics.find(field.name);
  return isFloat(field.dtype) && !field.oneHot && !field.transforms.empty() &&
         known != conventions.statistics.end() && known->second.size() == field.transforms.size() &&
         !field.transform(Kind::IsMissing);
}

std::optional<double> undoTransforms(const DataField &field, const DataConventions &conventions,
                                     double value, int64_t column) {
  if (!canUndo(field, conventions))
    return std::nullopt;
  const std::vector<Statistics> &known = conventions.statistics.at(field.name);
  const size_t place = static_cast<size_t>(2 * column);
  for (size_t i = field.transforms.size(); i-- > 0;) {
    const Transform &transform = field.transforms[i];
    switch (transform.kind) {
    case Kind::Log:
      value = std::exp(value);
      break;
    case Kind::Log1p:
      value = std::expm1(value);
      break;
    case Kind::Standardize:
      if (place + 1 >= known[i].size())
        return std::nullopt;
      value = value * known[i][place + 1] + known[i][place];
      break;
    case Kind::MinMax:
      if (place + 1 >= known[i].size())
        return std::nullopt;
      value = known[i][place] + (value - transform.low) / (transform.high - transform.low) *
                                    (known[i][place + 1] - known[i][place]);
      break;
    default:
      break;
    }
  }
  return value;
}

} // namespace nnc::runtime
