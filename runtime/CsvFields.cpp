#include "runtime/Csv.h"

#include "runtime/Error.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

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
               const std::vector<std::string> &names, size_t width);
  void readCell(std::string_view cell, size_t column, const CsvReader &reader,
                const std::vector<std::string> &names);
  void numberClasses(std::vector<std::string> &known);
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
                                 const std::vector<std::string> &names, size_t width) {
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
      auto place = std::find(names.begin(), names.end(), *columnName);
      if (place == names.end())
        fail("%s: there is no column '%s'%s", file, columnName->c_str(),
             suggestion(*columnName, names).c_str());
      columns.push_back(static_cast<size_t>(place - names.begin()));
    } else {
      size_t index = static_cast<size_t>(std::get<int64_t>(column));
      if (index >= width)
        fail("%s: there is no column %zu, it has columns 0 to %zu", file, index, width - 1);
      columns.push_back(index);
    }
  }
}

void CsvFields::Builder::readCell(std::string_view cell, size_t column, const CsvReader &reader,
                                  const std::vector<std::string> &names) {
  auto wrong = [&](const char *expected) {
    std::string where = names.empty() ? "column " + std::to_string(column)
                                      : "column '" + printable(names[column]) + "'";
    if (cell.empty())
      fail("%s:%zu: %s is empty", reader.origin().c_str(), reader.line(), where.c_str());
    fail("%s:%zu: '%s' in %s is %s", reader.origin().c_str(), reader.line(),
         printable(cell).c_str(), where.c_str(), expected);
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
      wrong(value ? "out of the range of an integer" : "no integer");
    append(static_cast<int32_t>(*value));
  } else {
    std::optional<double> value = parseNumber(cell);
    if (!value)
      wrong("no number");
    if (field.dtype == DType::F32)
      append(static_cast<float>(*value));
    else
      append(*value);
  }
}

/// Replaces the codes of words by numbers of classes. `known` is empty if the names are not known
/// yet, and then receives them if the words are no numbers.
void CsvFields::Builder::numberClasses(std::vector<std::string> &known) {
  const std::vector<ClassColumn::Word> &words = classes.words;
  bool allIntegers = std::all_of(words.begin(), words.end(), [](const ClassColumn::Word &word) {
    return parseInteger(word.word).has_value();
  });
  if (known.empty() && !allIntegers) {
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
  std::vector<int32_t> numbers;
  for (const ClassColumn::Word &word : words) {
    auto place = std::find(known.begin(), known.end(), word.word);
    std::optional<int64_t> number = parseInteger(word.word);
    if (place != known.end())
      number = place - known.begin();
    else if (!number)
      fail("%s:%zu: '%s' is no class of field '%s'%s", word.file.c_str(), word.line,
           printable(word.word).c_str(), field.name.c_str(), suggestion(word.word, known).c_str());
    if (*number < 0 || *number >= field.classes)
      fail("%s:%zu: %s %lld is outside 0..%lld", word.file.c_str(), word.line, field.name.c_str(),
           static_cast<long long>(*number), static_cast<long long>(field.classes - 1));
    numbers.push_back(static_cast<int32_t>(*number));
  }
  for (size_t i = 0; i < data.bytes.size(); i += sizeof(int32_t)) {
    int32_t code;
    std::memcpy(&code, data.bytes.data() + i, sizeof code);
    std::memcpy(data.bytes.data() + i, &numbers[static_cast<size_t>(code)], sizeof code);
  }
}

CsvFields::CsvFields(const DataBlock &block, const DataSplit &split)
    : split(split), builders(block.fields.begin(), block.fields.end()) {}

CsvFields::~CsvFields() = default;

void CsvFields::add(CsvReader reader) {
  if (!reader.next())
    fail("%s: it is empty", reader.origin().c_str());
  size_t width = reader.cells().size();
  std::vector<std::string> names;
  bool header = split.header.value_or(selectsByName(split) || looksLikeHeader(reader.cells()));
  if (header)
    names.assign(reader.cells().begin(), reader.cells().end());
  size_t leftToRight = 0;
  for (Builder &builder : builders) {
    if (!split.columns.empty()) {
      builder.resolve(split, reader, names, width);
      continue;
    }
    builder.columns.resize(static_cast<size_t>(elementCount(builder.field.shape)));
    for (size_t &column : builder.columns)
      column = leftToRight++;
  }
  if (split.columns.empty() && leftToRight != width)
    fail("%s: it has %zu columns, but the fields take %zu: say which ones are meant",
         reader.origin().c_str(), width, leftToRight);
  for (bool more = header ? reader.next() : true; more; more = reader.next()) {
    if (reader.cells().size() != width)
      fail("%s:%zu: this line has %zu cells, the first one has %zu", reader.origin().c_str(),
           reader.line(), reader.cells().size(), width);
    for (Builder &builder : builders)
      for (size_t column : builder.columns)
        builder.readCell(reader.cells()[column], column, reader, names);
    ++examples;
  }
}

Dataset CsvFields::finish(ClassNames &classes) {
  Dataset dataset;
  dataset.examples = examples;
  for (Builder &builder : builders) {
    if (builder.field.classes > 0) {
      std::vector<std::string> known;
      if (auto found = classes.find(builder.field.name); found != classes.end())
        known = found->second;
      builder.numberClasses(known);
      if (!known.empty())
        classes[builder.field.name] = std::move(known);
    }
    dataset.fields.push_back(std::move(builder.data));
  }
  return dataset;
}

Dataset readCsvSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     ClassNames &classes) {
  CsvFields fields(block, split);
  for (const std::string &file : split.files) {
    std::string path = joinPath(folder, file);
    fields.add(
        CsvReader(readFileOrGz(path), path == "-" ? "standard input" : path, split.separator));
  }
  return fields.finish(classes);
}

} // namespace nnc::runtime
