// Counts the categories of a field in the tables of a train split.
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

} // namespace

std::optional<int64_t> Vocabularies::categoryCount(const lang::DataInfo &data,
                                                   const lang::DataField &field,
                                                   std::string &error) {
  const DataSplit &split = *std::ranges::find(data.splits, "train", &DataSplit::name);
  Policies policies;
  for (const lang::FieldTransform &transform : field.transforms) {
    if (transform.kind == "missing")
      policies.missing = &transform;
    if (transform.kind == "unknown")
      policies.unknown = &transform;
  }
  const bool *stated = argumentOf<bool>(split, "header");
  const std::vector<std::string> *columns = argumentOf<std::vector<std::string>>(split, field.name);
  const bool named = columns && !split.columnsByNumber;
  if (!stated && !named) {
    error = "say header = true or header = false";
    return std::nullopt;
  }
  const bool header = stated ? *stated : named;
  // Without a selection, the fields have the columns from left to right.
  size_t leftToRight = 0;
  for (const lang::DataField &one : data.fields) {
    if (one.name == field.name)
      break;
    leftToRight += size_t(one.columns());
  }
  const std::string column = columns ? columns->front() : std::to_string(leftToRight);
  const std::string *encoding = argumentOf<std::string>(split, "encoding");
  std::set<std::string, std::less<>> categories;
  for (const lang::ReaderArgument &argument : split.arguments) {
    if (!argument.name.empty())
      continue;
    std::string path;
    std::optional<std::string> content =
        readFile(data, std::get<std::string>(argument.value), path, error);
    if (content)
      content =
          text::toText(*content, *text::parseEncoding(encoding ? *encoding : "utf-8"), path, error);
    if (!content)
      return std::nullopt;
    text::CsvRows rows(content->data(), content->size(), formatOf(split));
    std::optional<size_t> place, filter;
    bool first = true;
    while (rows.next()) {
      const std::vector<std::string_view> &cells = rows.cells();
      if (first) {
        place = placeOf(cells, column, !named);
        if (split.filter)
          filter = placeOf(cells, split.filter->column, split.filterByNumber);
        if (!place || (split.filter && !filter)) {
          error = path + ": the table has no column " + (place ? split.filter->column : column);
          return std::nullopt;
        }
        first = false;
        if (header)
          continue;
      }
      if (cells.size() <= std::max(*place, filter.value_or(0)))
        continue; // the runtime reports the line
      if (filter &&
          std::ranges::find(split.filter->values, cells[*filter]) == split.filter->values.end())
        continue;
      if (!policies.isMissing(cells[*place], split))
        categories.emplace(cells[*place]);
    }
    if (!rows.problem().empty()) {
      error = path + ":" + std::to_string(rows.problemLine()) + ": " + rows.problem();
      return std::nullopt;
    }
  }
  int64_t count = int64_t(categories.size());
  for (const lang::FieldTransform *policy : {policies.missing, policies.unknown})
    count += policy && policy->as == "category";
  if (count == 0)
    error = "its column is empty";
  return count ? std::optional(count) : std::nullopt;
}

} // namespace nnc
