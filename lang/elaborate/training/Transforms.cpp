// Implements transforms: which of them a field of a type may have, in which order, and their
// settings.
#include "lang/elaborate/training/Transforms.h"

#include "lang/Vocabularies.h"
#include "lang/support/Names.h"
#include "lang/syntax/ASTPrinter.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

namespace {

constexpr std::string_view kinds[] = {"missing", "is_missing", "unknown",     "date",
                                      "log",     "log1p",      "standardize", "min_max"};
constexpr std::string_view dateParts[] = {"days", "year",   "month",   "day",
                                          "hour", "minute", "weekday", "yearday"};
constexpr std::string_view numberFills[] = {"drop", "mean", "median", "most_frequent", "previous"};
constexpr std::string_view classFills[] = {"drop", "most_frequent", "previous"};
constexpr std::string_view categoryFills[] = {"drop", "most_frequent", "previous", "category"};
constexpr std::string_view oneHotFills[] = {"drop", "most_frequent", "previous", "category",
                                            "zeros"};
constexpr std::string_view categoryUnknowns[] = {"category", "most_frequent"};
constexpr std::string_view oneHotUnknowns[] = {"category", "most_frequent", "zeros"};

class TransformReader {
public:
  TransformReader(DataField &field, Environment &environment, Evaluator &evaluator)
      : field(field), environment(environment), evaluator(evaluator) {}

  bool read(const Expression &expression) {
    if (auto *pipe = as<PipeExpression>(&expression))
      return read(*pipe->value) && readStage(*pipe->stage);
    return readStage(expression);
  }

private:
  bool wrong(SourceRange range, const std::string &problem) {
    environment.report(Diag::FieldTransform, range, field.name, problem)
        .label(field.range, "declared here");
    return false;
  }

  bool isNumber() const { return field.type.element == Element::Float && !field.oneHot; }
  bool isCategory() const { return field.categories || field.type.classes > 0; }

  bool readStage(const Expression &expression) {
    if (as<ErrorExpression>(&expression))
      return false;
    auto *call = as<CallExpression>(&expression);
    auto *callee = as<NameExpression>(call ? call->callee.get() : &expression);
    if (!callee || (call && call->block))
      return wrong(expression.range,
                   fmt::format("`{}` is not a step of a transform", toSource(expression)));
    FieldTransform transform{callee->name};
    if (!contains(kinds, callee->name)) {
      DiagnosticBuilder builder =
          environment.report(Diag::FieldTransform, callee->range, field.name,
                             fmt::format("`{}` is not a step of a transform", callee->name));
      if (!builder.suggest(NameKind::Name, callee->name, kinds))
        builder.note(fmt::format("the steps are {}", fmt::join(kinds, ", ")));
      return false;
    }
    if (!checkPlace(transform.kind, callee->range))
      return false;
    if (call)
      for (size_t place = 0; place < call->arguments.size(); ++place)
        if (!readSetting(call->arguments[place], place, transform))
          return false;
    if (!checkSettings(transform, expression.range))
      return false;
    field.transforms.push_back(std::move(transform));
    return true;
  }

  /// Whether a step of this kind may follow those before it.
  bool checkPlace(const std::string &kind, SourceRange range) {
    const bool ofCategories = kind == "unknown";
    if (kind != "missing" && (ofCategories ? !field.categories : !isNumber()))
      return wrong(range, fmt::format("`{}` is for fields of {}", kind,
                                      ofCategories ? "`category` and `one_hot`" : "`float`"));
    if (kind == "missing" && !isNumber() && !isCategory())
      return wrong(range, "`missing` is for fields of `float`, classes and categories");
    auto has = [&](std::string_view other) {
      return std::ranges::any_of(field.transforms,
                                 [&](const FieldTransform &one) { return one.kind == other; });
    };
    if (has(kind))
      return wrong(range, fmt::format("`{}` stands twice", kind));
    if (has("is_missing"))
      return wrong(range, fmt::format("`{}` follows `is_missing`, which is 0 or 1", kind));
    if ((kind == "date" || kind == "is_missing") && !field.transforms.empty())
      return wrong(range,
                   fmt::format("`{}` is the first step: it takes the text of the cell", kind));
    return true;
  }

