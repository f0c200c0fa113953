// Implements CsvFields: cells become values, words of class fields become numbers at the end.
#include "runtime/data/CsvFields.h"

#include "runtime/data/CsvParts.h"
#include "runtime/data/Dates.h"
#include "runtime/data/Series.h"
#include "runtime/data/Transforms.h"
#include "runtime/support/Error.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace nnc::runtime {

/// Whether a cell stands for a missing value: one of the marks of the transforms or of the reader, all
/// of which may be null.
static bool isMissingMark(std::string_view cell, const Transform *missing,
                          const Transform *indicator, const DataSplit *split) {
  auto among = [&](const std::vector<std::string> &marks) {
    return std::find(marks.begin(), marks.end(), cell) != marks.end();
  };
  return (missing && among(missing->marks)) || (indicator && among(indicator->marks)) ||
         (split && among(split->missing));
}

namespace {

/// The distinct words of a class field and where each was first seen; numbers are given to them at
/// the end.
struct ClassColumn {
  std::vector<Word> words;
  std::unordered_map<std::string, int32_t> codes;
};

} // namespace

/// One field while its rows are read.
struct CsvFields::Builder {
  const DataField &field;
  const DataSplit *split;
  FieldData data;
  ClassColumn classes;
  const Transform *missing, *indicator, *date; ///< null where the field has none
  int64_t gaps = 0;
  std::string buffer = {};                  ///< a number with its decimal comma replaced
  std::unique_ptr<TemporaryData> file = {}; ///< of a table that is larger than memory

  std::array<char, 4096> pending; ///< values that are not in `data` yet
  size_t pendingSize = 0;

  /// The bytes of all values.
  size_t size() const { return data.file ? data.file->size() : data.bytes.size(); }
  void moveToFile() {
    flush();
    if (!file)
      file = std::make_unique<TemporaryData>();
    file->append(data.bytes.data(), data.bytes.size());
    data.bytes.clear();
  }

  Builder(const DataField &field, const DataSplit *split)
      : field(field), split(split), data(rawField(field)),
        missing(field.transform(Transform::Kind::Missing)),
        indicator(field.transform(Transform::Kind::IsMissing)),
        date(field.transform(Transform::Kind::Date)) {}

  bool isClass() const { return field.classes > 0 || field.oneHot; }
  bool drops() const { return missing && missing->policy == Transform::Policy::Drop; }

  bool isMark(std::string_view cell) const {
    return isMissingMark(cell, missing, indicator, split);
  }
  bool isGap(std::string_view cell) const { return cell.empty() || isMark(cell); }

  template <typename T> void append(T value) {
    if (pendingSize + sizeof(T) > pending.size())
      flush();
    std::memcpy(pending.data() + pendingSize, &value, sizeof(T));
    pendingSize += sizeof(T);
  }
  void flush() {
    data.bytes.insert(data.bytes.end(), pending.begin(),
                      pending.begin() + static_cast<std::ptrdiff_t>(pendingSize));
    pendingSize = 0;
  }

  /// Reads the cells of a field in one row. Padding is empty cells.
  void readRow(const std::vector<size_t> &columns, const CsvReader &reader,
               const std::vector<std::string> &names, bool guessed);
  void readCell(std::string_view cell, size_t column, const CsvReader &reader,
                const std::vector<std::string> &names, bool guessed);
  /// The value of a field before its transforms.
  template <typename Wrong> double readNumber(std::string_view cell, const Wrong &wrong);
  std::optional<double> parseCell(std::string_view cell);
  void numberClasses(std::vector<std::string> &known, bool onlyNumbers);
};

