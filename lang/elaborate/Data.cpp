// Data blocks: the fields of one example and the files that examples come from.
#include "lang/elaborate/Elaborator.h"

#include <algorithm>

namespace nnc::lang {

namespace {

constexpr std::string_view readers[] = {"idx", "csv", "npy", "cifar"};
constexpr std::string_view plannedReaders[] = {"text", "ts", "images", "lines", "pairs"};
constexpr std::string_view entryNames[] = {"train", "test", "validation", "class_names", "augment"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

int64_t elementsOf(const Type &type) {
  int64_t count = 1;
  for (int64_t size : type.shape)
    count *= size;
  return count;
}

/// Reads `columns("a", "b")`, `columns(0..4)`, `"a"` or `3` into a list of names or numbers.
class ColumnReader {
public:
  ColumnReader(Diagnostics &diagnostics, bool &byName, bool &byNumber)
      : diagnostics(diagnostics), byName(byName), byNumber(byNumber) {}

  bool read(const Expression &expression, std::vector<std::string> &columns) {
    if (auto *text = as<StringLiteral>(&expression)) {
      columns.push_back(text->value);
      return byName = true;
    }
    if (auto *number = as<IntegerLiteral>(&expression)) {
      columns.push_back(std::to_string(number->value));
      return byNumber = true;
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
  bool &byName, &byNumber;
};

class SplitReader {
public:
  SplitReader(const DataInfo &info, Diagnostics &diagnostics)
      : info(info), diagnostics(diagnostics) {}

  std::optional<DataSplit> read(const Entry &entry) {
    auto *call = as<CallExpression>(entry.value);
    auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
    if (!callee) {
      if (!as<ErrorExpression>(entry.value))
        diagnostics.report(Diag::ReaderNeeded, entry.value->range, entry.name.text);
      return std::nullopt;
    }
    if (contains(plannedReaders, callee->name)) {
      diagnostics.report(Diag::NotSupported, callee->range,
                         fmt::format("the reader `{}`", callee->name));
      return std::nullopt;
    }
    if (!contains(readers, callee->name)) {
      DiagnosticBuilder builder =
          diagnostics.report(Diag::UnknownReader, callee->range, callee->name);
      std::string_view nearest =
          nearestName(callee->name, std::span<const std::string_view>(readers));
      if (!nearest.empty())
        builder.help(fmt::format("did you mean `{}`?", nearest));
      else
        builder.note(fmt::format("the readers are {}", fmt::join(readers, ", ")));
      return std::nullopt;
    }
    split.name = entry.name.text;
    split.reader = callee->name;
    split.range = entry.name.range;
    size_t files = 0;
    bool good = true;
    for (const CallArgument &argument : call->arguments)
      good &= argument.named() ? readNamed(argument) : readFile(argument, files);
    if (!good)
      return std::nullopt;
    bool anyNumber = split.reader == "csv" || split.reader == "cifar";
    if (anyNumber ? files == 0 : files != info.fields.size()) {
      diagnostics.report(Diag::ReaderArgument, call->range, split.reader,
                         anyNumber
                             ? std::string("at least one file is needed")
                             : fmt::format("one file for each of the {} fields is needed, {} given",
                                           info.fields.size(), files));
      return std::nullopt;
    }
    if (split.reader == "cifar" && !checkImages(*call))
      return std::nullopt;
    if (split.reader == "csv" && !checkColumns(*call))
      return std::nullopt;
    return split;
  }

private:
  bool readFile(const CallArgument &argument, size_t &files) {
    auto *text = as<StringLiteral>(argument.value);
    if (!text || text->value.empty()) {
      if (!as<ErrorExpression>(argument.value))
        diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                           "a file is given by its name in quotes");
      return false;
    }
    split.arguments.push_back({"", text->value});
    ++files;
    return true;
  }

  bool readNamed(const CallArgument &argument) {
    const std::string &name = argument.name.text;
    std::vector<std::string> known = {"drop_last", "only_last"};
    if (split.reader == "csv") {
      known.insert(known.end(), {"header", "separator"});
      for (const DataField &field : info.fields)
        known.push_back(field.name);
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      DiagnosticBuilder builder = diagnostics.report(Diag::UnknownArgument, argument.name.range,
                                                     split.reader, "setting", name);
      std::string_view nearest = nearestName(name, std::span<const std::string>(known));
      if (!nearest.empty())
        builder.help(fmt::format("did you mean `{}`?", nearest));
      return false;
    }
    if (name == "drop_last" || name == "only_last") {
      auto *count = as<IntegerLiteral>(argument.value);
      bool both = std::any_of(split.arguments.begin(), split.arguments.end(), [](auto &other) {
        return other.name == "drop_last" || other.name == "only_last";
      });
      if (!count || count->value < 1 || count->value > maximumElements || both) {
        diagnostics.report(
            Diag::ReaderArgument, argument.value->range, split.reader,
            both ? std::string("`drop_last` and `only_last` exclude each other")
                 : fmt::format("`{}` is a number of examples from 1 to {}", name, maximumElements));
        return false;
      }
      split.arguments.push_back({name, double(count->value)});
      return true;
    }
    if (name == "header") {
      auto *given = as<BoolLiteral>(argument.value);
      if (!given) {
        diagnostics.report(Diag::ReaderArgument, argument.value->range, "csv",
                           "`header` is true or false");
        return false;
      }
      split.arguments.push_back({name, given->value});
      header = given->value;
      return true;
    }
    if (name == "separator") {
      auto *separator = as<StringLiteral>(argument.value);
      if (!separator || separator->value.size() != 1) {
        diagnostics.report(Diag::ReaderArgument, argument.value->range, "csv",
                           "`separator` is one character in quotes");
        return false;
      }
      split.arguments.push_back({name, separator->value});
      return true;
    }
    std::vector<std::string> columns;
    if (!ColumnReader(diagnostics, byName, byNumber).read(*argument.value, columns))
      return false;
    const DataField &field = *std::find_if(info.fields.begin(), info.fields.end(),
                                           [&](auto &one) { return one.name == name; });
    if (int64_t(columns.size()) != elementsOf(field.type)) {
      diagnostics
          .report(Diag::ColumnCount, argument.value->range, name, elementsOf(field.type),
                  int64_t(columns.size()))
          .label(field.range, "declared here");
      return false;
    }
    split.arguments.push_back({name, columns});
    selected.insert(name);
    return true;
  }

  bool checkImages(const CallExpression &call) {
    const Type image{Element::Float, {32, 32, 3}, 0}, label{Element::Int, {}, 10};
    auto has = [&](const Type &type) {
      return std::any_of(info.fields.begin(), info.fields.end(),
                         [&](const DataField &field) { return field.type == type; });
    };
    if (info.fields.size() == 2 && has(image) && has(label))
      return true;
    diagnostics.report(Diag::ReaderArgument, call.range, "cifar",
                       "the fields are an image, float[32, 32, 3], and a label, class[10]");
    return false;
  }

  bool checkColumns(const CallExpression &call) {
    if (byName && byNumber) {
      diagnostics.report(Diag::ReaderArgument, call.range, "csv",
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
      if (byNumber || elementsOf(field.type) != 1) {
        diagnostics.report(Diag::ReaderArgument, call.range, "csv",
                           fmt::format("the columns of `{}` are missing", field.name));
        return false;
      }
      split.arguments.push_back({field.name, std::vector<std::string>{field.name}});
    }
    return true;
  }

  const DataInfo &info;
  Diagnostics &diagnostics;
  DataSplit split;
  std::set<std::string> selected;
  bool byName = false, byNumber = false, header = false;
};

bool readClassNames(const Entry &entry, DataInfo &info, Diagnostics &diagnostics) {
  auto *call = as<CallExpression>(entry.value);
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  std::vector<std::string> names;
  bool good = callee && callee->name == "names";
  for (size_t index = 0; good && index < call->arguments.size(); ++index) {
    auto *text = as<StringLiteral>(call->arguments[index].value);
    good = text && !call->arguments[index].named();
    if (good)
      names.push_back(text->value);
  }
  std::vector<DataField *> fields;
  for (DataField &field : info.fields)
    if (field.type.classes)
      fields.push_back(&field);
  if (!good || fields.size() != 1) {
    diagnostics.report(Diag::ClassNames, entry.value->range,
                       good ? "there must be one field of a class type"
                            : "they are given as names(\"first\", \"second\", ...)");
    return false;
  }
  if (int64_t(names.size()) != fields[0]->type.classes) {
    diagnostics
        .report(Diag::ClassNames, entry.value->range,
                fmt::format("`{}` has {} classes, {} names are given", fields[0]->name,
                            fields[0]->type.classes, names.size()))
        .label(fields[0]->range, "declared here");
    return false;
  }
  std::set<std::string> known;
  for (size_t index = 0; index < names.size(); ++index)
    if (!known.insert(names[index]).second) {
      diagnostics.report(Diag::ClassNames, call->arguments[index].value->range,
                         fmt::format("\"{}\" names two classes", names[index]));
      return false;
    }
  fields[0]->classNames = names;
  return true;
}

} // namespace

std::optional<DataInfo> Elaborator::elaborateData(const DataDeclaration &declaration) {
  DataInfo info;
  info.name = declaration.name.text;
  bool good = true;
  EnterFrame enter(*this);
  for (const Field &field : declaration.fields) {
    Shape shape;
    std::optional<Type> type =
        evaluateType(field.type, shape, fmt::format("`{}`", field.name.text));
    good &= type.has_value();
    info.fields.push_back({field.name.text, type.value_or(Type{}), field.name.range, {}});
  }
  for (const Entry &entry : declaration.entries) {
    if (entry.name.text.empty())
      continue;
    if (!contains(entryNames, entry.name.text)) {
      DiagnosticBuilder builder =
          diagnostics.report(Diag::UnknownEntry, entry.name.range, entry.name.text);
      std::string_view nearest =
          nearestName(entry.name.text, std::span<const std::string_view>(entryNames));
      if (!nearest.empty())
        builder.help(fmt::format("did you mean `{}`?", nearest));
      else
        builder.note(fmt::format("a data block has fields, `name: type`, and {}",
                                 fmt::join(entryNames, ", ")));
      good = false;
    } else if (entry.name.text == "augment") {
      unsupported("`augment`", entry.name.range);
      good = false;
    } else if (entry.name.text == "class_names") {
      good = good && readClassNames(entry, info, diagnostics);
    } else if (std::optional<DataSplit> split =
                   good ? SplitReader(info, diagnostics).read(entry) : std::nullopt) {
      info.splits.push_back(std::move(*split));
    } else {
      good = false;
    }
  }
  if (good && std::none_of(info.splits.begin(), info.splits.end(),
                           [](auto &split) { return split.name == "train"; })) {
    diagnostics.report(Diag::NoTrainSplit, declaration.name.range, declaration.name.text);
    good = false;
  }
  return good ? std::optional(std::move(info)) : std::nullopt;
}

} // namespace nnc::lang
