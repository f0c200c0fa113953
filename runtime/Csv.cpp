#include "runtime/Csv.h"

#include "runtime/Error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

namespace nnc::runtime {

CsvReader::CsvReader(Bytes text, std::string origin, std::optional<char> wantedSeparator)
    : content(std::move(text)), name(std::move(origin)), separator(wantedSeparator.value_or(',')) {
  if (content.size() >= 3 && std::memcmp(content.data(), "\xEF\xBB\xBF", 3) == 0)
    position = 3;
  if (wantedSeparator)
    return;
  size_t commas = 0, semicolons = 0, tabs = 0;
  bool quoted = false;
  for (size_t i = position; i < content.size(); ++i) {
    char c = content[i];
    if (c == '"')
      quoted = !quoted;
    else if (c == '\n' && !quoted && commas + semicolons + tabs > 0)
      break;
    else if (!quoted) {
      commas += c == ',';
      semicolons += c == ';';
      tabs += c == '\t';
    }
  }
  if (semicolons > commas && semicolons >= tabs)
    separator = ';';
  else if (tabs > commas)
    separator = '\t';
}

bool CsvReader::next() {
  while (position < content.size())
    if (readRow())
      return true;
  return false;
}

/// Reads one line; false if it is blank.
bool CsvReader::readRow() {
  row.clear();
  rowLine = nextLine;
  auto isBlank = [this](char c) { return (c == ' ' || c == '\t') && c != separator; };
  bool anything = false;
  while (true) {
    while (position < content.size() && isBlank(content[position]))
      ++position;
    size_t begin = position, end;
    if (position < content.size() && content[position] == '"') {
      // Quoted: shrunk in place where it holds doubled quotes.
      anything = true;
      begin = end = ++position;
      while (true) {
        if (position >= content.size())
          fail("%s:%zu: a quote is not closed", name.c_str(), rowLine);
        char c = content[position++];
        if (c == '"') {
          if (position < content.size() && content[position] == '"')
            ++position;
          else
            break;
        }
        nextLine += c == '\n';
        content[end++] = c;
      }
      while (position < content.size() && isBlank(content[position]))
        ++position;
      if (position < content.size() && content[position] != separator && content[position] != '\n' &&
          content[position] != '\r')
        fail("%s:%zu: something follows a closing quote", name.c_str(), nextLine);
    } else {
      while (position < content.size() && content[position] != separator && content[position] != '\n' &&
             content[position] != '\r')
        ++position;
      end = position;
      while (end > begin && isBlank(content[end - 1]))
        --end;
      anything |= end > begin;
    }
    row.emplace_back(content.data() + begin, end - begin);
    if (position >= content.size())
      break;
    char c = content[position++];
    if (c == separator) {
      anything = true;
      continue;
    }
    if (c == '\r' && position < content.size() && content[position] == '\n')
      ++position;
    ++nextLine;
    break;
  }
  return anything;
}

std::optional<double> parseNumber(std::string_view cell) {
  if (cell.starts_with('+'))
    cell.remove_prefix(1);
  double value = 0;
  auto [end, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (cell.empty() || end != cell.data() + cell.size())
    return std::nullopt;
  // Too small for a double becomes what strtod makes of it; too large becomes infinite.
  if (status == std::errc::result_out_of_range)
    value = std::strtod(std::string(cell).c_str(), nullptr);
  if (!std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<int64_t> parseInteger(std::string_view cell) {
  if (cell.starts_with('+'))
    cell.remove_prefix(1);
  int64_t value = 0;
  auto [end, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (cell.empty() || end != cell.data() + cell.size() || status != std::errc())
    return std::nullopt;
  return value;
}

std::string csvCell(const std::string &content) {
  if (content.find_first_of(",;\t\"\r\n") == std::string::npos)
    return content;
  std::string result = "\"";
  for (char c : content) {
    result += c;
    if (c == '"')
      result += '"';
  }
  return result + "\"";
}

namespace {

/// The distinct words of a class field and where each was first seen; numbers are given to them at the end.
struct ClassColumn {
  struct Word {
    std::string word, file;
    size_t line;
  };
  std::vector<Word> words;
  std::unordered_map<std::string, int32_t> codes;
};

/// One field while its rows are read.
struct FieldBuilder {
  const DataField &field;
  FieldData data;
  std::vector<size_t> columns; ///< of the current file, one per element
  ClassColumn classes;

  explicit FieldBuilder(const DataField &field) : field(field) {
    data.name = field.name;
    data.shape = field.shape;
    data.storage = field.dtype;
  }

  template <typename T> void append(T value) {
    size_t size = data.bytes.size();
    data.bytes.resize(size + sizeof(T));
    std::memcpy(data.bytes.data() + size, &value, sizeof(T));
  }
};

bool looksLikeHeader(const std::vector<std::string_view> &cells) {
  return std::none_of(cells.begin(), cells.end(),
                      [](std::string_view cell) { return parseNumber(cell).has_value(); });
}

bool selectsByName(const DataSplit &split) {
  for (const auto &[field, columns] : split.columns)
    for (const Column &column : columns)
      if (std::holds_alternative<std::string>(column))
        return true;
  return false;
}

/// Finds the columns of every field in a file with this first row.
void resolveColumns(std::vector<FieldBuilder> &builders, const DataSplit &split, const CsvReader &reader,
                    const std::vector<std::string> &names, size_t width) {
  const char *file = reader.origin().c_str();
  size_t next = 0;
  bool leftToRight = split.columns.empty();
  for (FieldBuilder &builder : builders) {
    builder.columns.clear();
    size_t elements = static_cast<size_t>(elementCount(builder.field.shape));
    if (leftToRight) {
      for (size_t i = 0; i < elements; ++i)
        builder.columns.push_back(next++);
      continue;
    }
    auto found = split.columns.find(builder.field.name);
    if (found == split.columns.end())
      fail("%s: it is not said which columns are field '%s'", file, builder.field.name.c_str());
    if (found->second.size() != elements)
      fail("%s: field '%s' is %s, but %zu columns are named for it", file, builder.field.name.c_str(),
           describe(builder.field.shape).c_str(), found->second.size());
    for (const Column &column : found->second) {
      if (const std::string *columnName = std::get_if<std::string>(&column)) {
        auto place = std::find(names.begin(), names.end(), *columnName);
        if (place == names.end())
          fail("%s: there is no column '%s'%s", file, columnName->c_str(),
               suggestion(*columnName, names).c_str());
        builder.columns.push_back(static_cast<size_t>(place - names.begin()));
      } else {
        size_t index = static_cast<size_t>(std::get<int64_t>(column));
        if (index >= width)
          fail("%s: there is no column %zu, it has columns 0 to %zu", file, index, width - 1);
        builder.columns.push_back(index);
      }
    }
  }
  if (leftToRight && next != width)
    fail("%s: it has %zu columns, but the fields take %zu: say which ones are meant", file, width, next);
}

void readCell(FieldBuilder &builder, std::string_view cell, size_t column, const CsvReader &reader,
              const std::vector<std::string> &names) {
  auto wrong = [&](const char *expected) {
    std::string where = names.empty() ? "column " + std::to_string(column)
                                      : "column '" + printable(names[column]) + "'";
    if (cell.empty())
      fail("%s:%zu: %s is empty", reader.origin().c_str(), reader.line(), where.c_str());
    fail("%s:%zu: '%s' in %s is %s", reader.origin().c_str(), reader.line(), printable(cell).c_str(),
         where.c_str(), expected);
  };
  if (builder.field.classes > 0) {
    if (cell.empty())
      wrong("");
    auto [place, isNew] = builder.classes.codes.try_emplace(
        std::string(cell), static_cast<int32_t>(builder.classes.words.size()));
    if (isNew)
      builder.classes.words.push_back({std::string(cell), reader.origin(), reader.line()});
    builder.append<int32_t>(place->second);
  } else if (builder.field.dtype == DType::I32) {
    std::optional<int64_t> value = parseInteger(cell);
    if (!value || *value < INT32_MIN || *value > INT32_MAX)
      wrong(value ? "out of the range of an integer" : "no integer");
    builder.append(static_cast<int32_t>(*value));
  } else {
    std::optional<double> value = parseNumber(cell);
    if (!value)
      wrong("no number");
    if (builder.field.dtype == DType::F32)
      builder.append(static_cast<float>(*value));
    else
      builder.append(*value);
  }
}

/// Replaces the codes of words by numbers of classes. `known` is empty if the names are not known yet, and then
/// receives them if the words are no numbers.
void numberClasses(FieldBuilder &builder, std::vector<std::string> &known) {
  const std::vector<ClassColumn::Word> &words = builder.classes.words;
  const DataField &field = builder.field;
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
      fail("%s:%zu: '%s' is one class too many: field '%s' has %lld, and there are %zu different names",
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
  for (size_t i = 0; i < builder.data.bytes.size(); i += sizeof(int32_t)) {
    int32_t code;
    std::memcpy(&code, builder.data.bytes.data() + i, sizeof code);
    std::memcpy(builder.data.bytes.data() + i, &numbers[static_cast<size_t>(code)], sizeof code);
  }
}

} // namespace

Dataset readCsvSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     ClassNames &classes) {
  Dataset dataset;
  std::vector<FieldBuilder> builders(block.fields.begin(), block.fields.end());
  for (const std::string &file : split.files) {
    std::string path = joinPath(folder, file);
    CsvReader reader(readFileOrGz(path), path == "-" ? "standard input" : path, split.separator);
    if (!reader.next())
      fail("%s: it is empty", reader.origin().c_str());
    size_t width = reader.cells().size();
    std::vector<std::string> names;
    bool header = split.header.value_or(selectsByName(split) || looksLikeHeader(reader.cells()));
    if (header)
      names.assign(reader.cells().begin(), reader.cells().end());
    resolveColumns(builders, split, reader, names, width);
    bool more = header ? reader.next() : true;
    for (; more; more = reader.next()) {
      if (reader.cells().size() != width)
        fail("%s:%zu: this line has %zu cells, the first one has %zu", reader.origin().c_str(),
             reader.line(), reader.cells().size(), width);
      for (FieldBuilder &builder : builders)
        for (size_t column : builder.columns)
          readCell(builder, reader.cells()[column], column, reader, names);
      ++dataset.examples;
    }
  }
  for (FieldBuilder &builder : builders) {
    if (builder.field.classes > 0) {
      std::vector<std::string> known;
      if (auto found = classes.find(builder.field.name); found != classes.end())
        known = found->second;
      bool wereKnown = !known.empty();
      numberClasses(builder, known);
      if (!wereKnown && !known.empty())
        classes[builder.field.name] = std::move(known);
    }
    dataset.fields.push_back(std::move(builder.data));
  }
  return dataset;
}

} // namespace nnc::runtime
