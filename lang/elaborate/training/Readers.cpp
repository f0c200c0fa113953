// Implements the table of readers and the settings that splits have in common.
#include "lang/elaborate/training/Readers.h"

#include "lang/elaborate/training/TableSettings.h"
#include "lang/elaborate/values/Shapes.h"
#include "lang/support/Names.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

namespace {

class SplitReader;

/// A reader of the language. A new one is a row of the table below.
struct Reader {
  std::string_view name;
  bool filePerField = false; ///< else any number of files, each with all fields
  /// Settings besides `drop_last` and `only_last`; with them, fields are settings as well.
  std::span<const std::string_view> settings = {};
  bool (SplitReader::*readSetting)(const CallArgument &) = nullptr;
  /// Whether the split as a whole is one for the reader.
  bool (SplitReader::*check)(const CallExpression &) = nullptr;
  /// Its argument is a number of examples, in place of files.
  bool generated = false;
  /// A block behind the call computes the fields.
  bool hasBlock = false;
  /// Examples may stay in the file: the setting `memory`.
  bool takesMemory = false;
};

class SplitReader {
public:
  SplitReader(const DataInfo &info, const Reader &reader, Diagnostics &diagnostics,
              Evaluator &evaluator)
      : info(info), reader(reader), diagnostics(diagnostics), evaluator(evaluator) {}

