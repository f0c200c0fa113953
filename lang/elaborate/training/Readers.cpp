// Implements the table of readers and the settings that splits have in common.
#include "lang/elaborate/training/Readers.h"

#include "lang/elaborate/training/SplitReader.h"
#include "lang/elaborate/values/Shapes.h"
#include "lang/support/Names.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

std::optional<DataSplit> SplitReader::read(const Entry &entry, const CallExpression &call) {
  split.name = entry.name.text;
  split.reader = reader.name;
  split.range = entry.name.range;
  size_t files = 0;
  bool good = true;
  if (bool(call.block) != reader.hasBlock) {
    diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                       reader.hasBlock ? "a block computes the fields: `made(1000) { (x = "
                                         "random_uniform()) }`"
                                       : "it takes no block");
    return std::nullopt;
  }
  for (const CallArgument &argument : call.arguments)
    good &= argument.named()   ? readNamed(argument)
            : reader.generated ? readCount(argument, files)
                               : readFile(argument, files);
  if (!good)
    return std::nullopt;
  if (reader.generated && files != 1) {
    diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                       "it takes the number of examples");
    return std::nullopt;
  }
  if (reader.filePerField ? files != info.fields.size() : files == 0) {
    diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                       reader.filePerField
                           ? fmt::format("one file for each of the {} fields is needed, {} given",
                                         info.fields.size(), files)
                           : std::string("at least one file is needed"));
    return std::nullopt;
  }
  if (reader.check && !(this->*reader.check)(call))
    return std::nullopt;
  if (!checkMemory())
    return std::nullopt;
  return split;
}

bool SplitReader::readArrayName(const CallArgument &argument) {
  Entity name = evaluator.evaluate(*argument.value);
  auto *text = name.get<std::string>();
  if (text && !text->empty()) {
    split.arguments.push_back({argument.name.text, std::vector<std::string>{*text}});
    return true;
  }
  if (!name.poisoned())
    diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                       fmt::format("`{}` is the name of an array in quotes", argument.name.text));
  return false;
}

bool SplitReader::checkNamedArrays(const CallExpression &call) {
  const auto files = std::ranges::count(split.arguments, "", &ReaderArgument::name);
  if (files != 1) {
    diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                       "one file has the arrays of all fields");
    return false;
  }
  // Names that only `train` gives hold for the other splits, too.
  auto train = std::ranges::find(info.splits, "train", &DataSplit::name);
  if (train == info.splits.end() || !isNamedReader(train->reader))
    return true;
  for (const ReaderArgument &argument : train->arguments)
    if (std::holds_alternative<std::vector<std::string>>(argument.value) &&
        std::ranges::find(split.arguments, argument.name, &ReaderArgument::name) ==
            split.arguments.end())
      split.arguments.push_back(argument);
  return true;
}

bool SplitReader::isNamedReader(std::string_view name) {
  return name == "npz" || name == "safetensors";
}

bool SplitReader::readMadeSetting(const CallArgument &argument) {
  auto *seed = as<IntegerLiteral>(argument.value);
  if (argument.name.text == "seed" && seed && seed->value <= INT32_MAX) {
    split.arguments.push_back({"seed", double(seed->value)});
    return true;
  }
  diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                     argument.name.text == "seed"
                         ? fmt::format("`seed` is a whole number from 0 to {}", INT32_MAX)
                         : std::string("the block computes the fields"));
  return false;
}

bool SplitReader::checkNoPadding(const CallExpression &) {
  for (const DataField &field : info.fields)
    if (field.padded) {
      diagnostics
          .report(Diag::ReaderArgument, split.range, split.reader,
                  fmt::format("`{}` is padded, but no lengths are generated", field.name))
          .label(field.range, "declared here");
      return false;
    }
  return true;
}

bool SplitReader::checkRandom(const CallExpression &call) {
  if (!checkNoPadding(call))
    return false;
  for (const DataField &field : info.fields)
    if (field.type.element == Element::Int && !field.type.classes) {
      diagnostics
          .report(Diag::ReaderArgument, split.range, "random",
                  fmt::format("`{}` is an `int`, which has no range", field.name))
          .label(field.range, "declared here")
          .help("declare a class: `class[10]` are the numbers from 0 to 9");
      return false;
    }
  return true;
}

