// Implements transforms of numbers; sums are in double precision, in the order of the rows.
#include "runtime/data/Transforms.h"

#include "runtime/data/Categories.h"
#include "runtime/support/Error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

namespace nnc::runtime {

namespace {

using Kind = Transform::Kind;
using Policy = Transform::Policy;
using Statistics = std::vector<double>;

/// The numbers of a field, a part of the rows at a time.
class NumberColumns {
public:
  NumberColumns(const DataField &field, const FieldData &data, const Dataset &dataset,
                const RowSet *rows)
      : field(field), data(data), dataset(dataset), trained(data.step ? nullptr : rows),
        columns(data.step ? data.step : elementCount(data.shape)),
        rows(data.file ? dataset.examples
                       : static_cast<int64_t>(data.bytes.size() / sizeOf(data.storage)) / columns) {
  }

  int64_t columnCount() const { return columns; }

  /// The statistics that a transform learns from the values that those before it give.
  Statistics learn(const Transform &transform) {
    const size_t count = static_cast<size_t>(columns);
    Statistics result;
    switch (transform.kind) {
    case Kind::Standardize: {
      const std::vector<double> middle = means();
      std::vector<double> squares(count);
      const std::vector<int64_t> counts = forTrained([&](size_t column, double value) {
        squares[column] += (value - middle[column]) * (value - middle[column]);
      });
      for (size_t column = 0; column < count; ++column) {
        const double deviation = std::sqrt(squares[column] / static_cast<double>(counts[column]));
        // A column of equal values becomes 0.
        result.insert(result.end(), {middle[column], deviation > 0 ? deviation : 1});
      }
      return result;
    }
    case Kind::MinMax: {
      std::vector<double> least(count, HUGE_VAL), largest(count, -HUGE_VAL);
      forTrained([&](size_t column, double value) {
        least[column] = std::min(least[column], value);
        largest[column] = std::max(largest[column], value);
      });
      for (size_t column = 0; column < count; ++column)
        result.insert(result.end(), {least[column], largest[column]});
      return result;
    }
    case Kind::Missing: {
      if (transform.policy == Policy::Mean)
        return means();
      if (transform.policy != Policy::Median && transform.policy != Policy::MostFrequent)
        return result;
      return transform.policy == Policy::Median ? medians() : mostFrequent();
    }
    default:
      return result;
    }
  }

  /// The transforms that learn() and store() apply, in this order, with what they have learnt.
  void add(const Transform &transform, const Statistics &statistics) {
    steps.emplace_back(&transform, statistics);
  }

  /// Calls use(bytes) with the values in the type of the field, part by part.
  template <typename Use> void store(Use use) {
    const DType type = field.dtype;
    Bytes bytes;
    forParts([&] {
      for (size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]))
          fail("%s: '%s' is %s after its transform", place(i).c_str(), field.name.c_str(),
               std::isnan(values[i]) ? "not a number" : "infinite");
      const char *source = reinterpret_cast<const char *>(values.data());
      const int64_t count = static_cast<int64_t>(values.size());
      if (int64_t large = firstOverflow(source, DType::F64, type, count); large < count)
        fail("%s: '%s' is %g after its transform, which is too large for %s",
             place(static_cast<size_t>(large)).c_str(), field.name.c_str(),
             values[static_cast<size_t>(large)], nameOf(type));
      bytes.resize(values.size() * sizeOf(type));
      convertElements(source, DType::F64, bytes.data(), type, count);
      use(bytes);
    });
  }

private:
  static constexpr int64_t partElements = 1 << 17;

  /// Calls `use` for each part, whose values are in `values` then, after the transforms so far.
  template <typename Use> void forParts(Use use) {
    const int64_t each = std::max<int64_t>(1, partElements / columns);
    for (begin = 0; begin < rows; begin += each) {
      const int64_t count = std::min(each, rows - begin) * columns;
      values.resize(static_cast<size_t>(count));
      const char *first = data.file ? data.data(begin)
                                    : data.bytes.data() + static_cast<size_t>(begin * columns) *
                                                              sizeOf(data.storage);
      convertElements(first, data.storage, reinterpret_cast<char *>(values.data()), DType::F64,
                      count);
      for (const auto &[transform, statistics] : steps)
        for (size_t i = 0; i < values.size(); ++i)
          apply(*transform, statistics, i);
      use();
      if (data.file)
        MappedFile::keepBound();
    }
  }