void CsvFields::Builder::readRow(const std::vector<size_t> &columns, const CsvReader &reader,
                                 const std::vector<std::string> &names, bool guessed) {
  size_t count = columns.size();
  if (field.padded) {
    while (count > 0 && reader.cells()[columns[count - 1]].empty())
      --count;
    size_t each = static_cast<size_t>(field.elementsPerPosition());
    std::string problem = lengthProblem(field, static_cast<int64_t>((count + each - 1) / each));
    if (problem.empty() && *field.padded != 0)
      problem = text("'%s' is padded in a dimension other than its first, which csv cannot "
                     "represent",
                     field.name.c_str());
    if (problem.empty() && count % each != 0)
      problem = text("'%s' has %zu cells in this line, which are not whole positions of %zu",
                     field.name.c_str(), count, each);
    if (!problem.empty())
      fail("%s:%zu: %s", reader.origin().c_str(), reader.line(), problem.c_str());
    data.endExample(static_cast<int64_t>(count / each));
  }
  for (size_t i = 0; i < count; ++i)
    readCell(reader.cells()[columns[i]], columns[i], reader, names, guessed);
}

/// True for 1,5 and the like.
static bool hasDecimalComma(std::string_view cell) {
  std::string text(cell);
  if (size_t comma = text.find(','); comma != std::string::npos)
    text[comma] = '.';
  else
    return false;
  return parseNumber(text).has_value();
}

/// `guessed`: the program does not say that there is no header, and this is the first line.
void CsvFields::Builder::readCell(std::string_view cell, size_t column, const CsvReader &reader,
                                  const std::vector<std::string> &names, bool guessed) {
  auto wrong = [&](const char *problem) {
    std::string where = names.empty() ? "column " + std::to_string(column)
                                      : "column '" + printable(names[column]) + "'";
    if (cell.empty())
      fail("%s:%zu: %s is empty", reader.origin().c_str(), reader.line(), where.c_str());
    if (hasDecimalComma(cell))
      problem = "has a decimal comma, where a point is expected (csv takes decimal = \",\")";
    fail("%s:%zu: '%s' in %s %s%s", reader.origin().c_str(), reader.line(), printable(cell).c_str(),
         where.c_str(), problem, guessed ? " (a header is announced by header = true)" : "");
  };
  if (split && !missing && !indicator && !split->missing.empty() && isMark(cell))
    fail("%s:%zu: '%s' in %s stands for a missing value: say what to do about it, as in `%s: ... = "
         "missing(as = %s)`",
         reader.origin().c_str(), reader.line(), printable(cell).c_str(),
         names.empty() ? ("column " + std::to_string(column)).c_str()
                       : ("column '" + printable(names[column]) + "'").c_str(),
         field.name.c_str(), isClass() ? "most_frequent" : "median");
  if (missing && isGap(cell)) {
    ++gaps;
    if (drops())
      fail("%s:%zu: '%s' is missing, and the program leaves such rows out: there is no prediction",
           reader.origin().c_str(), reader.line(), field.name.c_str());
    isClass() ? append<int32_t>(-1) : append<double>(NAN);
  } else if (isClass()) {
    if (cell.empty())
      wrong("");
    auto [place, isNew] =
        classes.codes.try_emplace(std::string(cell), static_cast<int32_t>(classes.words.size()));
    if (isNew)
      classes.words.push_back(
          {std::string(cell), text("%s:%zu", reader.origin().c_str(), reader.line())});
    append<int32_t>(place->second);
  } else if (!field.transforms.empty()) {
    append<double>(readNumber(cell, wrong));
  } else if (field.dtype == DType::I32) {
    std::optional<int64_t> value = parseInteger(cell);
    if (!value || *value < INT32_MIN || *value > INT32_MAX)
      wrong(value ? "is out of the range of an integer" : "is not an integer");
    append(static_cast<int32_t>(*value));
  } else {
    std::optional<double> value = parseCell(cell);
    if (!value)
      wrong("is not a number");
    if (field.dtype == DType::F64) {
      append(*value);
    } else {
      float single = static_cast<float>(*value);
      if (!std::isfinite(single))
        wrong("is too large for f32");
      append(single);
    }
  }
}

