// Implements the choice of columns: whether there is a header, then columns by name or by place.
#include "runtime/data/CsvColumns.h"

#include "runtime/support/Error.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace nnc::runtime {

static bool selectsByName(const ColumnsByField &selection) {
  for (const auto &[field, columns] : selection)
    for (const Column &column : columns)
      if (std::holds_alternative<std::string>(column))
        return true;
  return false;
}

//===----------------------------------------------------------------------===//
// Splits
//===----------------------------------------------------------------------===//

/// Whether the first row names the columns, where the program does not say it.
static bool guessHeader(const CsvReader &reader, const DataBlock &block,
                        const DataConventions &conventions) {
  if (!looksLikeHeader(reader))
    return false;
  // Rows of words tell nothing: without a number among the fields, the data looks the same.
  bool named = true, known = true;
  for (const DataField &field : block.fields) {
    if (field.classes == 0)
      return true;
    const std::vector<std::string_view> &cells = reader.cells();
    named &= std::find(cells.begin(), cells.end(), field.name) != cells.end();
    auto names = conventions.classes.find(field.name);
    known &= names != conventions.classes.end() && !names->second.empty();
  }
  if (!named && !known)
    fail("%s:%zu: this line is a header or the first example: say header = true or header = false",
         reader.origin().c_str(), reader.line());
  return named;
}

ColumnSelection selectForSplit(const CsvReader &firstRow, const DataBlock &block,
                               const DataSplit &split, const DataConventions &conventions) {
  ColumnSelection selection;
  selection.columns = split.columns;
  selection.stated = split.header || selectsByName(split.columns);
  selection.header =
      selection.stated ? split.header.value_or(true) : guessHeader(firstRow, block, conventions);
  return selection;
}

//===----------------------------------------------------------------------===//
// Examples to predict
//===----------------------------------------------------------------------===//

/// The names of the fields' columns in the training data: those that the program selects, else
/// those that its files have. Empty unless all are known.
static ColumnsByField namesInTraining(const DataBlock &fields, const DataSplit &train,
                                      const DataConventions &conventions) {
  ColumnsByField result;
  for (const DataField &field : fields.fields) {
    std::vector<Column> &columns = result[field.name];
    if (auto selected = train.columns.find(field.name); selected != train.columns.end())
      columns = selected->second;
    bool named = !columns.empty() && std::all_of(columns.begin(), columns.end(), [](auto &column) {
      return std::holds_alternative<std::string>(column);
    });
    if (named)
      continue;
    auto known = conventions.columns.find(field.name);
    if (known == conventions.columns.end())
      return {};
    columns.assign(known->second.begin(), known->second.end());
  }
  return result;
}

/// The columns by position, if a file of this width can be laid out as the training data. Else
/// empty: it has the inputs' columns and no others, from left to right.
static ColumnsByField columnsByPosition(const DataBlock &fields, const DataBlock &block,
                                        const DataSplit &train, size_t width) {
  ColumnsByField all = train.columns, result;
  int64_t needed = 0;
  for (const DataField &field : block.fields) {
    if (train.columns.empty())
      for (int64_t i = 0; i < field.columns(); ++i)
        all[field.name].emplace_back(needed + i);
    for (const Column &column : all[field.name]) {
      const int64_t *place = std::get_if<int64_t>(&column);
      if (!place)
        return {};
      needed = std::max(needed, *place + 1);
    }
  }
  int64_t found = static_cast<int64_t>(width);
  if (train.columns.empty() ? found != needed : found < needed)
    return {};
  for (const DataField &field : fields.fields) {
    if (all[field.name].empty())
      return {};
    result[field.name] = all[field.name];
  }
  return result;
}

/// Throws Error unless the header has the names of the training data.
static void checkHeader(const CsvReader &reader, const ColumnsByField &columns) {
  std::vector<std::string> header(reader.cells().begin(), reader.cells().end()), needed;
  for (const auto &[field, names] : columns)
    for (const Column &name : names)
      needed.push_back(std::get<std::string>(name));
  std::unordered_set<std::string> present(header.begin(), header.end());
  for (const std::string &name : needed)
    if (!present.count(name))
      fail("%s:%zu: its header (%s) has no column '%s' of the training data (%s)",
           reader.origin().c_str(), reader.line(), list(header).c_str(), printable(name).c_str(),
           list(needed).c_str());
}

ColumnSelection selectForPrediction(const CsvReader &firstRow, const DataBlock &fields,
                                    const DataBlock *block, const DataConventions &conventions) {
  const DataSplit *train = block ? block->split("train") : nullptr;
  // A row of words is not a header where all inputs are classes: their names are known.
  auto guess = [&] {
    return std::any_of(fields.fields.begin(), fields.fields.end(),
                       [](const DataField &field) { return field.classes == 0; }) &&
           looksLikeHeader(firstRow);
  };
  ColumnSelection selection;
  if (!train || train->reader != "csv") {
    selection.stated = false;
    selection.header = guess();
    return selection;
  }
  ColumnsByField names = namesInTraining(fields, *train, conventions);
  std::unordered_set<std::string_view> cells(firstRow.cells().begin(), firstRow.cells().end());
  bool named = !names.empty();
  for (const auto &[field, columns] : names)
    for (const Column &column : columns)
      named &= cells.count(std::get<std::string>(column)) != 0;
  selection.stated = train->header || named;
  selection.header = selection.stated ? train->header.value_or(true) : guess();
  if (selection.header && !names.empty()) {
    checkHeader(firstRow, names);
    selection.columns = std::move(names);
  } else {
    selection.columns = columnsByPosition(fields, *block, *train, firstRow.cells().size());
  }
  return selection;
}