  std::optional<std::string> text(const Expression &expression) {
    Entity value = evaluator.evaluate(expression);
    if (auto *given = value.get<std::string>())
      return *given;
    if (!value.poisoned())
      wrong(expression.range, "a text in quotes is needed");
    return std::nullopt;
  }

  bool readSetting(const CallArgument &argument, size_t place, FieldTransform &transform) {
    const std::string &kind = transform.kind;
    const Expression &value = *argument.value;
    std::string setting = argument.name.text;
    const bool takesMarks = kind == "missing" || kind == "is_missing";
    if (setting.empty() && takesMarks) {
      std::optional<std::string> mark = text(value);
      if (mark)
        transform.marks.push_back(*mark);
      return mark.has_value();
    }
    if (setting.empty() && kind == "date" && place == 0)
      setting = "format";
    if (setting.empty() && kind == "min_max" && place < 2)
      setting = place == 0 ? "low" : "high";
    if (setting == "format" && kind == "date") {
      std::optional<std::string> format = text(value);
      if (format)
        transform.format = *format;
      return format && checkFormat(*format, value.range);
    }
    if (setting == "part" && kind == "date")
      return readWord(value, dateParts, "part", transform.as);
    if ((setting == "low" || setting == "high") && kind == "min_max") {
      Entity given = evaluator.evaluate(value);
      if (given.isNumber())
        (setting == "low" ? transform.low : transform.high) = given.number();
      else if (!given.poisoned())
        wrong(value.range, fmt::format("`{}` is a number", setting));
      return given.isNumber();
    }
    if (setting == "as" && kind == "missing")
      return readFill(value, transform);
    if (setting == "as" && kind == "unknown")
      return field.oneHot ? readWord(value, oneHotUnknowns, "as", transform.as)
                          : readWord(value, categoryUnknowns, "as", transform.as);
    std::vector<std::string_view> settings;
    if (kind == "missing" || kind == "unknown")
      settings = {"as"};
    else if (kind == "date")
      settings = {"format", "part"};
    else if (kind == "min_max")
      settings = {"low", "high"};
    if (argument.named()) {
      environment.report(Diag::UnknownArgument, argument.name.range, kind, "setting", setting)
          .suggest(NameKind::Argument, setting, settings);
      return false;
    }
    return wrong(value.range, settings.empty()
                                  ? fmt::format("`{}` has no settings", kind)
                                  : fmt::format("`{}` takes {}", kind, fmt::join(settings, ", ")));
  }

  bool readWord(const Expression &value, std::span<const std::string_view> words,
                const char *setting, std::string &result) {
    auto *word = as<NameExpression>(&value);
    if (word && contains(words, word->name)) {
      result = word->name;
      return true;
    }
    if (!as<ErrorExpression>(&value))
      wrong(value.range, fmt::format("`{}` is one of {}", setting, fmt::join(words, ", ")));
    return false;
  }

  bool readFill(const Expression &value, FieldTransform &transform) {
    if (isNumber() && !as<NameExpression>(&value)) {
      Entity given = evaluator.evaluate(value);
      if (given.isNumber()) {
        transform.as = "value";
        transform.low = given.number();
        return true;
      }
    }
    return field.oneHot         ? readWord(value, oneHotFills, "as", transform.as)
           : field.categories   ? readWord(value, categoryFills, "as", transform.as)
           : field.type.classes ? readWord(value, classFills, "as", transform.as)
                                : readWord(value, numberFills, "as", transform.as);
  }

