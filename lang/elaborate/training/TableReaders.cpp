// The settings and columns of tables: of `csv`, and of tables that name images.
#include "lang/elaborate/training/SplitReader.h"

#include "lang/elaborate/training/TableSettings.h"
#include "lang/support/Names.h"

#include <algorithm>
#include <string>
#include <vector>

namespace nnc::lang {

bool SplitReader::readCsvSetting(const CallArgument &argument) {
  const std::string &name = argument.name.text;
  if (name == "window" || name == "horizon" || name == "split")
    return readSeriesSetting(name, *argument.value);
  if (contains(tableSettings, name))
    return readTableSetting(argument, split, diagnostics, evaluator);
  if (name == "columns")
    return readColumns(*argument.value);
  if (name == "header") {
    auto *given = as<BoolLiteral>(argument.value);
    if (!given) {
      diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                         "`header` is true or false");
      return false;
    }
    split.arguments.push_back({name, given->value});
    header = given->value;
    return headerGiven = true;
  }
  if (name == "separator") {
    auto *separator = as<StringLiteral>(argument.value);
    if (!separator || separator->value.size() != 1) {
      diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                         "`separator` is one character in quotes");
      return false;
    }
    split.arguments.push_back({name, separator->value});
    return true;
  }
  return readFieldColumns(name, *argument.value);
}

bool SplitReader::readFieldColumns(const std::string &name, const Expression &value) {
  std::vector<std::string> columns;
  if (!readColumnList(value, columns, byName, byNumber, diagnostics, evaluator))
    return false;
  columnRanges[name] = value.range;
  split.arguments.push_back({name, columns});
  selected.insert(name);
  return true;
}

bool SplitReader::readColumns(const Expression &value) {
  auto *record = as<RecordExpression>(&value);
  if (!record) {
    diagnostics.report(Diag::ReaderArgument, value.range, split.reader,
                       "`columns` has the columns of fields: `columns = (age = 0, work = 1)`");
    return false;
  }
  std::vector<std::string> names;
  for (const DataField &field : info.fields)
    names.push_back(field.name);
  for (const CallArgument &member : record->fields) {
    const std::string &name = member.name.text;
    if (std::ranges::find(names, name) == names.end()) {
      diagnostics.report(Diag::UnknownArgument, member.name.range, "columns", "field", name)
          .suggest(NameKind::Argument, name, names);
      return false;
    }
    if (selected.count(name)) {
      diagnostics.report(Diag::ReaderArgument, member.name.range, split.reader,
                         fmt::format("the columns of `{}` are given twice", name));
      return false;
    }
    if (!readFieldColumns(name, *member.value))
      return false;
  }
  return true;
}

int64_t SplitReader::columnsOf(const DataField &field) const {
  if (split.reader == "images" && isImage(field))
    return 1; // the name of its file
  int64_t count = field.columns();
  bool isWindow = field.name == info.fields[0].name;
  if (window == 0 || (!isWindow && horizon < 2))
    return count;
  return count / std::max<int64_t>(1, isWindow ? window : horizon);
}

bool SplitReader::checkColumnCounts() {
  for (const ReaderArgument &argument : split.arguments) {
    auto range = columnRanges.find(argument.name);
    if (range == columnRanges.end())
      continue;
    int64_t given = int64_t(std::get<std::vector<std::string>>(argument.value).size());
    const DataField &field = *std::find_if(info.fields.begin(), info.fields.end(),
                                           [&](auto &one) { return one.name == argument.name; });
    if (given == columnsOf(field) || (isBucket && field.padded))
      continue;
    diagnostics.report(Diag::ColumnCount, range->second, field.name, columnsOf(field), given)
        .label(field.range, "declared here");
    return false;
  }
  return true;
}

bool SplitReader::checkWindows(const CallExpression &call) {
  std::string problem;
  auto begins = [](const DataField &field, int64_t size) {
    return !field.type.shape.empty() && field.type.shape[0] == size;
  };
  size_t files = size_t(std::ranges::count_if(
      split.arguments, [](const ReaderArgument &one) { return one.name.empty(); }));
  bool isCut = std::ranges::any_of(split.arguments, [](const ReaderArgument &one) {
    return one.name == "drop_last" || one.name == "only_last";
  });
  if (window == 0 && (horizon || isSplit))
    problem = fmt::format("`{}` needs `window`", horizon ? "horizon" : "split");
  else if (window && (isCut || files != 1))
    problem = "with `window` there is one file, and `split` in place of `drop_last` and "
              "`only_last`";
  else if (window && !begins(info.fields[0], window))
    problem = fmt::format("the first field is the window: its first dimension is {}", window);
  for (size_t i = 1; window && problem.empty() && i < info.fields.size(); ++i)
    if (horizon == 0)
      problem = fmt::format("`{}` follows the window: `horizon` is missing", info.fields[i].name);
    else if (horizon > 1 && !begins(info.fields[i], horizon))
      problem = fmt::format("`{}` follows the window: its first dimension is {}",
                            info.fields[i].name, horizon);
  if (problem.empty())
    return true;
  diagnostics.report(Diag::ReaderArgument, call.range, split.reader, problem);
  return false;
}