FieldData rawField(const DataField &field) {
  FieldData data = FieldData::of(field);
  // Transforms are computed in double precision; categories are codes until they are numbered.
  if (field.isTransformed())
    data.storage = field.classCount() > 0 ? DType::I32 : DType::F64;
  if (field.oneHot)
    data.shape = {};
  return data;
}

std::optional<RawCell> readRawCell(const DataField &field, const DataSplit *split,
                                   std::string_view cell) {
  const Transform *missing = field.transform(Transform::Kind::Missing),
                  *indicator = field.transform(Transform::Kind::IsMissing),
                  *date = field.transform(Transform::Kind::Date);
  const bool isGap = cell.empty() || isMissingMark(cell, missing, indicator, split);
  if (indicator)
    return RawCell{false, isGap ? 1.0 : 0.0};
  if (isGap)
    return missing && missing->policy != Transform::Policy::Drop ? std::optional(RawCell{true, NAN})
                                                                 : std::nullopt;
  if (field.classCount() > 0)
    return RawCell{};
  std::optional<double> value =
      date ? parseDate(cell, date->format, date->part) : parseNumber(cell);
  return value ? std::optional(RawCell{false, *value}) : std::nullopt;
}

std::optional<double> CsvFields::Builder::parseCell(std::string_view cell) {
  if (!split || !split->decimalComma)
    return parseNumber(cell);
  buffer.assign(cell);
  std::replace(buffer.begin(), buffer.end(), '.', '_'); // a point does not separate decimals here
  std::replace(buffer.begin(), buffer.end(), ',', '.');
  return parseNumber(buffer);
}

template <typename Wrong>
double CsvFields::Builder::readNumber(std::string_view cell, const Wrong &wrong) {
  if (indicator)
    return isGap(cell) ? 1 : 0;
  if (!date) {
    std::optional<double> value = parseCell(cell);
    if (!value)
      wrong("is not a number");
    return *value;
  }
  std::optional<double> value = parseDate(cell, date->format, date->part);
  if (!value)
    wrong(date->format.empty()
              ? "is not a date as 2024-03-01 or 2024-03-01 12:30:00"
              : text("is not a date in the format %s", date->format.c_str()).c_str());
  return *value;
}

/// Replaces the codes of words by numbers of classes. `known` is empty if the classes have no names
/// yet, and then receives them if the words are not numbers.
void CsvFields::Builder::numberClasses(std::vector<std::string> &known, bool onlyNumbers) {
  const std::vector<Word> &words = classes.words;
  auto isNumber = [](const Word &word) {
    return parseNumber(word.word).has_value() || isNotFinite(word.word);
  };
  if (known.empty() && !onlyNumbers && !std::all_of(words.begin(), words.end(), isNumber)) {
    std::vector<std::string> names;
    for (const Word &word : words)
      names.push_back(word.word);
    std::sort(names.begin(), names.end());
    if (static_cast<int64_t>(names.size()) > field.classes) {
      const Word &extra = words[static_cast<size_t>(field.classes)];
      fail("%s: '%s' is one class too many: field '%s' has %lld, and there are %zu different "
           "names",
           extra.place.c_str(), printable(extra.word).c_str(), field.name.c_str(),
           static_cast<long long>(field.classes), names.size());
    }
    known = std::move(names);
  }
  ClassIndex index(known);
  std::vector<int32_t> numbers;
  for (const Word &word : words) {
    auto wrong = [&](const std::string &problem) {
      fail("%s: '%s' is not a class of field '%s'%s", word.place.c_str(),
           printable(word.word).c_str(), field.name.c_str(), problem.c_str());
    };
    double number = 0;
    if (known.empty()) {
      if (!isNumber(word))
        wrong(": in the training data its classes are numbers");
      number = parseNumber(word.word).value_or(NAN);
      if (number != std::floor(number))
        wrong(": labels that are numbers are whole, from 0 on");
    } else if (std::optional<int32_t> found = index.find(word.word)) {
      number = *found;
    } else {
      wrong(suggestionOrAll(word.word, known));
    }
    int64_t largest = largestInteger(field);
    if (!(number >= 0 && number <= static_cast<double>(largest)))
      fail("%s: %s %s is outside 0..%lld%s", word.place.c_str(), field.name.c_str(),
           printable(word.word).c_str(), static_cast<long long>(largest),
           number == static_cast<double>(field.classes)
               ? " (numbers of classes begin with 0, others are declared by class_names)"
               : "");
    numbers.push_back(static_cast<int32_t>(number));
  }
  changeValues(data, size(), [&](Bytes &part) {
    for (size_t i = 0; i < part.size(); i += sizeof(int32_t)) {
      int32_t code;
      std::memcpy(&code, part.data() + i, sizeof code);
      if (code >= 0) // else a missing value
        code = numbers[static_cast<size_t>(code)];
      std::memcpy(part.data() + i, &code, sizeof code);
    }
  });
}