bool SplitReader::checkImages(const CallExpression &call) {
  const Type image{Element::Float, {32, 32, 3}, 0}, label{Element::Int, {}, 10};
  auto has = [&](const Type &type) {
    return std::any_of(info.fields.begin(), info.fields.end(),
                       [&](const DataField &field) { return field.type == type && !field.padded; });
  };
  if (info.fields.size() == 2 && has(image) && has(label))
    return true;
  diagnostics.report(Diag::ReaderArgument, call.range, "cifar",
                     "the fields are an image, float[32, 32, 3], and a label, class[10]");
  return false;
}

bool SplitReader::checkSeries(const CallExpression &call) {
  auto isSeries = [](const DataField &field) {
    size_t rank = field.type.shape.size();
    return field.type.element == Element::Float && (rank == 1 || rank == 2) &&
           field.padded.value_or(0) == 0;
  };
  auto isTarget = [](const DataField &field) {
    return field.type.shape.empty() &&
           (field.type.classes > 0 || field.type.element == Element::Float);
  };
  int64_t series = std::count_if(info.fields.begin(), info.fields.end(), isSeries),
          targets = std::count_if(info.fields.begin(), info.fields.end(), isTarget);
  if (series == 1 && targets <= 1 && series + targets == int64_t(info.fields.size()))
    return true;
  diagnostics.report(Diag::ReaderArgument, call.range, "ts",
                     "the fields are a series, as float[up to 29, 12], and optionally a class or "
                     "a float");
  return false;
}

bool SplitReader::readMemory(const Expression &value) {
  Entity given = evaluator.evaluate(value);
  if (given.poisoned())
    return false;
  double number = 0;
  if (auto *text = given.get<std::string>()) {
    auto [rest, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    std::string_view unit(rest, text->data() + text->size());
    unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
    constexpr std::pair<std::string_view, double> units[] = {{"MB", 1e6}, {"GB", 1e9}};
    auto known = std::ranges::find(units, unit, &std::pair<std::string_view, double>::first);
    number = error == std::errc() && known != std::end(units) ? number * known->second : 0;
  }
  if (number >= 1e6 && number < 1e15) {
    split.arguments.push_back({"memory", std::floor(number)});
    return true;
  }
  diagnostics.report(Diag::ReaderArgument, value.range, split.reader,
                     "`memory` is how much of the examples is in memory at once, at least 1 MB, as "
                     "\"256 MB\" or \"2 GB\"");
  return false;
}

bool SplitReader::checkMemory() {
  auto isMemory = [](const ReaderArgument &one) { return one.name == "memory"; };
  auto train = std::ranges::find(info.splits, "train", &DataSplit::name);
  if (reader.takesMemory && train != info.splits.end() &&
      std::ranges::none_of(split.arguments, isMemory))
    std::ranges::copy_if(train->arguments, std::back_inserter(split.arguments), isMemory);
  if (std::ranges::none_of(split.arguments, isMemory))
    return true;
  if (window) {
    diagnostics.report(Diag::ReaderArgument, split.range, split.reader,
                       "with `window` all rows are in memory: leave out `memory`");
    return false;
  }
  for (const DataField &field : info.fields)
    if (field.padded) {
      diagnostics
          .report(Diag::ReaderArgument, split.range, split.reader,
                  fmt::format("examples of `{}` differ in length, and are all in memory: leave out "
                              "`memory`",
                              field.name))
          .label(field.range, "declared here");
      return false;
    }
  return true;
}

bool SplitReader::readCount(const CallArgument &argument, size_t &counts) {
  auto *count = as<IntegerLiteral>(argument.value);
  if (!count || count->value < 1 || count->value > INT32_MAX) {
    if (!as<ErrorExpression>(argument.value))
      diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                         fmt::format("the number of examples is from 1 to {}", INT32_MAX));
    return false;
  }
  split.arguments.push_back({"examples", double(count->value)});
  ++counts;
  return true;
}

bool SplitReader::readFile(const CallArgument &argument, size_t &files) {
  // A name may be that of a config entry.
  Entity given =
      as<NameExpression>(argument.value) ? evaluator.evaluate(*argument.value) : Entity(Nothing{});
  if (auto *file = given.get<std::string>(); file && !file->empty()) {
    split.arguments.push_back({"", *file});
    ++files;
    return true;
  }
  auto *text = as<StringLiteral>(argument.value);
  if (!text || text->value.empty()) {
    if (!as<ErrorExpression>(argument.value) && !given.poisoned())
      diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                         "a file is given by its name in quotes");
    return false;
  }
  split.arguments.push_back({"", text->value});
  ++files;
  return true;
}

