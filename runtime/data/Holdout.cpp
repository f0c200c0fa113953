// Implements the manners of holding rows out: at random, stratified, by groups, by time.
#include "runtime/data/Holdout.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace nnc::runtime {

namespace {

using Manner = Selection::Manner;

/// The value of a field without dimensions in each row.
std::vector<double> valuesOf(const FieldData &field, int64_t examples) {
  std::vector<double> values(static_cast<size_t>(examples));
  for (int64_t row = 0; row < examples; ++row) {
    values[static_cast<size_t>(row)] = loadElement(field.data(row), field.storage, 0);
    if (row % (1 << 16) == 0)
      MappedFile::keepBound();
  }
  return values;
}

const FieldData &fieldOf(const DataBlock &block, const Dataset &dataset, const std::string &name) {
  const FieldData *found = dataset.field(name);
  if (!found)
    fail("data '%s' has no field '%s'", block.name.c_str(), name.c_str());
  return *found;
}

/// Sorts row numbers by a key, and equal ones as they are in `rows`.
template <typename Key> void sortBy(Rows &rows, Key key) {
  std::vector<std::pair<double, int64_t>> keyed; // with the place in `rows`
  for (size_t i = 0; i < rows.size(); ++i)
    keyed.emplace_back(key(rows[i]), static_cast<int64_t>(i));
  std::sort(keyed.begin(), keyed.end());
  const Rows before = rows;
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i] = before[static_cast<size_t>(keyed[i].second)];
}

/// Rows with the same value of a field, by that value.
std::vector<Rows> groupsOf(const FieldData &field, int64_t examples) {
  Rows rows = inOrder(examples);
  const std::vector<double> values = valuesOf(field, examples);
  auto valueOf = [&](int64_t row) { return values[static_cast<size_t>(row)]; };
  sortBy(rows, valueOf);
  std::vector<Rows> groups;
  for (int64_t row : rows) {
    if (groups.empty() || valueOf(row) != valueOf(groups.back()[0]))
      groups.emplace_back();
    groups.back().push_back(row);
  }
  return groups;
}

/// How many of `count` rows a part has. At least one row stays on each side.
int64_t partOf(int64_t count, double fraction) {
  return std::clamp<int64_t>(std::llround(fraction * static_cast<double>(count)), 1, count - 1);
}

/// The places in a sequence of `count` that belong to a fold.
std::pair<int64_t, int64_t> foldOf(int64_t count, Fold fold) {
  return {fold.index * count / fold.count, (fold.index + 1) * count / fold.count};
}

class Holdout {
public:
  Holdout(const DataBlock &block, const Recipe &recipe, const Dataset &dataset, Fold fold)
      : block(block), selection(recipe.validateBy), fraction(recipe.validate), dataset(dataset),
        fold(fold), isHeldOut(static_cast<size_t>(dataset.examples)) {}

  Split choose() {
    const int64_t least = std::max<int64_t>(2, fold.count + (selection.manner == Manner::Latest));
    if (dataset.examples < least && fold.count)
      fail("data '%s': %lld training examples are too few for %lld folds", block.name.c_str(),
           static_cast<long long>(dataset.examples), static_cast<long long>(fold.count));
    if (dataset.examples < least)
      fail("validate = %g%%: %lld training example%s too few to hold some out and to keep some",
           fraction * 100, static_cast<long long>(dataset.examples),
           dataset.examples == 1 ? " is" : "s are");
    if (selection.manner == Manner::Stratified)
      stratified();
    else if (selection.manner == Manner::Grouped)
      grouped();
    else if (selection.manner == Manner::Latest)
      return latest();
    else
      hold(shuffled(inOrder(dataset.examples), 0));
    Rows train, validation;
    for (int64_t row = 0; row < dataset.examples; ++row)
      (isHeldOut[static_cast<size_t>(row)] ? validation : train).push_back(row);
    if (validation.empty() || train.empty())
      fail("data '%s': no example is %s", block.name.c_str(),
           train.empty() ? "left to train on" : "held out");
    return {std::move(train), std::move(validation)};
  }

private:
  static Rows shuffled(Rows rows, uint32_t instance) {
    shuffleForSplit(rows, instance);
    return rows;
  }

  /// Holds out the part, or the fold, of rows in random order.
  void hold(const Rows &rows) {
    const int64_t count = static_cast<int64_t>(rows.size());
    auto [begin, end] =
        fold.count ? foldOf(count, fold) : std::pair<int64_t, int64_t>(0, partOf(count, fraction));
    for (int64_t i = begin; i < end; ++i)
      isHeldOut[static_cast<size_t>(rows[static_cast<size_t>(i)])] = true;
  }

