// Implements CsvFields: cells become values, words of class fields become numbers at the end.
#include "runtime/data/CsvFields.h"

#include "runtime/data/Series.h"
#include "runtime/support/Error.h"
#include "runtime/support/Suggestion.h"

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

} // namespace

/// One field while its rows are read.
struct CsvFields::Builder {
  const DataField &field;
  FieldData data;
  ClassColumn classes;

  explicit Builder(const DataField &field) : field(field), data(FieldData::of(field)) {}

  template <typename T> void append(T value) {
    size_t size = data.bytes.size();
    data.bytes.resize(size + sizeof(T));
    std::memcpy(data.bytes.data() + size, &value, sizeof(T));
  }

  /// Reads the cells of a field in one row. Padding is empty cells.
  void readRow(const std::vector<size_t> &columns, const CsvReader &reader,
               const std::vector<std::string> &names, bool guessed);
  void readCell(std::string_view cell, size_t column, const CsvReader &reader,
                const std::vector<std::string> &names, bool guessed);
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
/// yet, and then receives them if the words are not numbers.
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

CsvFields::CsvFields(const DataBlock &block, DataConventions &conventions, bool training)
    : block(block), conventions(conventions), training(training),
      builders(block.fields.begin(), block.fields.end()) {
  for (const DataField &field : block.fields)
    if (training && isFloat(field.dtype))
      conventions.bytes[field.name] = false;
}

CsvFields::~CsvFields() = default;

void CsvFields::add(CsvReader reader,
                    const std::function<ColumnSelection(const CsvReader &)> &select) {
  if (!reader.next())
    fail("%s: it is empty", reader.origin().c_str());
  const ColumnSelection selection = select(reader);
  const CsvColumns columns = findColumns(reader, block, selection, conventions, training);
  const size_t width = reader.cells().size();
  // A line that was not taken for a header may be meant as one.
  bool guessed = !selection.header && !selection.stated;
  for (bool more = selection.header ? reader.next() : true; more; more = reader.next()) {
    if (reader.cells().size() != width)
      fail("%s:%zu: this line has %zu cells, the first one has %zu", reader.origin().c_str(),
           reader.line(), reader.cells().size(), width);
    for (size_t field = 0; field < builders.size(); ++field)
      builders[field].readRow(columns.ofField[field], reader, columns.names, guessed);
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
  if (split.window) {
    const std::string &window = block.fields[0].name;
    DataSplit all = split;
    all.window = 0;
    Dataset rows = readCsvSplit(fieldsOfRow(block, window, split), all, folder, conventions);
    return cutWindows(std::move(rows), block, window, split, joinPath(folder, split.files[0]));
  }
  CsvFields fields(block, conventions, split.isTraining());
  for (const std::string &file : split.files) {
    std::string path = joinPath(folder, file);
    fields.add(CsvReader(readUtf8(path), path == "-" ? "standard input" : path, split.separator),
               [&](const CsvReader &firstRow) {
                 return selectForSplit(firstRow, block, split, conventions);
               });
  }
  return fields.finish();
}

} // namespace nnc::runtime
