#include "runtime/data/Csv.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace nnc::runtime {

namespace {

/// The distinct words of a class field and where each was first seen; numbers are given to them at
/// the end.
struct ClassColumn {
  struct Word {
    std::string word, file;
    size_t line;
  };
  std::vector<Word> words;
  std::unordered_map<std::string, int32_t> codes;
};

constexpr size_t repeated = SIZE_MAX; ///< stands in Places for a name that several columns have

} // namespace

/// One field while its rows are read.
struct CsvFields::Builder {
  const DataField &field;
  FieldData data;
  std::vector<size_t> columns; ///< of the current file, one per element
  ClassColumn classes;

  explicit Builder(const DataField &field) : field(field) {
    data.name = field.name;
    data.shape = field.shape;
    data.storage = field.dtype;
  }

  template <typename T> void append(T value) {
    size_t size = data.bytes.size();
    data.bytes.resize(size + sizeof(T));
    std::memcpy(data.bytes.data() + size, &value, sizeof(T));
  }

  void resolve(const DataSplit &split, const CsvReader &reader,
               const std::vector<std::string> &names, const Places &places, size_t width);
  void readCell(std::string_view cell, size_t column, const CsvReader &reader,
                const std::vector<std::string> &names, bool guessed);
  void numberClasses(std::vector<std::string> &known, bool onlyNumbers);
};

static bool selectsByName(const DataSplit &split) {
  for (const auto &[field, columns] : split.columns)
    for (const Column &column : columns)
      if (std::holds_alternative<std::string>(column))
        return true;
  return false;
}

