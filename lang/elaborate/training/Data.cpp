// Implements data blocks: fields, splits, and the names of classes.
#include "lang/elaborate/training/Data.h"

#include "lang/elaborate/training/Augmentation.h"
#include "lang/elaborate/training/Readers.h"
#include "lang/elaborate/training/TextReaders.h"
#include "lang/elaborate/training/Transforms.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

namespace {

constexpr std::string_view entryNames[] = {"train", "test", "validation", "class_names", "augment"};

/// The number that a cell of a file with this text is; nothing when it is not one.
std::optional<double> numberOf(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-"))
    text.remove_prefix(1);
  double value = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool good = error == std::errc() && rest == text.data() + text.size() && std::isfinite(value);
  return good ? std::optional(value) : std::nullopt;
}

/// Whether each name stands for one class, and a cell of a file can have it.
bool checkDistinct(const std::vector<std::string> &names,
                   const std::vector<CallArgument> &arguments, Diagnostics &diagnostics) {
  // As in the files: where all names are numbers, 1.0 is the same name as 1.
  bool numbers = std::all_of(names.begin(), names.end(), numberOf);
  std::map<std::string, size_t> byName;
  std::map<double, size_t> byNumber;
  for (size_t index = 0; index < names.size(); ++index) {
    const std::string &name = names[index];
    SourceRange range = arguments[index].value->range;
    if (name.empty() || name.find_first_of(" \t") == 0 ||
        name.find_last_of(" \t") + 1 == name.size()) {
      diagnostics
          .report(Diag::ClassNames, range,
                  name.empty() ? std::string("a name is empty")
                               : fmt::format("\"{}\" begins or ends with a blank", name))
          .note("cells of a file are read without the blanks around them");
      return false;
    }
    auto [first, isNew] = byName.emplace(name, index);
    size_t other = first->second;
    if (isNew && numbers) {
      auto [same, isNewNumber] = byNumber.emplace(*numberOf(name), index);
      isNew = isNewNumber;
      other = same->second;
    }
    if (!isNew) {
      diagnostics
          .report(Diag::ClassNames, range,
                  names[other] == name
                      ? fmt::format("\"{}\" names two classes", name)
                      : fmt::format("\"{}\" and \"{}\" are one number, which names two classes",
                                    names[other], name))
          .label(arguments[other].value->range, "the first one");
      return false;
    }
  }
  return true;
}

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
  if (!checkDistinct(names, call->arguments, diagnostics))
    return false;
  fields[0]->classNames = names;
  return true;
}

} // namespace

std::optional<DataInfo> elaborateData(Environment &environment, Types &types, Evaluator &evaluator,
                                      const DataDeclaration &declaration) {
  Diagnostics &diagnostics = environment.diagnostics;
  DataInfo info;
  info.name = declaration.name.text;
  bool good = true;
  EnterFrame enter(environment);
  for (const Field &field : declaration.fields) {
    Shape shape;
    std::optional<DataField> known = types.evaluateField(field, info.fields, shape);
    good &= known.has_value();
    info.fields.push_back(known.value_or(DataField{field.name.text, {}, field.name.range, {}}));
    good &= !known || readTransforms(field, info.fields.back(), environment, evaluator);
  }
  // The settings of `train` hold for the other splits, wherever it stands.
  std::vector<const Entry *> entries;
  for (const Entry &entry : declaration.entries)
    entries.push_back(&entry);
  std::ranges::stable_partition(entries,
                                [](const Entry *entry) { return entry->name.text == "train"; });
  for (const Entry *one : entries) {
    const Entry &entry = *one;
    if (entry.name.text.empty())
      continue;
    if (std::find(std::begin(entryNames), std::end(entryNames), entry.name.text) ==
        std::end(entryNames)) {
      DiagnosticBuilder builder =
          diagnostics.report(Diag::UnknownEntry, entry.name.range, entry.name.text);
      if (!builder.suggest(NameKind::Entry, entry.name.text, entryNames))
        builder.note(fmt::format("a data block has fields, `name: type`, and {}",
                                 fmt::join(entryNames, ", ")));
      good = false;
    } else if (entry.name.text == "augment") {
      good &= checkAugment(entry, declaration, diagnostics);
    } else if (entry.name.text == "class_names") {
      good = good && readClassNames(entry, info, diagnostics);
    } else if (auto *call = as<CallExpression>(entry.value);
               call && as<NameExpression>(call->callee) &&
               isTextReader(as<NameExpression>(call->callee)->name)) {
      good = good && readTextSplit(entry, info, environment, evaluator);
    } else if (std::optional<DataSplit> split = good
                                                    ? readSplit(entry, info, diagnostics, evaluator,
                                                                environment.bucket < bucketCount)
                                                    : std::nullopt) {
      good = addSplit(std::move(*split), info, diagnostics);
    } else {
      good = false;
    }
  }
  if (good && std::none_of(info.splits.begin(), info.splits.end(),
                           [](auto &split) { return split.name == "train"; })) {
    diagnostics.report(Diag::NoTrainSplit, declaration.name.range, declaration.name.text);
    good = false;
  }
  good = good && readVocabularies(info, environment) &&
         checkTransforms(info, declaration, environment) && countCategories(info, environment);
  return good ? std::optional(std::move(info)) : std::nullopt;
}

} // namespace nnc::lang