  /// Calls use(column, value) for the values in the rows that are trained on, in their order,
  /// without missing ones. Returns how many each column has.
  template <typename Use> std::vector<int64_t> forTrained(Use use) {
    std::vector<int64_t> counts(static_cast<size_t>(columns));
    int64_t next = 0; // of the rows that are trained on
    forParts([&] {
      const int64_t end = begin + static_cast<int64_t>(values.size()) / columns;
      auto add = [&](int64_t row) {
        for (size_t column = 0; column < counts.size(); ++column) {
          const double value = values[static_cast<size_t>((row - begin) * columns) + column];
          if (std::isnan(value))
            continue;
          use(column, value);
          ++counts[column];
        }
      };
      if (!trained)
        for (int64_t row = begin; row < end; ++row)
          add(row);
      else
        for (; next < trained->size() && (*trained)[next] < end; ++next)
          add((*trained)[next]);
    });
    if (std::ranges::find(counts, 0) != counts.end())
      fail("'%s' has no value in the rows that are trained on", field.name.c_str());
    return counts;
  }

  std::vector<double> means() {
    std::vector<double> sums(static_cast<size_t>(columns));
    const std::vector<int64_t> counts =
        forTrained([&](size_t column, double value) { sums[column] += value; });
    for (size_t column = 0; column < sums.size(); ++column)
      sums[column] /= static_cast<double>(counts[column]);
    return sums;
  }

  std::string place(size_t element) const {
    return dataset.placeOf(data, begin + static_cast<int64_t>(element) / columns);
  }

  /// The middle value of each column, or the mean of the two in the middle. Each of the passes finds
  /// further bits of these from the highest one on, by counting the values that begin with those found.
  std::vector<double> medians() {
    struct Middle {
      uint64_t rank = 0, begin = 0; ///< among the values that begin with `begin`
      std::vector<int64_t> counts;  ///< of these, by their next bits
    };
    constexpr int bits = 8;
    std::vector<std::array<Middle, 2>> columnMiddles(static_cast<size_t>(columns));
    for (int shift = 64 - bits; shift >= 0; shift -= bits) {
      for (auto &middles : columnMiddles)
        for (Middle &middle : middles)
          middle.counts.assign(size_t{1} << bits, 0);
      const std::vector<int64_t> counts = forTrained([&](size_t column, double value) {
        const uint64_t order = orderOf(value);
        for (Middle &middle : columnMiddles[column])
          if (shift + bits == 64 || order >> (shift + bits) == middle.begin)
            ++middle.counts[(order >> shift) % (size_t{1} << bits)];
      });
      for (size_t column = 0; column < counts.size(); ++column)
        for (size_t i = 0; i < 2; ++i) {
          Middle &middle = columnMiddles[column][i];
          if (shift + bits == 64)
            middle.rank = (static_cast<uint64_t>(counts[column]) - 1 + i) / 2;
          size_t next = 0;
          for (; middle.rank >= static_cast<uint64_t>(middle.counts[next]); ++next)
            middle.rank -= static_cast<uint64_t>(middle.counts[next]);
          middle.begin = middle.begin << bits | next;
        }
    }
    std::vector<double> result;
    for (const auto &[low, high] : columnMiddles)
      result.push_back(low.begin == high.begin ? valueOf(low.begin)
                                               : valueOf(low.begin) / 2 + valueOf(high.begin) / 2);
    return result;
  }