//===----------------------------------------------------------------------===//
// Columns of a file
//===----------------------------------------------------------------------===//

namespace {

constexpr size_t repeated = SIZE_MAX; ///< the place of a name that several columns have

class FileColumns {
public:
  FileColumns(const CsvReader &firstRow, bool header) : firstRow(firstRow) {
    if (header)
      names.assign(firstRow.cells().begin(), firstRow.cells().end());
    for (size_t column = 0; column < names.size(); ++column)
      if (auto [place, isNew] = places.try_emplace(names[column], column); !isNew)
        place->second = repeated;
  }

  size_t find(const Column &column) const {
    const char *file = firstRow.origin().c_str();
    if (const std::string *name = std::get_if<std::string>(&column)) {
      auto place = places.find(*name);
      if (place == places.end())
        fail("%s: there is no column '%s'%s", file, name->c_str(),
             suggestion(*name, names).c_str());
      if (place->second == repeated)
        fail("%s:%zu: there are two columns '%s'", file, firstRow.line(), name->c_str());
      return place->second;
    }
    size_t index = static_cast<size_t>(std::get<int64_t>(column)), width = firstRow.cells().size();
    if (index >= width)
      fail("%s: there is no column %zu, it has columns 0 to %zu", file, index, width - 1);
    return index;
  }

  bool isUnique(size_t column) const { return places.at(names[column]) == column; }

  std::vector<std::string> names;

private:
  const CsvReader &firstRow;
  std::unordered_map<std::string_view, size_t> places;
};

} // namespace

/// Where fields have their columns by position, the names that these have are those that they have
/// in the training data.
static void agreeOnNames(const CsvReader &reader, const DataBlock &fields, const FileColumns &file,
                         const CsvColumns &columns, bool byName, DataConventions &conventions,
                         bool training) {
  for (size_t field = 0; field < fields.fields.size(); ++field) {
    const std::string &fieldName = fields.fields[field].name;
    const std::vector<size_t> &places = columns.ofField[field];
    std::vector<std::string> mine;
    for (size_t column : places)
      mine.push_back(file.names[column]);
    auto known = conventions.columns.find(fieldName);
    if (known == conventions.columns.end()) {
      if (training && std::all_of(places.begin(), places.end(),
                                  [&](size_t column) { return file.isUnique(column); }))
        conventions.columns[fieldName] = std::move(mine);
      continue;
    }
    for (size_t i = 0; !byName && i < mine.size() && i < known->second.size(); ++i)
      if (mine[i] != known->second[i])
        fail("%s:%zu: column %zu, for field '%s', is '%s', but '%s' in the training data",
             reader.origin().c_str(), reader.line(), places[i], fieldName.c_str(),
             printable(mine[i]).c_str(), printable(known->second[i]).c_str());
  }
}

/// True for the ways in which tables say that a value is missing.
static bool isMissing(std::string_view cell) {
  static constexpr std::string_view markers[] = {"",     "na",   "n/a", "?",      "-",
                                                 "null", "none", ".",   "missing"};
  std::string lower(cell);
  for (char &c : lower)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(std::begin(markers), std::end(markers), lower) != std::end(markers);
}

/// A guessed header may be an example without a value, which must not vanish.
static void checkGuessedHeader(const CsvReader &firstRow, const DataBlock &fields,
                               const CsvColumns &columns) {
  for (size_t field = 0; field < fields.fields.size(); ++field)
    for (size_t column : columns.ofField[field])
      if (std::string_view cell = firstRow.cells()[column];
          fields.fields[field].classes == 0 && isMissing(cell))
        fail("%s:%zu: this line is a header, or an example without a value for '%s' (column %zu is "
             "'%s'): say header = true or header = false",
             firstRow.origin().c_str(), firstRow.line(), fields.fields[field].name.c_str(), column,
             printable(cell).c_str());
}

size_t findColumn(const CsvReader &firstRow, bool header, const Column &column) {
  return FileColumns(firstRow, header).find(column);
}

CsvColumns findColumns(const CsvReader &firstRow, const DataBlock &fields,
                       const ColumnSelection &selection, DataConventions &conventions,
                       bool training) {
  const char *origin = firstRow.origin().c_str();
  FileColumns file(firstRow, selection.header);
  CsvColumns result;
  size_t leftToRight = 0;
  for (const DataField &field : fields.fields) {
    std::vector<size_t> &places = result.ofField.emplace_back();
    size_t elements = static_cast<size_t>(field.columns());
    if (selection.columns.empty()) {
      for (size_t element = 0; element < elements; ++element)
        places.push_back(leftToRight++);
      continue;
    }
    auto found = selection.columns.find(field.name);
    if (found == selection.columns.end())
      fail("%s: the columns of field '%s' are not given", origin, field.name.c_str());
    if (found->second.size() != elements)
      fail("%s: field '%s' is %s, but %zu columns are named for it", origin, field.name.c_str(),
           describe(field.shape).c_str(), found->second.size());
    for (const Column &column : found->second)
      places.push_back(file.find(column));
  }
  if (selection.columns.empty() && leftToRight != firstRow.cells().size())
    fail("%s: it has %zu columns, but the fields take %zu: say which ones are meant", origin,
         firstRow.cells().size(), leftToRight);
  if (selection.header && !selection.stated)
    checkGuessedHeader(firstRow, fields, result);
  if (selection.header)
    agreeOnNames(firstRow, fields, file, result, selectsByName(selection.columns), conventions,
                 training);
  result.names = std::move(file.names);
  return result;
}

} // namespace nnc::runtime