void SplitReader::inherit() {
  auto train = std::ranges::find(info.splits, "train", &DataSplit::name);
  if (split.name == "train" || train == info.splits.end() || train->reader != split.reader)
    return;
  const bool trainHeader = std::ranges::any_of(train->arguments, [](const auto &argument) {
    return argument.name == "header" && std::get<bool>(argument.value);
  });
  bool trainSelects = false;
  for (const ReaderArgument &argument : train->arguments)
    trainSelects |= std::holds_alternative<std::vector<std::string>>(argument.value);
  const bool isNamed = trainHeader || (trainSelects && !train->columnsByNumber);
  if (selected.empty() && trainSelects && (train->columnsByNumber || header || !headerGiven)) {
    (train->columnsByNumber ? byNumber : byName) = true;
    for (const ReaderArgument &argument : train->arguments)
      if (std::holds_alternative<std::vector<std::string>>(argument.value)) {
        split.arguments.push_back(argument);
        selected.insert(argument.name);
      }
  }
  // A header of its own may differ: whether there is one is guessed as before.
  if (!headerGiven && isNamed)
    header = true;
  inheritSettings(split, *train);
}

bool SplitReader::resolveFilter(const CallExpression &call) {
  if (!split.filter)
    return true;
  std::string &column = split.filter->column;
  split.filterByNumber = false;
  for (const ReaderArgument &argument : split.arguments)
    if (auto *columns = std::get_if<std::vector<std::string>>(&argument.value);
        columns && argument.name == column) {
      split.filterByNumber = split.columnsByNumber;
      column = columns->front();
      return true;
    }
  if (header || byName)
    return true;
  int64_t place = 0;
  for (const DataField &field : info.fields) {
    if (selected.empty() && field.name == column) {
      split.filterByNumber = true;
      column = std::to_string(place);
      return true;
    }
    place += columnsOf(field);
  }
  diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                     fmt::format("the column `{}` of `rows` is found in a header: say header = "
                                 "true, or name a field",
                                 column));
  return false;
}

bool SplitReader::checkColumns(const CallExpression &call) {
  inherit();
  return checkWindows(call) && checkColumnCounts() && completeColumns(call) && resolveFilter(call);
}

bool SplitReader::completeColumns(const CallExpression &call) {
  if (byName && byNumber) {
    diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                       "columns are given by name or by number, not by both");
    return false;
  }
  split.columnsByNumber = byNumber;
  if (selected.empty() && !header)
    return true;
  // A field that is not mentioned is the column of its name.
  for (const DataField &field : info.fields) {
    if (selected.count(field.name))
      continue;
    if (byNumber || columnsOf(field) != 1) {
      diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                         fmt::format("the columns of `{}` are missing", field.name));
      return false;
    }
    split.arguments.push_back({field.name, std::vector<std::string>{field.name}});
  }
  return true;
}

bool SplitReader::readSeriesSetting(const std::string &name, const Expression &value) {
  Entity given = evaluator.evaluate(value);
  if (given.poisoned())
    return false;
  auto *count = given.get<IntegerConstant>();
  if (name == "split" && split.name == "train" && given.isNumber() && given.number() > 0 &&
      given.number() < 1) {
    split.arguments.push_back({"part_end", given.number()});
    return isSplit = true;
  }
  if (name != "split" && count && count->value >= 1 && count->value <= maximumElements) {
    split.arguments.push_back({name, double(count->value)});
    (name == "window" ? window : horizon) = count->value;
    return true;
  }
  diagnostics.report(Diag::ReaderArgument, value.range, split.reader,
                     name == "split" ? "`split`, in `train`, is the part of the rows that is "
                                       "trained on, as 90%"
                                     : fmt::format("`{}` is a number of rows", name));
  return false;
}

} // namespace nnc::lang
