// Implements categories: which there are, and what stands for missing and unknown ones.
#include "runtime/data/Categories.h"

#include "runtime/data/Csv.h"
#include "runtime/data/Transforms.h"
#include "runtime/support/Error.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

namespace {

using Policy = Transform::Policy;

class CategoryColumn {
public:
  CategoryColumn(const DataField &field, FieldData &data, const Dataset &dataset,
                 const RowSet *rows, DataConventions &conventions, bool training)
      : field(field), data(data), dataset(dataset), trained(rows), conventions(conventions),
        training(training), missing(field.transform(Transform::Kind::Missing)),
        unknown(field.transform(Transform::Kind::Unknown)) {}

  /// Returns how many rows have a category that those that are trained on lack.
  int64_t finish() {
    if (field.categories)
      number();
    store(fillOfMissing());
    return unknownRows;
  }

private:
  static constexpr int32_t isMissing = -1, isZeros = -2;

  /// A code as the number of a category, or what stands for none.
  int32_t numberOf(int32_t code) const {
    return code < 0 || numbers.empty() ? code : numbers[static_cast<size_t>(code)];
  }

  static bool has(const Transform *transform, Policy policy) {
    return transform && transform->policy == policy;
  }

  std::string missingName() const {
    return missing->marks.empty() ? missingCategory : missing->marks[0];
  }

  /// Calls use(code) for the rows that are trained on, or for all.
  template <typename Use> void forCodes(bool onlyTrained, Use use) const {
    int64_t count = 0;
    auto take = [&](int64_t row) {
      int32_t code;
      std::memcpy(&code, data.data(row), sizeof code);
      use(code);
      if (++count % (1 << 16) == 0)
        MappedFile::keepBound();
    };
    if (trained && onlyTrained)
      trained->forEach(take);
    else
      for (int64_t row = 0; row < dataset.examples; ++row)
        take(row);
  }

  /// Sorted, as numbers where all are numbers.
  std::vector<std::string> learn() const {
    std::vector<bool> seen(data.words.size());
    forCodes(true, [&](int32_t code) {
      if (code >= 0)
        seen[static_cast<size_t>(code)] = true;
    });
    std::vector<std::string> names;
    for (size_t word = 0; word < seen.size(); ++word)
      if (seen[word])
        names.push_back(data.words[word].word);
    if (has(missing, Policy::Category))
      names.push_back(missingName());
    const bool numbers = std::ranges::all_of(
        names, [](const std::string &name) { return parseNumber(name).has_value(); });
    std::ranges::sort(names, [&](const std::string &one, const std::string &other) {
      if (numbers && *parseNumber(one) != *parseNumber(other))
        return *parseNumber(one) < *parseNumber(other);
      return one < other;
    });
    if (has(unknown, Policy::Category))
      names.push_back(unknownCategory);
    if (static_cast<int64_t>(names.size()) > field.classCount())
      fail("'%s' has %zu categories in the training data, and the program was compiled for %lld: "
           "compile it for this data",
           field.name.c_str(), names.size(), static_cast<long long>(field.classCount()));
    return names;
  }

  /// Gives words the numbers of categories.
  void number() {
    std::vector<std::string> &names = conventions.classes[field.name];
    if (names.empty() && !training)
      fail("the weights do not say which categories '%s' has: train them again",
           field.name.c_str());
    if (names.empty())
      names = learn();
    std::unordered_map<std::string_view, int32_t> index;
    for (const std::string &name : names)
      index.try_emplace(name, static_cast<int32_t>(index.size()));
    std::vector<bool> isNew;
    for (const Word &word : data.words) {
      auto found = index.find(word.word);
      isNew.push_back(found == index.end());
      numbers.push_back(isNew.back() ? numberOfUnknown() : found->second);
    }
    forCodes(false,
             [&](int32_t code) { unknownRows += code >= 0 && isNew[static_cast<size_t>(code)]; });
    const int32_t mostFrequent = has(unknown, Policy::MostFrequent)
                                     ? learnt(*unknown, [&] { return mostFrequentNumber(); })
                                     : 0;
    for (size_t word = 0; word < numbers.size(); ++word) {
      if (numbers[word] != isUnknown)
        continue;
      if (has(unknown, Policy::MostFrequent))
        numbers[word] = mostFrequent;
      else if (!field.isUsed)
        numbers[word] = 0; // only whether rows are equal may matter
      else
        reportUnknown(data.words[word], names);
    }
  }