bool SplitReader::readNamed(const CallArgument &argument) {
  const std::string &name = argument.name.text;
  std::vector<std::string> known = {"drop_last", "only_last"};
  if (reader.takesMemory)
    known.push_back("memory");
  if (reader.readSetting) {
    known.insert(known.end(), reader.settings.begin(), reader.settings.end());
    for (const DataField &field : info.fields)
      known.push_back(field.name);
  }
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    DiagnosticBuilder builder = diagnostics.report(Diag::UnknownArgument, argument.name.range,
                                                   split.reader, "setting", name);
    builder.suggest(NameKind::Argument, name, known);
    return false;
  }
  if (name == "memory")
    return readMemory(*argument.value);
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
  return (this->*reader.readSetting)(argument);
}

namespace {

constexpr std::string_view madeSettings[] = {"seed"};
constexpr std::string_view csvSettings[] = {"header", "separator", "window",  "horizon",
                                            "split",  "columns",   "decimal", "comment",
                                            "strip",  "encoding",  "missing", "rows"};

constexpr std::string_view imagesSettings[] = {"resize", "crop",      "cache",
                                               "header", "separator", "columns"};

constexpr Reader readers[] = {
    {.name = "idx", .filePerField = true, .takesMemory = true},
    {.name = "csv",
     .settings = csvSettings,
     .readSetting = &SplitReader::readCsvSetting,
     .check = &SplitReader::checkColumns,
     .takesMemory = true},
    {.name = "npy", .filePerField = true, .takesMemory = true},
    {.name = "npz",
     .readSetting = &SplitReader::readArrayName,
     .check = &SplitReader::checkNamedArrays,
     .takesMemory = true},
    {.name = "safetensors",
     .readSetting = &SplitReader::readArrayName,
     .check = &SplitReader::checkNamedArrays,
     .takesMemory = true},
    {"ts", false, {}, nullptr, &SplitReader::checkSeries},
    {.name = "images",
     .settings = imagesSettings,
     .readSetting = &SplitReader::readImagesSetting,
     .check = &SplitReader::checkImageFiles,
     .takesMemory = true},
    {"cifar", false, {}, nullptr, &SplitReader::checkImages},
    {"random", false, {}, nullptr, &SplitReader::checkRandom, true},
    {"made", false, madeSettings, &SplitReader::readMadeSetting, &SplitReader::checkNoPadding, true,
     true},
};

} // namespace

std::optional<DataSplit> readSplit(const Entry &entry, const DataInfo &info,
                                   Diagnostics &diagnostics, Evaluator &evaluator, bool isBucket) {
  auto *call = as<CallExpression>(entry.value);
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  if (!callee) {
    if (!as<ErrorExpression>(entry.value))
      diagnostics.report(Diag::ReaderNeeded, entry.value->range, entry.name.text);
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const Reader &reader : readers) {
    if (reader.name == callee->name)
      return SplitReader(info, reader, diagnostics, evaluator, isBucket).read(entry, *call);
    names.push_back(reader.name);
  }
  names.insert(names.end(), {"text", "lines"});
  DiagnosticBuilder builder = diagnostics.report(Diag::UnknownReader, callee->range, callee->name);
  if (!builder.suggest(NameKind::Name, callee->name, names))
    builder.note(fmt::format("the readers are {}", fmt::join(names, ", ")));
  return std::nullopt;
}

bool addSplit(DataSplit split, DataInfo &info, Diagnostics &diagnostics) {
  auto part = std::ranges::find_if(
      split.arguments, [](const ReaderArgument &one) { return one.name == "part_end"; });
  const bool isCut = part != split.arguments.end();
  const auto validation = [](const DataSplit &one) { return one.name == "validation"; };
  const bool hasRest = std::ranges::any_of(info.splits, [](const DataSplit &one) {
    return std::ranges::any_of(one.arguments,
                               [](const ReaderArgument &two) { return two.name == "part_begin"; });
  });
  if ((isCut && std::ranges::any_of(info.splits, validation)) || (validation(split) && hasRest)) {
    diagnostics.report(Diag::ReaderArgument, split.range, split.reader,
                       "`split` holds out the validation split, so that no other can be named");
    return false;
  }
  info.splits.push_back(split);
  if (isCut) {
    split.name = "validation";
    split.arguments[size_t(part - split.arguments.begin())].name = "part_begin";
    info.splits.push_back(std::move(split));
  }
  return true;
}

} // namespace nnc::lang