  /// Numbers in the order of the values, without a sign of zero.
  static uint64_t orderOf(double value) {
    const uint64_t word = std::bit_cast<uint64_t>(value + 0.0);
    return word >> 63 ? ~word : word | uint64_t{1} << 63;
  }
  static double valueOf(uint64_t order) {
    return std::bit_cast<double>(order >> 63 ? order & ~(uint64_t{1} << 63) : ~order);
  }

  /// Of equally frequent values the least one. A pass counts the least values that are above those
  /// which are counted already, as many different ones as the bound of memory has room for.
  std::vector<double> mostFrequent() {
    struct Column {
      double counted = -HUGE_VAL, best = 0;
      int64_t most = 0;
      std::map<double, int64_t> counts = {};
      bool isWhole = false;
    };
    constexpr int64_t bytesOfEntry = 64;
    const size_t room = dataset.memory ? static_cast<size_t>(std::max<int64_t>(
                                             256, dataset.memory / 8 / bytesOfEntry / columns))
                                       : SIZE_MAX;
    std::vector<Column> all(static_cast<size_t>(columns));
    while (!std::ranges::all_of(all, &Column::isWhole)) {
      for (Column &column : all)
        column.isWhole = true;
      forTrained([&](size_t place, double value) {
        Column &column = all[place];
        if (value <= column.counted)
          return;
        if (column.counts.size() == room && value > column.counts.rbegin()->first) {
          column.isWhole = false;
          return;
        }
        ++column.counts[value];
        if (column.counts.size() > room) {
          // It does not come back: all later ones are below those that stay.
          column.counts.erase(std::prev(column.counts.end()));
          column.isWhole = false;
        }
      });
      for (Column &column : all) {
        for (auto [value, count] : column.counts)
          if (count > column.most) {
            column.most = count;
            column.best = value;
          }
        if (!column.counts.empty())
          column.counted = column.counts.rbegin()->first;
        column.counts.clear();
      }
    }
    std::vector<double> result;
    for (const Column &column : all)
      result.push_back(column.best);
    return result;
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
  const FieldData &data;
  const Dataset &dataset;
  const RowSet *trained; ///< null: all
  const int64_t columns, rows;
  std::vector<std::pair<const Transform *, Statistics>> steps;
  int64_t begin = 0;          ///< the first row of the part
  std::vector<double> values; ///< of the part
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
                   const RowSet *rows, DataConventions &conventions, bool training) {
  NumberColumns columns(field, data, dataset, rows);
  std::vector<Statistics> &known = conventions.statistics[field.name];
  const bool learns = training && known.empty();
  for (size_t i = 0; i < field.transforms.size(); ++i) {
    if (learns)
      known.push_back(columns.learn(field.transforms[i]));
    static const Statistics none;
    const Statistics &learnt = i < known.size() ? known[i] : none;
    if (learnt.size() != countOf(field.transforms[i]) * static_cast<size_t>(columns.columnCount()))
      fail("the weights do not say what the transform of '%s' has learnt from the training data: "
           "train them again",
           field.name.c_str());
    columns.add(field.transforms[i], learnt);
  }
  if (data.file) {
    TemporaryData stored;
    columns.store([&](const Bytes &bytes) { stored.append(bytes.data(), bytes.size()); });
    data.file = stored.map();
    data.fileStart = 0;
  } else {
    Bytes stored;
    columns.store(
        [&](const Bytes &bytes) { stored.insert(stored.end(), bytes.begin(), bytes.end()); });
    data.bytes = std::move(stored);
  }
  data.storage = field.dtype;
}

} // namespace

void finishFields(const DataBlock &block, Dataset &dataset, DataConventions &conventions,
                  bool training) {
  const RowSet *rows = dataset.split ? &dataset.split->train : nullptr;
  for (size_t i = 0; i < block.fields.size(); ++i) {
    const DataField &field = block.fields[i];
    if (!field.isTransformed())
      continue;
    FieldData &data = dataset.fields[i];
    if (field.classCount() > 0) {
      if (const int64_t unknown =
              finishCategories(field, data, dataset, rows, conventions, training))
        dataset.unknown[field.name] = unknown;
    } else
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