  /// Of each class the same part. A class of one example is trained on; the folds of a class begin
  /// where those of the class before have ended, so that they are of equal size.
  void stratified() {
    int64_t dealt = 0;
    uint32_t instance = 0;
    for (const Rows &group : groupsOf(fieldOf(block, dataset, selection.field), dataset.examples)) {
      const Rows rows = shuffled(group, ++instance);
      if (!fold.count && rows.size() > 1)
        hold(rows);
      for (size_t i = 0; fold.count && i < rows.size(); ++i, ++dealt)
        if (dealt % fold.count == fold.index)
          isHeldOut[static_cast<size_t>(rows[i])] = true;
    }
  }

  /// Whole groups: as many in random order as make up the part. Folds take the largest groups
  /// first, each into the fold that is smallest so far.
  void grouped() {
    std::vector<Rows> groups = groupsOf(fieldOf(block, dataset, selection.field), dataset.examples);
    if (std::ssize(groups) < std::max<int64_t>(2, fold.count))
      fail("data '%s': '%s' has %zu different values, too few groups to hold out %s",
           block.name.c_str(), selection.field.c_str(), groups.size(),
           fold.count ? "one in each fold" : "some and to keep some");
    Rows order = shuffled(inOrder(std::ssize(groups)), 0);
    if (fold.count)
      sortBy(order, [&](int64_t group) {
        return -static_cast<double>(groups[static_cast<size_t>(group)].size());
      });
    const double wanted = fraction * static_cast<double>(dataset.examples);
    std::vector<size_t> sizes(static_cast<size_t>(std::max<int64_t>(1, fold.count)));
    for (size_t i = 0; i < order.size(); ++i) {
      const Rows &group = groups[static_cast<size_t>(order[i])];
      const size_t smallest = static_cast<size_t>(std::ranges::min_element(sizes) - sizes.begin());
      const double before = static_cast<double>(sizes[0]),
                   after = static_cast<double>(sizes[0] + group.size());
      // A group that would take the part further away from what is wanted stays.
      const bool takes = fold.count
                             ? static_cast<int64_t>(smallest) == fold.index
                             : i == 0 || (i + 1 < order.size() &&
                                          std::abs(after - wanted) < std::abs(before - wanted));
      if (fold.count || takes)
        sizes[smallest] += group.size();
      if (takes)
        for (int64_t row : group)
          isHeldOut[static_cast<size_t>(row)] = true;
      if (!fold.count && !takes)
        break;
    }
  }

  /// The last rows in the order of the field, or of the table. A fold is trained on all rows before
  /// it: the first of count + 1 parts is in no fold.
  Split latest() {
    Rows rows = inOrder(dataset.examples);
    if (!selection.field.empty()) {
      const std::vector<double> values =
          valuesOf(fieldOf(block, dataset, selection.field), dataset.examples);
      sortBy(rows, [&](int64_t row) { return values[static_cast<size_t>(row)]; });
    }
    const int64_t count = dataset.examples;
    int64_t begin = count - (fold.count ? 0 : partOf(count, fraction)), end = count;
    if (fold.count)
      std::tie(begin, end) = foldOf(count, {fold.index + 1, fold.count + 1});
    Rows train(rows.begin(), rows.begin() + begin);
    Rows validation(rows.begin() + begin, rows.begin() + end);
    std::ranges::sort(train);
    std::ranges::sort(validation);
    return {std::move(train), std::move(validation)};
  }

  const DataBlock &block;
  const Selection &selection;
  const double fraction;
  const Dataset &dataset;
  const Fold fold;
  std::vector<bool> isHeldOut;
};

} // namespace

Split chooseHeldOut(const DataBlock &block, const Recipe &recipe, const Dataset &dataset,
                    Fold fold) {
  return Holdout(block, recipe, dataset, fold).choose();
}

std::vector<double> weightsOf(const Recipe &recipe, const Dataset &dataset) {
  const Selection &sample = recipe.sample;
  const FieldData *field = dataset.field(sample.field);
  if (sample.manner == Manner::Random || !field)
    return {};
  std::vector<double> weights = valuesOf(*field, dataset.examples);
  const RowSet rows = dataset.split ? dataset.split->train : RowSet::all(dataset.examples);
  if (sample.manner == Manner::Balanced) {
    // Of the classes in the rows that are trained on.
    std::vector<double> counts(1 + static_cast<size_t>(*std::ranges::max_element(weights)));
    rows.forEach(
        [&](int64_t row) { ++counts[static_cast<size_t>(weights[static_cast<size_t>(row)])]; });
    for (double &weight : weights)
      weight = 1 / std::max(1.0, counts[static_cast<size_t>(weight)]);
    return weights;
  }
  double sum = 0;
  rows.forEach([&](int64_t row) {
    const double weight = weights[static_cast<size_t>(row)];
    if (!(weight >= 0))
      fail("%s: the weight '%s' is %g, which is negative", dataset.placeOf(*field, row).c_str(),
           sample.field.c_str(), weight);
    sum += weight;
  });
  if (!(sum > 0) || !std::isfinite(sum))
    fail("the sum of the weights '%s' is %g", sample.field.c_str(), sum);
  return weights;
}

} // namespace nnc::runtime