/// Finds the columns of the field that `split` selects in a file with this first row.
void CsvFields::Builder::resolve(const DataSplit &split, const CsvReader &reader,
                                 const std::vector<std::string> &names, const Places &places,
                                 size_t width) {
  const char *file = reader.origin().c_str();
  columns.clear();
  auto found = split.columns.find(field.name);
  if (found == split.columns.end())
    fail("%s: it is not said which columns are field '%s'", file, field.name.c_str());
  if (static_cast<int64_t>(found->second.size()) != elementCount(field.shape))
    fail("%s: field '%s' is %s, but %zu columns are named for it", file, field.name.c_str(),
         describe(field.shape).c_str(), found->second.size());
  for (const Column &column : found->second) {
    if (const std::string *columnName = std::get_if<std::string>(&column)) {
      auto place = places.find(*columnName);
      if (place == places.end())
        fail("%s: there is no column '%s'%s", file, columnName->c_str(),
             suggestion(*columnName, names).c_str());
      if (place->second == repeated)
        fail("%s:%zu: there are two columns '%s'", file, reader.line(), columnName->c_str());
      columns.push_back(place->second);
    } else {
      size_t index = static_cast<size_t>(std::get<int64_t>(column));
      if (index >= width)
        fail("%s: there is no column %zu, it has columns 0 to %zu", file, index, width - 1);
      columns.push_back(index);
    }
  }
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

/// `guessed`: nobody says that the file has no header, and this is its first line.
void CsvFields::Builder::readCell(std::string_view cell, size_t column, const CsvReader &reader,
                                  const std::vector<std::string> &names, bool guessed) {
  auto wrong = [&](const char *problem) {
    std::string where = names.empty() ? "column " + std::to_string(column)
                                      : "column '" + printable(names[column]) + "'";
    if (cell.empty())
      fail("%s:%zu: %s is empty", reader.origin().c_str(), reader.line(), where.c_str());
    if (hasDecimalComma(cell))
      problem = "has a decimal comma, where a point is expected";
    fail("%s:%zu: '%s' in %s %s%s", reader.origin().c_str(), reader.line(), printable(cell).c_str(),
         where.c_str(), problem, guessed ? " (a header is announced by header = true)" : "");
  };
  if (field.classes > 0) {
    if (cell.empty())
      wrong("");
    auto [place, isNew] =
        classes.codes.try_emplace(std::string(cell), static_cast<int32_t>(classes.words.size()));
    if (isNew)
      classes.words.push_back({std::string(cell), reader.origin(), reader.line()});
    append<int32_t>(place->second);
  } else if (field.dtype == DType::I32) {
    std::optional<int64_t> value = parseInteger(cell);
    if (!value || *value < INT32_MIN || *value > INT32_MAX)
      wrong(value ? "is out of the range of an integer" : "is not an integer");
    append(static_cast<int32_t>(*value));
  } else {
    std::optional<double> value = parseNumber(cell);
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

/// Replaces the codes of words by numbers of classes. `known` is empty if the classes have no names
/// yet, and then receives them if the words are no numbers.
void CsvFields::Builder::numberClasses(std::vector<std::string> &known, bool onlyNumbers) {
  const std::vector<ClassColumn::Word> &words = classes.words;
  auto isNumber = [](const ClassColumn::Word &word) {
    return parseNumber(word.word).has_value() || isNotFinite(word.word);
  };
  if (known.empty() && !onlyNumbers && !std::all_of(words.begin(), words.end(), isNumber)) {
    std::vector<std::string> names;
    for (const ClassColumn::Word &word : words)
      names.push_back(word.word);
    std::sort(names.begin(), names.end());
    if (static_cast<int64_t>(names.size()) > field.classes) {
      const ClassColumn::Word &extra = words[static_cast<size_t>(field.classes)];
      fail("%s:%zu: '%s' is one class too many: field '%s' has %lld, and there are %zu different "
           "names",
           extra.file.c_str(), extra.line, printable(extra.word).c_str(), field.name.c_str(),
           static_cast<long long>(field.classes), names.size());
    }
    known = std::move(names);
  }
  ClassIndex index(known);
  std::vector<int32_t> numbers;
  for (const ClassColumn::Word &word : words) {
    auto wrong = [&](const std::string &problem) {
      fail("%s:%zu: '%s' is not a class of field '%s'%s", word.file.c_str(), word.line,
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
      fail("%s:%zu: %s %s is outside 0..%lld%s", word.file.c_str(), word.line, field.name.c_str(),
           printable(word.word).c_str(), static_cast<long long>(largest),
           number == static_cast<double>(field.classes)
               ? " (numbers of classes begin with 0, others are declared by class_names)"
               : "");
    numbers.push_back(static_cast<int32_t>(number));
  }
  for (size_t i = 0; i < data.bytes.size(); i += sizeof(int32_t)) {
    int32_t code;
    std::memcpy(&code, data.bytes.data() + i, sizeof code);
    std::memcpy(data.bytes.data() + i, &numbers[static_cast<size_t>(code)], sizeof code);
  }
}

CsvFields::CsvFields(const DataBlock &block, const DataSplit &split, DataConventions &conventions)
    : split(split), conventions(conventions), builders(block.fields.begin(), block.fields.end()) {
  for (const DataField &field : block.fields)
    if (split.isTraining() && isFloat(field.dtype))
      conventions.bytes[field.name] = false;
}

CsvFields::~CsvFields() = default;

/// Whether the first row names the columns.
bool CsvFields::hasHeader(const CsvReader &reader) const {
  if (split.header)
    return *split.header;
  if (selectsByName(split))
    return true;
  if (!looksLikeHeader(reader))
    return false;
  // Rows of words tell nothing: without a number among the fields, the data looks the same.
  bool named = true, known = true;
  for (const Builder &builder : builders) {
    if (builder.field.classes == 0)
      return true;
    const std::vector<std::string_view> &cells = reader.cells();
    named &= std::find(cells.begin(), cells.end(), builder.field.name) != cells.end();
    auto names = conventions.classes.find(builder.field.name);
    known &= names != conventions.classes.end() && !names->second.empty();
  }
  if (!named && !known)
    fail("%s:%zu: this line is a header or the first example: say header = true or header = false",
         reader.origin().c_str(), reader.line());
  return named;
}

/// Where fields have their columns by position, the names that these have are those that they have
/// in the training data.
void CsvFields::agreeOnColumns(const CsvReader &reader, const std::vector<std::string> &names,
                               const Places &places) {
  for (const Builder &builder : builders) {
    std::vector<std::string> mine;
    bool distinct = true;
    for (size_t column : builder.columns) {
      mine.push_back(names[column]);
      distinct &= places.at(names[column]) == column;
    }
    auto known = conventions.columns.find(builder.field.name);
    if (known == conventions.columns.end()) {
      if (split.isTraining() && distinct)
        conventions.columns[builder.field.name] = std::move(mine);
      continue;
    }
    if (selectsByName(split))
      continue;
    for (size_t i = 0; i < mine.size() && i < known->second.size(); ++i)
      if (mine[i] != known->second[i])
        fail("%s:%zu: column %zu, for field '%s', is '%s', but '%s' in the training data",
             reader.origin().c_str(), reader.line(), builder.columns[i], builder.field.name.c_str(),
             printable(mine[i]).c_str(), printable(known->second[i]).c_str());
  }
}

void CsvFields::add(CsvReader reader) {
  if (!reader.next())
    fail("%s: it is empty", reader.origin().c_str());
  size_t width = reader.cells().size();
  std::vector<std::string> names;
  Places places;
  bool header = hasHeader(reader);
  if (header)
    names.assign(reader.cells().begin(), reader.cells().end());
  for (size_t column = 0; column < names.size(); ++column)
    if (auto [place, isNew] = places.try_emplace(names[column], column); !isNew)
      place->second = repeated;
  size_t leftToRight = 0;
  for (Builder &builder : builders) {
    if (!split.columns.empty()) {
      builder.resolve(split, reader, names, places, width);
      continue;
    }
    builder.columns.resize(static_cast<size_t>(elementCount(builder.field.shape)));
    for (size_t &column : builder.columns)
      column = leftToRight++;
  }
  if (split.columns.empty() && leftToRight != width)
    fail("%s: it has %zu columns, but the fields take %zu: say which ones are meant",
         reader.origin().c_str(), width, leftToRight);
  if (header)
    agreeOnColumns(reader, names, places);
  bool guessed = !header && !split.header;
  for (bool more = header ? reader.next() : true; more; more = reader.next()) {
    if (reader.cells().size() != width)
      fail("%s:%zu: this line has %zu cells, the first one has %zu", reader.origin().c_str(),
           reader.line(), reader.cells().size(), width);
    for (Builder &builder : builders)
      for (size_t column : builder.columns)
        builder.readCell(reader.cells()[column], column, reader, names, guessed);
    ++examples;
    guessed = false;
  }
}

Dataset CsvFields::finish() {
  Dataset dataset;
  dataset.examples = examples;
  for (Builder &builder : builders) {
    if (builder.field.classes > 0) {
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
  CsvFields fields(block, split, conventions);
  for (const std::string &file : split.files) {
    std::string path = joinPath(folder, file);
    fields.add(CsvReader(readUtf8(path), path == "-" ? "standard input" : path, split.separator));
  }
  return fields.finish();
}

} // namespace nnc::runtime