  static constexpr int32_t isUnknown = -3;
  int32_t numberOfUnknown() const {
    if (has(unknown, Policy::Category))
      return static_cast<int32_t>(conventions.classes[field.name].size()) - 1;
    return has(unknown, Policy::Zeros) ? isZeros : isUnknown;
  }

  [[noreturn]] void reportUnknown(const Word &word, const std::vector<std::string> &names) const {
    fail("%s: '%s' is not a category of '%s' in the rows that are trained on%s; the program may "
         "say `unknown(as = %s)`",
         word.place.c_str(), printable(word.word).c_str(), field.name.c_str(),
         suggestionOrAll(word.word, names).c_str(), field.oneHot ? "zeros" : "category");
  }

  /// The most frequent number among the rows that are trained on; of equally frequent ones the
  /// first.
  int32_t mostFrequentNumber() const {
    std::vector<int64_t> counts(static_cast<size_t>(field.classCount()));
    forCodes(true, [&](int32_t code) {
      const int32_t number = numberOf(code);
      if (number >= 0)
        ++counts[static_cast<size_t>(number)];
    });
    auto most = std::ranges::max_element(counts);
    if (*most == 0)
      fail("'%s' has no value in the rows that are trained on", field.name.c_str());
    return static_cast<int32_t>(most - counts.begin());
  }

  /// The number that a transform has learnt, or learns now.
  template <typename Learn> int32_t learnt(const Transform &transform, Learn learn) {
    std::vector<std::vector<double>> &known = conventions.statistics[field.name];
    known.resize(field.transforms.size());
    std::vector<double> &own = known[static_cast<size_t>(&transform - field.transforms.data())];
    if (own.empty() && training)
      own = {static_cast<double>(learn())};
    if (own.size() != 1 || !(own[0] >= 0 && own[0] < static_cast<double>(field.classCount())))
      fail("the weights do not say what the transform of '%s' has learnt from the training data: "
           "train them again",
           field.name.c_str());
    return static_cast<int32_t>(own[0]);
  }

  std::optional<int32_t> fillOfMissing() {
    if (has(missing, Policy::Zeros))
      return isZeros;
    if (has(missing, Policy::MostFrequent))
      return learnt(*missing, [&] { return mostFrequentNumber(); });
    if (!has(missing, Policy::Category))
      return std::nullopt;
    const std::vector<std::string> &names = conventions.classes[field.name];
    auto found = std::ranges::find(names, missingName());
    return found == names.end() ? std::nullopt
                                : std::optional(static_cast<int32_t>(found - names.begin()));
  }

  /// Replaces codes by numbers, or by as many floats as there are categories.
  void store(std::optional<int32_t> fill) {
    const size_t width = field.oneHot ? static_cast<size_t>(field.shape[0]) : 1;
    int64_t row = 0;
    std::vector<float> oneHot;
    changeValues(data, static_cast<size_t>(dataset.examples) * sizeof(int32_t), [&](Bytes &part) {
      const size_t count = part.size() / sizeof(int32_t);
      if (field.oneHot)
        oneHot.assign(count * width, 0);
      for (size_t i = 0; i < count; ++i, ++row) {
        int32_t number;
        std::memcpy(&number, part.data() + i * sizeof number, sizeof number);
        number = numberOf(number);
        if (number == isMissing && !fill)
          fail("%s: '%s' is missing in all rows, which leaves no value to take in its place",
               dataset.placeOf(data, row).c_str(), field.name.c_str());
        if (number == isMissing)
          number = *fill;
        if (!field.oneHot)
          std::memcpy(part.data() + i * sizeof number, &number, sizeof number);
        else if (number >= 0)
          oneHot[i * width + static_cast<size_t>(number)] = 1;
      }
      if (field.oneHot)
        part.assign(reinterpret_cast<const char *>(oneHot.data()),
                    reinterpret_cast<const char *>(oneHot.data() + oneHot.size()));
    });
    data.words.clear();
    if (!field.oneHot)
      return;
    data.storage = DType::F32;
    data.shape = field.shape;
  }

  const DataField &field;
  FieldData &data;
  const Dataset &dataset;
  const RowSet *trained; ///< null: all
  DataConventions &conventions;
  const bool training;
  const Transform *missing, *unknown; ///< null: it has none
  std::vector<int32_t> numbers;       ///< of words; none: codes are numbers
  int64_t unknownRows = 0;
};

} // namespace

int64_t finishCategories(const DataField &field, FieldData &data, const Dataset &dataset,
                         const RowSet *rows, DataConventions &conventions, bool training) {
  return CategoryColumn(field, data, dataset, rows, conventions, training).finish();
}

} // namespace nnc::runtime