  bool checkFormat(const std::string &format, SourceRange range) {
    bool any = false;
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%')
        continue;
      any = true;
      if (i + 1 == format.size() ||
          std::string_view("YmdHMS%").find(format[++i]) == std::string::npos)
        return wrong(range, "a format of dates has %Y, %m, %d, %H, %M and %S");
    }
    return any || wrong(range, "a format of dates has %Y, %m, %d, %H, %M and %S");
  }

  bool checkSettings(FieldTransform &transform, SourceRange range) {
    if (transform.kind == "missing" && transform.as.empty())
      return wrong(range, fmt::format("`missing` needs `as`, what to do about missing values: {}",
                                      field.oneHot         ? fmt::join(oneHotFills, ", ")
                                      : field.categories   ? fmt::join(categoryFills, ", ")
                                      : field.type.classes ? fmt::join(classFills, ", ")
                                                           : fmt::join(numberFills, ", ")));
    if (transform.kind == "unknown" && transform.as.empty())
      return wrong(range, "`unknown` needs `as`, what to do about categories that the training "
                          "rows do not have: category, most_frequent, or zeros for `one_hot`");
    if (transform.kind == "min_max" && !(transform.low < transform.high))
      return wrong(range, "`min_max` needs a range whose end is above its beginning");
    if (transform.kind == "date" && transform.as.empty())
      transform.as = "days";
    return true;
  }

  DataField &field;
  Environment &environment;
  Evaluator &evaluator;
};

} // namespace

bool readTransforms(const Field &declaration, DataField &field, Environment &environment,
                    Evaluator &evaluator) {
  if (!declaration.transform)
    return true;
  if (field.padded) {
    environment.report(Diag::FieldTransform, declaration.transform->range, field.name,
                       "a padded field has none");
    return false;
  }
  return TransformReader(field, environment, evaluator).read(*declaration.transform);
}

bool checkTransforms(const DataInfo &info, const DataDeclaration &declaration,
                     Environment &environment) {
  auto rangeOf = [&](const DataField &field) {
    for (const Field &one : declaration.fields)
      if (one.name.text == field.name)
        return one.transform ? one.transform->range : one.type->range;
    return field.range;
  };
  for (const DataField &field : info.fields) {
    if (!field.categories && field.transforms.empty())
      continue;
    const bool drops = std::ranges::any_of(
        field.transforms, [](const FieldTransform &one) { return one.as == "drop"; });
    for (const DataSplit &split : info.splits) {
      const bool isSeries = std::ranges::any_of(
          split.arguments, [](const ReaderArgument &one) { return one.name == "window"; });
      std::string problem;
      if (split.reader != "csv" && (split.reader != "images" || field.categories))
        problem = fmt::format("`{}` reads no tables, only `csv` does", split.reader);
      else if (isSeries && field.categories)
        problem = "with `window` a field has numbers: a category is none";
      else if (isSeries && drops)
        problem = "the rows of a window follow each other, so that none is dropped: fill it, for "
                  "instance by `as = previous`";
      if (problem.empty())
        continue;
      environment.report(Diag::FieldTransform, rangeOf(field), field.name, problem)
          .label(split.range, "read here");
      return false;
    }
  }
  return true;
}

bool countCategories(DataInfo &info, Environment &environment) {
  if (std::ranges::none_of(info.fields, &DataField::categories))
    return true;
  std::vector<CategoryCount> counts;
  if (environment.vocabularies.reader)
    counts = environment.vocabularies.reader->categoryCounts(info);
  size_t index = 0;
  for (DataField &field : info.fields) {
    if (!field.categories)
      continue;
    const CategoryCount found =
        index < counts.size() ? counts[index++] : CategoryCount{0, "this compiler reads no data"};
    if (found.count == 0) {
      environment.report(Diag::NoCategories, field.range, field.name, found.error)
          .note("the table is read when compiling: `--data NAME=FOLDER` says where it is");
      return false;
    }
    if (field.oneHot)
      field.type.shape = {found.count};
    else
      field.type.classes = found.count;
  }
  return true;
}

} // namespace nnc::lang