CsvFields::CsvFields(const DataBlock &block, DataConventions &conventions, CsvPurpose purpose,
                     const DataSplit *split)
    : block(block), conventions(conventions), purpose(purpose), split(split) {
  for (const DataField &field : block.fields) {
    if (purpose == CsvPurpose::Training && isFloat(field.dtype))
      conventions.bytes[field.name] = false;
    builders.emplace_back(field, split);
    keepsPlaces |= field.isTransformed();
    drops |= builders.back().drops() && purpose != CsvPurpose::Prediction;
  }
}

bool CsvFields::isDropped(const CsvReader &reader, const CsvColumns &columns) const {
  for (size_t field = 0; field < builders.size(); ++field)
    if (builders[field].drops())
      for (size_t column : columns.ofField[field])
        if (builders[field].isGap(reader.cells()[column]))
          return true;
  return false;
}

CsvFields::~CsvFields() = default;

bool CsvFields::begin(CsvReader &reader, const SelectColumns &select) {
  if (!reader.next())
    return false;
  const ColumnSelection selection = select(reader);
  table.columns =
      findColumns(reader, block, selection, conventions, purpose == CsvPurpose::Training);
  table.filter = findFilter(reader, selection);
  table.width = reader.cells().size();
  table.guessed = !selection.header && !selection.stated;
  if (keepsPlaces)
    places.files.emplace_back(examples, reader.origin());
  if (!selection.header)
    readRow(reader);
  return true;
}

void CsvFields::readRows(CsvReader &reader) {
  while (reader.next())
    readRow(reader);
}

void CsvFields::readRow(const CsvReader &reader) {
  if (reader.cells().size() != table.width)
    fail("%s:%zu: this line has %zu cells, the first one has %zu", reader.origin().c_str(),
         reader.line(), reader.cells().size(), table.width);
  if (table.filter && std::find(split->filter->values.begin(), split->filter->values.end(),
                                reader.cells()[*table.filter]) == split->filter->values.end())
    return;
  if (drops && isDropped(reader, table.columns)) {
    ++dropped;
    return;
  }
  if (keepsPlaces)
    places.lines.push_back(static_cast<uint32_t>(reader.line()));
  for (size_t field = 0; field < builders.size(); ++field)
    builders[field].readRow(table.columns.ofField[field], reader, table.columns.names,
                            table.guessed);
  ++examples;
  table.guessed = false;
}

void CsvFields::add(const std::string &path, const SelectColumns &select, int64_t memory) {
  constexpr int64_t largest = 1 << 20, least = 1 << 16;
  const int64_t partBytes = memory ? std::clamp(memory / 16, least, largest) : largest;
  keepsPlaces &= !memory; // one number for each row
  CsvParts parts(path, split ? split->csvFormat() : text::CsvFormat{},
                 split ? split->encoding : text::Encoding::Utf8, static_cast<size_t>(partBytes),
                 memory > 0);
  bool begun = false;
  while (std::optional<CsvReader> part = parts.next()) {
    begun = begun || begin(*part, select);
    readRows(*part);
    if (memory)
      for (Builder &builder : builders)
        builder.moveToFile();
    parts.goOnAfter(*part);
  }
  if (!begun)
    fail("%s: it is empty", path == "-" ? "standard input" : path.c_str());
}

