// Implements the settings of tables.
#include "lang/elaborate/training/TableSettings.h"

#include "lang/support/Names.h"

#include <algorithm>
#include <string>
#include <vector>

namespace nnc::lang {

namespace {

class TableSetting {
public:
  TableSetting(const std::string &name, Diagnostics &diagnostics, Evaluator &evaluator)
      : name(name), diagnostics(diagnostics), evaluator(evaluator) {}

  bool wrong(SourceRange range, const std::string &problem) {
    diagnostics.report(Diag::ReaderArgument, range, "csv", problem);
    return false;
  }

  /// A text, or a list of texts. Numbers are taken as they are written.
  bool readTexts(const Expression &expression, std::vector<std::string> &texts) {
    if (auto *list = as<ListExpression>(&expression))
      return std::ranges::all_of(
          list->elements, [&](const ExpressionPtr &element) { return readTexts(*element, texts); });
    Entity value = evaluator.evaluate(expression);
    if (auto *text = value.get<std::string>())
      texts.push_back(*text);
    else if (auto *number = value.get<IntegerConstant>())
      texts.push_back(std::to_string(number->value));
    else
      return !value.poisoned() &&
             wrong(expression.range, fmt::format("`{}` has texts in quotes", name));
    return true;
  }

private:
  const std::string &name;
  Diagnostics &diagnostics;
  Evaluator &evaluator;
};

/// Reads `columns("a", "b")`, `columns(0..4)`, `"a"` or `3` into a list of names or numbers.
class ColumnReader {
public:
  ColumnReader(Diagnostics &diagnostics, Evaluator &evaluator, bool &byName, bool &byNumber)
      : diagnostics(diagnostics), evaluator(evaluator), byName(byName), byNumber(byNumber) {}

  bool read(const Expression &expression, std::vector<std::string> &columns) {
    if (auto *text = as<StringLiteral>(&expression)) {
      columns.push_back(text->value);
      return byName = true;
    }
    if (auto *number = as<IntegerLiteral>(&expression)) {
      columns.push_back(std::to_string(number->value));
      return byNumber = true;
    }
    if (as<NameExpression>(&expression)) { // an entry of the config
      Entity value = evaluator.evaluate(expression);
      if (auto *text = value.get<std::string>()) {
        columns.push_back(*text);
        return byName = true;
      }
      if (auto *number = value.get<IntegerConstant>(); number && number->value >= 0) {
        columns.push_back(std::to_string(number->value));
        return byNumber = true;
      }
      if (value.poisoned())
        return false;
    }
    if (auto *range = as<RangeExpression>(&expression)) {
      auto *begin = as<IntegerLiteral>(range->begin), *end = as<IntegerLiteral>(range->end);
      if (begin && end && begin->value < end->value && end->value - begin->value < 1'000'000) {
        for (int64_t column = begin->value; column < end->value; ++column)
          columns.push_back(std::to_string(column));
        return byNumber = true;
      }
    }
    auto *call = as<CallExpression>(&expression);
    auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
    if (callee && callee->name == "columns" && !call->arguments.empty()) {
      for (const CallArgument &argument : call->arguments)
        if (argument.named() || !read(*argument.value, columns))
          return false;
      return true;
    }
    diagnostics.report(Diag::ReaderArgument, expression.range, "csv",
                       "columns are given as \"name\", a number, or columns(...) of these");
    return false;
  }

private:
  Diagnostics &diagnostics;
  Evaluator &evaluator;
  bool &byName, &byNumber;
};

} // namespace

bool readColumnList(const Expression &expression, std::vector<std::string> &columns, bool &byName,
                    bool &byNumber, Diagnostics &diagnostics, Evaluator &evaluator) {
  return ColumnReader(diagnostics, evaluator, byName, byNumber).read(expression, columns);
}

bool readTableSetting(const CallArgument &argument, DataSplit &split, Diagnostics &diagnostics,
                      Evaluator &evaluator) {
  const std::string &name = argument.name.text;
  const Expression &value = *argument.value;
  TableSetting setting(name, diagnostics, evaluator);
  if (name == "rows") {
    auto *record = as<RecordExpression>(&value);
    if (!record || record->fields.size() != 1)
      return setting.wrong(value.range,
                           "`rows` is a column and what it holds: `rows = (part = \"train\")`");
    split.filter = RowFilter{record->fields[0].name.text, {}};
    return setting.readTexts(*record->fields[0].value, split.filter->values);
  }
  std::vector<std::string> texts;
  if (!setting.readTexts(value, texts))
    return false;
  if (name == "missing") {
    split.missing = texts;
    return true;
  }
  if (texts.size() != 1 || texts[0].empty())
    return setting.wrong(value.range, fmt::format("`{}` is a text in quotes", name));
  if (name == "decimal" && texts[0] != "," && texts[0] != ".")
    return setting.wrong(value.range, "`decimal` is \",\" or \".\"");
  if (name == "encoding" && !contains(encodings, texts[0]))
    return setting.wrong(value.range,
                         fmt::format("the encodings are {}", fmt::join(encodings, ", ")));
  split.arguments.push_back({name, texts[0]});
  return true;
}

void inheritSettings(DataSplit &split, const DataSplit &train) {
  for (const ReaderArgument &argument : train.arguments) {
    const bool isSetting = contains(tableSettings, argument.name) || argument.name == "header" ||
                           argument.name == "separator";
    const bool has = std::ranges::any_of(
        split.arguments, [&](const ReaderArgument &own) { return own.name == argument.name; });
    if (isSetting && !has && !std::holds_alternative<std::vector<std::string>>(argument.value))
      split.arguments.push_back(argument);
  }
  if (split.missing.empty())
    split.missing = train.missing;
}

} // namespace nnc::lang
