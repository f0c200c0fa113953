// Counts the categories of fields in the tables of a train split.
#include "compiler/driver/Vocabularies.h"

#include "runtime/text/CsvRows.h"

#include <algorithm>
#include <set>

namespace nnc {

using lang::DataSplit;

namespace {

/// The argument of a reader with this name; null if it has none, or one of another type.
template <typename T> const T *argumentOf(const DataSplit &split, llvm::StringRef name) {
  for (const lang::ReaderArgument &argument : split.arguments)
    if (argument.name == name)
      if (auto *value = std::get_if<T>(&argument.value))
        return value;
  return nullptr;
}

text::CsvFormat formatOf(const DataSplit &split) {
  text::CsvFormat format;
  if (auto *separator = argumentOf<std::string>(split, "separator"))
    format.separator = separator->front();
  if (auto *comment = argumentOf<std::string>(split, "comment"))
    format.comment = *comment;
  if (auto *strip = argumentOf<std::string>(split, "strip"))
    format.strip = *strip;
  return format;
}

/// Where a column is that is named, or numbered.
std::optional<size_t> placeOf(const std::vector<std::string_view> &names, const std::string &column,
                              bool byNumber) {
  if (byNumber) {
    size_t number = 0;
    return llvm::StringRef(column).getAsInteger(10, number) || number >= names.size()
               ? std::nullopt
               : std::optional(number);
  }
  auto found = std::ranges::find(names, column);
  return found == names.end() ? std::nullopt : std::optional(size_t(found - names.begin()));
}

/// How the transforms of a field treat missing and unknown categories.
struct Policies {
  bool isMissing(std::string_view cell, const DataSplit &split) const {
    auto among = [&](const std::vector<std::string> &marks) {
      return std::ranges::find(marks, cell) != marks.end();
    };
    return missing && (cell.empty() || among(missing->marks) || among(split.missing));
  }

  const lang::FieldTransform *missing = nullptr, *unknown = nullptr;
};

Policies policiesOf(const lang::DataField &field) {
  Policies policies;
  for (const lang::FieldTransform &transform : field.transforms) {
    if (transform.kind == "missing")
      policies.missing = &transform;
    if (transform.kind == "unknown")
      policies.unknown = &transform;
  }
  return policies;
}

/// The column of a field that has categories.
struct Column {
  std::string name; ///< or its number
  bool byNumber = false;
  Policies policies;
  std::optional<size_t> place; ///< in the table that is being read
  std::set<std::string, std::less<>> categories = {};
};

/// Those of a data block. Without a selection, fields have the columns from left to right.
std::vector<Column> columnsOf(const lang::DataInfo &data, const DataSplit &split) {
  std::vector<Column> columns;
  size_t leftToRight = 0;
  for (const lang::DataField &field : data.fields) {
    const auto *selected = argumentOf<std::vector<std::string>>(split, field.name);
    if (field.categories)
      columns.push_back({selected ? selected->front() : std::to_string(leftToRight),
                         !selected || split.columnsByNumber,
                         policiesOf(field),
                         {}});
    leftToRight += size_t(field.columns());
  }
  return columns;
}

/// Facts of the first row of a table, for the rows behind it.
struct Table {
  bool isBegun = false;
  std::optional<size_t> filter; ///< the place of the column by which rows are chosen
};

/// Adds the categories of rows of the table at `path` to those of the columns; an error in one line, or nothing.
std::string addCategories(const std::string &path, text::CsvRows &rows, const DataSplit &split,
                          bool header, Table &table, std::vector<Column> &columns) {
  while (rows.next()) {
    const std::vector<std::string_view> &cells = rows.cells();
    if (!table.isBegun) {
      if (split.filter) {
        table.filter = placeOf(cells, split.filter->column, split.filterByNumber);
        if (!table.filter)
          return path + ": the table has no column " + split.filter->column;
      }
      for (Column &column : columns) {
        column.place = placeOf(cells, column.name, column.byNumber);
        if (!column.place)
          return path + ": the table has no column " + column.name;
      }
      table.isBegun = true;
      if (header)
        continue;
    }
    if (table.filter && (*table.filter >= cells.size() ||
                         std::ranges::find(split.filter->values, cells[*table.filter]) ==
                             split.filter->values.end()))
      continue;
    for (Column &column : columns) // the runtime reports a line without the column
      if (*column.place < cells.size() && !column.policies.isMissing(cells[*column.place], split) &&
          !column.categories.contains(cells[*column.place]))
        column.categories.emplace(cells[*column.place]);
  }
  return rows.problem().empty()
             ? ""
             : path + ":" + std::to_string(rows.problemLine()) + ": " + rows.problem();
}

/// The same of the whole table, which may be larger than memory.
std::string addTable(llvm::StringRef whole, const std::string &path, const DataSplit &split,
                     bool header, std::vector<Column> &columns) {
  constexpr size_t firstSize = 1 << 16; // of a part
  const std::string *name = argumentOf<std::string>(split, "encoding");
  const text::Encoding encoding = *text::parseEncoding(name ? *name : "utf-8");
  text::CsvFormat format = formatOf(split);
  Table table;
  llvm::StringRef content = whole;
  for (size_t line = 1; !content.empty();) {
    size_t end = 0;
    for (size_t size = firstSize; end == 0; size *= 2)
      end = size < content.size() ? text::endOfRows(content.substr(0, size), format, line == 1)
                                  : content.size();
    std::string error;
    std::optional<std::string> part = text::toText(content.substr(0, end), encoding, path, error);
    if (!part) {
      (void)text::toText(whole, encoding, path, error); // with its line
      return error;
    }
    text::CsvRows rows(part->data(), part->size(), format, line);
    if (std::string problem = addCategories(path, rows, split, header, table, columns);
        !problem.empty())
      return problem;
    format.separator = rows.usedSeparator();
    line = rows.lineBehind();
    content = content.substr(end);
  }
  return "";
}

} // namespace

std::vector<lang::CategoryCount> Vocabularies::categoryCounts(const lang::DataInfo &data) {
  const DataSplit &split = *std::ranges::find(data.splits, "train", &DataSplit::name);
  std::vector<Column> columns = columnsOf(data, split);
  const bool *stated = argumentOf<bool>(split, "header");
  const bool named = !std::ranges::all_of(columns, &Column::byNumber);
  auto failed = [&](const std::string &error) {
    return std::vector<lang::CategoryCount>(columns.size(), {0, error});
  };
  if (!stated && !named)
    return failed("say header = true or header = false");
  const bool header = stated ? *stated : named;
  for (const lang::ReaderArgument &argument : split.arguments) {
    if (!argument.name.empty())
      continue;
    std::string path, error;
    auto content = openFile(data, std::get<std::string>(argument.value), path, error);
    if (content)
      error = addTable(content->getBuffer(), path, split, header, columns);
    if (!error.empty())
      return failed(error);
  }
  std::vector<lang::CategoryCount> counts;
  for (const Column &column : columns) {
    int64_t count = int64_t(column.categories.size());
    for (const lang::FieldTransform *policy : {column.policies.missing, column.policies.unknown})
      count += policy && policy->as == "category";
    counts.push_back({count, count ? "" : "its column is empty"});
  }
  return counts;
}

} // namespace nnc