/// The place of the column by which rows are chosen.
std::optional<size_t> CsvFields::findFilter(const CsvReader &firstRow,
                                            const ColumnSelection &selection) const {
  if (!split || !split->filter || purpose == CsvPurpose::Prediction)
    return std::nullopt;
  return findColumn(firstRow, selection.header, split->filter->column);
}

/// A value that is missing becomes that of the row before it, at the beginning the first one that
/// follows.
template <typename T> static void fillFromPrevious(FieldData &data, size_t size, int64_t columns) {
  auto isMissing = [](T value) {
    if constexpr (std::is_floating_point_v<T>)
      return std::isnan(value);
    else
      return value < 0;
  };
  std::vector<std::optional<T>> last(static_cast<size_t>(columns));
  size_t found = 0;
  for (size_t i = 0; i < size / sizeof(T) && found < last.size(); ++i) {
    T value;
    std::memcpy(&value, data.data(0) + i * sizeof value, sizeof value);
    if (std::optional<T> &own = last[i % last.size()]; !own && !isMissing(value)) {
      own = value;
      ++found;
    }
    if (i % (1 << 16) == 0)
      MappedFile::keepBound();
  }
  size_t i = 0;
  changeValues(data, size, [&](Bytes &part) {
    for (size_t at = 0; at < part.size(); at += sizeof(T), ++i) {
      T value;
      std::memcpy(&value, part.data() + at, sizeof value);
      std::optional<T> &own = last[i % last.size()];
      if (!isMissing(value))
        own = value;
      else if (own)
        std::memcpy(part.data() + at, &*own, sizeof value);
    }
  });
}

Dataset CsvFields::finish() {
  Dataset dataset;
  dataset.examples = examples;
  dataset.dropped = dropped;
  dataset.places = std::move(places);
  for (Builder &builder : builders) {
    builder.flush();
    if (builder.file)
      builder.data.file = builder.file->map();
    builder.file.reset();
    if (builder.gaps)
      dataset.gaps[builder.field.name] = builder.gaps;
    if (builder.missing && builder.missing->policy == Transform::Policy::Previous)
      builder.isClass()
          ? fillFromPrevious<int32_t>(builder.data, builder.size(), builder.field.columns())
          : fillFromPrevious<double>(builder.data, builder.size(), builder.field.columns());
    if (builder.field.categories) {
      builder.data.words = std::move(builder.classes.words);
    } else if (builder.field.classes > 0) {
      auto found = conventions.classes.find(builder.field.name);
      bool isKnown = found != conventions.classes.end();
      std::vector<std::string> known = isKnown ? found->second : std::vector<std::string>();
      builder.numberClasses(known, isKnown && known.empty());
      if (!known.empty())
        conventions.classes[builder.field.name] = std::move(known);
    }
    dataset.fields.push_back(std::move(builder.data));
  }
  return dataset;
}

Dataset readCsvSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     DataConventions &conventions) {
  if (split.window) {
    const std::string &window = block.fields[0].name;
    DataSplit all = split;
    all.window = 0;
    Dataset rows = readCsvSplit(fieldsOfRow(block, window, split), all, folder, conventions);
    return cutWindows(std::move(rows), block, window, split, joinPath(folder, split.files[0]));
  }
  CsvFields fields(block, conventions,
                   split.isTraining() ? CsvPurpose::Training : CsvPurpose::Split, &split);
  auto select = [&](const CsvReader &firstRow) {
    return selectForSplit(firstRow, block, split, conventions);
  };
  for (const std::string &file : split.files)
    fields.add(joinPath(folder, file), select, split.memory);
  return fields.finish();
}

} // namespace nnc::runtime
