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

} // namespace

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
  constexpr std::string_view encodings[] = {"utf-8", "windows-1252", "latin-1"};
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