  std::optional<DataSplit> read(const Entry &entry, const CallExpression &call) {
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

  // The table of readers refers to these.
  bool readCsvSetting(const CallArgument &argument) {
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

  bool readFieldColumns(const std::string &name, const Expression &value) {
    std::vector<std::string> columns;
    if (!readColumnList(value, columns, byName, byNumber, diagnostics, evaluator))
      return false;
    columnRanges[name] = value.range;
    split.arguments.push_back({name, columns});
    selected.insert(name);
    return true;
  }

  /// The columns of several fields, `columns = (age = 0, work = 1)`.
  bool readColumns(const Expression &value) {
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

  /// The name of a field's array, `image = "x_train"`.
  bool readArrayName(const CallArgument &argument) {
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

  bool checkNamedArrays(const CallExpression &call) {
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

  static bool isNamedReader(std::string_view name) {
    return name == "npz" || name == "safetensors";
  }

  bool readMadeSetting(const CallArgument &argument) {
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

  bool checkNoPadding(const CallExpression &) {
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

  bool checkRandom(const CallExpression &call) {
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

  bool checkImages(const CallExpression &call) {
    const Type image{Element::Float, {32, 32, 3}, 0}, label{Element::Int, {}, 10};
    auto has = [&](const Type &type) {
      return std::any_of(info.fields.begin(), info.fields.end(), [&](const DataField &field) {
        return field.type == type && !field.padded;
      });
    };
    if (info.fields.size() == 2 && has(image) && has(label))
      return true;
    diagnostics.report(Diag::ReaderArgument, call.range, "cifar",
                       "the fields are an image, float[32, 32, 3], and a label, class[10]");
    return false;
  }

  /// Columns of a field in one row: with windows the field has the rows as its first dimension.
  int64_t columnsOf(const DataField &field) const {
    if (split.reader == "images" && isImage(field))
      return 1; // the name of its file
    int64_t count = field.columns();
    bool isWindow = field.name == info.fields[0].name;
    if (window == 0 || (!isWindow && horizon < 2))
      return count;
    return count / std::max<int64_t>(1, isWindow ? window : horizon);
  }

  bool checkColumnCounts() {
    for (const ReaderArgument &argument : split.arguments) {
      auto range = columnRanges.find(argument.name);
      if (range == columnRanges.end())
        continue;
      int64_t given = int64_t(std::get<std::vector<std::string>>(argument.value).size());
      const DataField &field = *std::find_if(info.fields.begin(), info.fields.end(),
                                             [&](auto &one) { return one.name == argument.name; });
      if (given == columnsOf(field))
        continue;
      diagnostics.report(Diag::ColumnCount, range->second, field.name, columnsOf(field), given)
          .label(field.range, "declared here");
      return false;
    }
    return true;
  }

  /// With windows, the first dimension of a field is its number of rows.
  bool checkWindows(const CallExpression &call) {
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

  bool readImagesSetting(const CallArgument &argument) {
    const std::string &name = argument.name.text;
    if (name != "resize" && name != "crop") {
      readsTable = true;
      return readCsvSetting(argument);
    }
    auto *given = as<BoolLiteral>(argument.value);
    if (!given) {
      diagnostics.report(Diag::ReaderArgument, argument.value->range, split.reader,
                         fmt::format("`{}` is true or false", name));
      return false;
    }
    split.arguments.push_back({name, given->value});
    return true;
  }

  static bool isImage(const DataField &field) {
    const std::vector<int64_t> &shape = field.type.shape;
    return field.type.element == Element::Float && !field.padded &&
           (shape.size() == 2 || (shape.size() == 3 && (shape[2] == 1 || shape[2] == 3)));
  }

  /// Folders of images, or tables of their names.
  bool checkImageFiles(const CallExpression &call) {
    size_t files = 0, tables = 0;
    for (const ReaderArgument &argument : split.arguments)
      if (argument.name.empty()) {
        const std::string &file = std::get<std::string>(argument.value);
        ++files;
        tables += file.ends_with(".csv") || file.ends_with(".tsv") || file.ends_with(".txt");
      }
    // What only `train` says of the size holds for the other splits, too.
    if (auto train = std::ranges::find(info.splits, "train", &DataSplit::name);
        train != info.splits.end())
      for (const ReaderArgument &argument : train->arguments)
        if ((argument.name == "resize" || argument.name == "crop") &&
            std::ranges::find(split.arguments, argument.name, &ReaderArgument::name) ==
                split.arguments.end())
          split.arguments.push_back(argument);
    if (tables == 0 && !readsTable)
      return checkImageFolders(call);
    std::string problem;
    if (tables != files)
      problem = tables ? "either folders of images or tables of their names, not both"
                       : "columns are those of a table with the names of files, \"train.csv\"";
    else if (std::ranges::count_if(info.fields, isImage) != 1)
      problem =
          "one field is an image, as float[64, 64, 3] or float[64, 64]; the others are columns "
          "of the table";
    if (!problem.empty()) {
      diagnostics.report(Diag::ReaderArgument, call.range, split.reader, problem);
      return false;
    }
    readsTable = true;
    return checkColumns(call);
  }

  bool checkImageFolders(const CallExpression &call) {
    int64_t images = 0, labels = 0;
    for (const DataField &field : info.fields) {
      images += isImage(field);
      labels += field.type.classes > 0 && field.type.shape.empty();
    }
    if (images == 1 && labels <= 1 && images + labels == int64_t(info.fields.size()))
      return true;
    diagnostics.report(Diag::ReaderArgument, call.range, split.reader,
                       "the fields are an image, as float[64, 64, 3] or float[64, 64], and "
                       "optionally a class");
    return false;
  }

  bool checkSeries(const CallExpression &call) {
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

  /// Columns and settings that only `train` has hold for the other splits, too.
  void inherit() {
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

  /// The column of `rows`: that of a field, or one of this name.
  bool resolveFilter(const CallExpression &call) {
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

  bool checkColumns(const CallExpression &call) {
    inherit();
    return checkWindows(call) && checkColumnCounts() && completeColumns(call) &&
           resolveFilter(call);
  }

  bool completeColumns(const CallExpression &call) {
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

private:
  /// A number of bytes, "256 MB".
  bool readMemory(const Expression &value) {
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
    diagnostics.report(
        Diag::ReaderArgument, value.range, split.reader,
        "`memory` is how much of the examples is in memory at once, at least 1 MB, as "
        "\"256 MB\" or \"2 GB\"");
    return false;
  }

  /// A split that does not say `memory` has that of `train`.
  bool checkMemory() {
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
            .report(
                Diag::ReaderArgument, split.range, split.reader,
                fmt::format("examples of `{}` differ in length, and are all in memory: leave out "
                            "`memory`",
                            field.name))
            .label(field.range, "declared here");
        return false;
      }
    return true;
  }

  bool readSeriesSetting(const std::string &name, const Expression &value) {
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

  bool readCount(const CallArgument &argument, size_t &counts) {
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

  bool readFile(const CallArgument &argument, size_t &files) {
    // A name may be that of a config entry.
    Entity given = as<NameExpression>(argument.value) ? evaluator.evaluate(*argument.value)
                                                      : Entity(Nothing{});
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

  bool readNamed(const CallArgument &argument) {
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

  const DataInfo &info;
  const Reader &reader;
  Diagnostics &diagnostics;
  Evaluator &evaluator;
  DataSplit split;
  std::set<std::string> selected;
  std::map<std::string, SourceRange> columnRanges; // by field: where its columns are given
  bool byName = false, byNumber = false, header = false, headerGiven = false;
  int64_t window = 0, horizon = 0; // rows; 0: not given
  bool isSplit = false;
  bool readsTable = false; ///< images: a table of the names of files
};

constexpr std::string_view madeSettings[] = {"seed"};
constexpr std::string_view csvSettings[] = {"header", "separator", "window",  "horizon",
                                            "split",  "columns",   "decimal", "comment",
                                            "strip",  "encoding",  "missing", "rows"};

constexpr std::string_view imagesSettings[] = {"resize", "crop", "header", "separator", "columns"};

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
    {"images", false, imagesSettings, &SplitReader::readImagesSetting,
     &SplitReader::checkImageFiles},
    {"cifar", false, {}, nullptr, &SplitReader::checkImages},
    {"random", false, {}, nullptr, &SplitReader::checkRandom, true},
    {"made", false, madeSettings, &SplitReader::readMadeSetting, &SplitReader::checkNoPadding, true,
     true},
};

} // namespace

std::optional<DataSplit> readSplit(const Entry &entry, const DataInfo &info,
                                   Diagnostics &diagnostics, Evaluator &evaluator) {
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
      return SplitReader(info, reader, diagnostics, evaluator).read(entry, *call);
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
