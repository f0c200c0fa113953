// Implements the readers of texts: their files, tokenizers, and the part that is held out.
#include "lang/elaborate/training/TextReaders.h"

#include "lang/elaborate/training/Readers.h"
#include "lang/elaborate/training/TableSettings.h"

#include "lang/Vocabularies.h"
#include "lang/support/Names.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

namespace {

constexpr std::string_view tokenizerNames[] = {"characters", "bytes", "words", "bpe"};
constexpr std::string_view textSettings[] = {"tokenizer", "split", "encoding", "stream"};
constexpr std::string_view linesSettings[] = {"tokenizer", "split", "encoding",
                                              "start",     "end",   "truncate"};
/// The maximum size of a vocabulary.
constexpr int64_t mostPieces = int64_t(1) << 24;

class TextReader {
public:
  TextReader(const Entry &entry, const CallExpression &call, const std::string &name,
             DataInfo &info, Environment &environment, Evaluator &evaluator)
      : call(call), name(name), info(info), environment(environment), evaluator(evaluator),
        isTraining(entry.name.text == "train"), isLines(name == "lines") {
    split.name = entry.name.text;
    split.reader = name;
    split.range = entry.name.range;
  }

  bool read() {
    if (!checkFields())
      return false;
    for (const CallArgument &argument : call.arguments)
      if (argument.named() ? !readNamed(argument) : !readFile(argument))
        return false;
    size_t files = size_t(std::ranges::count_if(
        split.arguments, [](const ReaderArgument &one) { return one.name.empty(); }));
    if (isLines ? files == 0 : files != 1)
      return wrong(call.range, isLines ? "at least one file is needed" : "one file is needed");
    if (isTraining && !hasTokenizer)
      return wrong(call.range, "`tokenizer` is missing: characters, bytes, words(...), bpe(size), "
                               "or the name of a tokenizer.json");
    return finish();
  }

private:
  bool wrong(SourceRange range, const std::string &text) {
    environment.report(Diag::ReaderArgument, range, name, text);
    return false;
  }

  bool isText(const DataField &field) const {
    return field.type.element == Element::Int && !field.type.classes &&
           field.type.shape.size() == 1;
  }

  bool checkFields() {
    size_t texts = size_t(
        std::ranges::count_if(info.fields, [&](const DataField &field) { return isText(field); }));
    if (!isLines && (info.fields.size() != 1 || texts != 1 || info.fields[0].padded ||
                     info.fields[0].type.shape[0] < 2))
      return wrong(call.range, "the block has one field, int[n], the ids of n consecutive pieces "
                               "of the text; n is at least 2");
    if (isLines && texts == 0)
      return wrong(call.range, "a field int[n] is needed, the ids of a line or of one of its "
                               "columns");
    for (const DataField &field : info.fields)
      if (!isText(field) && !field.type.shape.empty())
        return wrong(call.range, fmt::format("`{}` is neither int[n], the ids of a text, nor one "
                                             "number or class",
                                             field.name));
    return true;
  }

  /// The string of an argument: a literal, or an entry of the config.
  std::optional<std::string> evaluateText(const Expression &expression, const std::string &what) {
    Entity value = evaluator.evaluate(expression);
    if (auto *text = value.get<std::string>(); text && !text->empty())
      return *text;
    if (!value.poisoned())
      wrong(expression.range, what);
    return std::nullopt;
  }

  bool readFile(const CallArgument &argument) {
    std::optional<std::string> file =
        evaluateText(*argument.value, "a file is given by its name in quotes");
    if (file)
      split.arguments.push_back({"", *file});
    return file.has_value();
  }

  bool readNamed(const CallArgument &argument) {
    const std::string &setting = argument.name.text;
    const Expression &value = *argument.value;
    std::span<const std::string_view> settings =
        isLines ? std::span<const std::string_view>(linesSettings) : textSettings;
    auto *field = isLines ? findField(setting) : nullptr;
    if (field && !isText(*field))
      return readClassByFile(*field, value);
    if (!contains(settings, setting)) {
      DiagnosticBuilder builder =
          environment.report(Diag::UnknownArgument, argument.name.range, name, "setting", setting);
      if (!builder.suggest(NameKind::Argument, setting,
                           std::vector<std::string_view>(settings.begin(), settings.end())))
        builder.note(fmt::format("its settings are {}", fmt::join(settings, ", ")));
      return false;
    }
    bool ofTraining =
        setting == "tokenizer" || setting == "split" || setting == "start" || setting == "end";
    if (ofTraining && !isTraining)
      return wrong(argument.name.range,
                   fmt::format("`{}` stands in `train`, and holds for the other splits", setting));
    if (setting == "tokenizer")
      return readTokenizers(value);
    if (setting == "split")
      return readPart(value);
    if (setting == "encoding")
      return readEncoding(value);
    if (setting == "start" || setting == "end")
      return forFields(value, [&](DataField &one, const Expression &given) {
        std::optional<bool> truth = evaluateTruth(given, setting);
        if (truth && *truth)
          marks.push_back({&one, setting});
        return truth.has_value();
      });
    std::optional<bool> truth = evaluateTruth(value, setting);
    if (truth)
      split.arguments.push_back({setting, *truth});
    return truth.has_value();
  }

  DataField *findField(const std::string &field) {
    auto found = std::ranges::find_if(info.fields, [&](auto &one) { return one.name == field; });
    return found == info.fields.end() ? nullptr : &*found;
  }

  bool readClassByFile(const DataField &field, const Expression &value) {
    auto *word = as<NameExpression>(&value);
    if (!word || word->name != "file" || !field.type.classes)
      return wrong(value.range, fmt::format("a class field may have `{} = file`: its class is "
                                            "the number of the file",
                                            field.name));
    split.arguments.push_back({"class_by_file", field.name});
    return true;
  }

  std::optional<bool> evaluateTruth(const Expression &expression, const std::string &setting) {
    Entity value = evaluator.evaluate(expression);
    if (auto *truth = value.get<bool>())
      return *truth;
    if (!value.poisoned())
      wrong(expression.range, fmt::format("`{}` is true or false", setting));
    return std::nullopt;
  }

  /// Calls `read` with the value for each text field, or with each member of a record for its
  /// field.
  template <typename Read> bool forFields(const Expression &value, Read read) {
    auto *record = as<RecordExpression>(&value);
    if (!record) {
      for (DataField &field : info.fields)
        if (isText(field) && !read(field, value))
          return false;
      return true;
    }
    for (const CallArgument &member : record->fields) {
      DataField *field = findField(member.name.text);
      if (!field || !isText(*field))
        return wrong(member.name.range,
                     fmt::format("there is no text field `{}`", member.name.text));
      if (!read(*field, *member.value))
        return false;
    }
    return true;
  }

  bool readTokenizers(const Expression &value) {
    hasTokenizer = true;
    return forFields(value, [&](DataField &field, const Expression &given) {
      field.tokenizer = readTokenizer(given);
      return field.tokenizer.has_value();
    });
  }

  std::optional<TokenizerInfo> readTokenizer(const Expression &expression) {
    TokenizerInfo tokenizer;
    tokenizer.range = expression.range;
    auto *built = as<CallExpression>(&expression);
    auto *word = as<NameExpression>(built ? built->callee.get() : &expression);
    if (!word || !contains(tokenizerNames, word->name)) {
      // Another name may be that of a config entry.
      if (std::optional<std::string> file = evaluateText(
              expression, "a tokenizer is characters, bytes, words(...), bpe(size), or the name of "
                          "a tokenizer.json in quotes")) {
        tokenizer.kind = "file";
        tokenizer.file = *file;
        return tokenizer;
      }
      return std::nullopt;
    }
    tokenizer.kind = word->name;
    bool unknown = tokenizer.kind == "words";
    for (size_t place = 0; built && place < built->arguments.size(); ++place)
      if (!readTokenizerSetting(built->arguments[place], place, tokenizer, unknown))
        return std::nullopt;
    if (tokenizer.kind == "bpe" && tokenizer.size == 0) {
      wrong(expression.range, "`bpe` needs the size of its vocabulary: bpe(4000)");
      return std::nullopt;
    }
    if (unknown)
      tokenizer.special.push_back("<unk>");
    return tokenizer;
  }

  bool readTokenizerSetting(const CallArgument &argument, size_t place, TokenizerInfo &tokenizer,
                            bool &unknown) {
    const std::string &kind = tokenizer.kind;
    bool hasSize = kind == "words" || kind == "bpe";
    std::string setting = argument.named()        ? argument.name.text
                          : hasSize && place == 0 ? "size"
                                                  : "";
    if (setting == "size" && hasSize) {
      const int64_t least = kind == "bpe" ? 256 : 1;
      Entity value = evaluator.evaluate(*argument.value);
      auto *size = value.get<IntegerConstant>();
      if (value.poisoned())
        return false;
      if (!size || size->value < least || size->value > mostPieces)
        return wrong(argument.value->range,
                     fmt::format("the size of `{}` is a whole number from {} to {}", kind, least,
                                 mostPieces));
      tokenizer.size = size->value;
      return true;
    }
    bool isLower = setting == "lower" && kind == "words";
    if (isLower || (setting == "unknown" && (kind == "words" || kind == "characters"))) {
      std::optional<bool> truth = evaluateTruth(*argument.value, setting);
      if (truth)
        (isLower ? tokenizer.lower : unknown) = *truth;
      return truth.has_value();
    }
    std::vector<std::string_view> settings;
    if (hasSize)
      settings.push_back("size");
    if (kind == "words")
      settings.push_back("lower");
    if (kind == "words" || kind == "characters")
      settings.push_back("unknown");
    if (!argument.named())
      return wrong(argument.value->range,
                   settings.empty()
                       ? fmt::format("`{}` has no settings", kind)
                       : fmt::format("`{}` takes {}", kind, fmt::join(settings, ", ")));
    environment.report(Diag::UnknownArgument, argument.name.range, kind, "setting", setting)
        .suggest(NameKind::Argument, setting, settings);
    return false;
  }

  bool readPart(const Expression &value) {
    Entity given = evaluator.evaluate(value);
    if (given.poisoned())
      return false;
    if (!given.isNumber() || !(given.number() > 0 && given.number() < 1))
      return wrong(value.range, "`split` is the part that is trained on, as 90%");
    split.arguments.push_back({"part_end", given.number()});
    return true;
  }

  bool readEncoding(const Expression &value) {
    std::optional<std::string> encoding = evaluateText(value, "an encoding is a name in quotes");
    if (!encoding)
      return false;
    if (!contains(encodings, *encoding))
      return wrong(value.range, fmt::format("the encodings are {}", fmt::join(encodings, ", ")));
    split.arguments.push_back({"encoding", *encoding});
    return true;
  }

  bool finish() {
    if (isTraining)
      for (DataField &field : info.fields)
        if (isText(field) && !addMarks(field))
          return false;
    return addSplit(split, info, environment.diagnostics);
  }

  /// Adds the special pieces of `lines` besides `<unk>`.
  bool addMarks(DataField &field) {
    if (!field.tokenizer)
      return wrong(call.range, fmt::format("`{}` has no tokenizer", field.name));
    if (!isLines)
      return true;
    std::vector<std::string> &special = field.tokenizer->special;
    // It pads shorter lines; a padded field has lengths instead.
    if (!field.padded)
      special.insert(special.begin(), "<pad>");
    for (const char *setting : {"start", "end"})
      if (std::ranges::any_of(marks, [&](const Mark &mark) {
            return mark.field == &field && mark.setting == setting;
          }))
        special.push_back(fmt::format("<{}>", setting));
    if (field.tokenizer->kind == "file" && !special.empty())
      return wrong(
          field.tokenizer->range,
          fmt::format("a tokenizer.json has its own special pieces: `up to {}` in place of "
                      "{} needs no <pad>, and `start` and `end` are left out",
                      field.type.shape[0], field.type.shape[0]));
    return true;
  }

  struct Mark {
    const DataField *field;
    std::string setting;
  };

  const CallExpression &call;
  const std::string &name;
  DataInfo &info;
  Environment &environment;
  Evaluator &evaluator;
  DataSplit split;
  const bool isTraining, isLines;
  bool hasTokenizer = false;
  std::vector<Mark> marks;
};

} // namespace

bool isTextReader(std::string_view name) { return name == "text" || name == "lines"; }

bool readTextSplit(const Entry &entry, DataInfo &info, Environment &environment,
                   Evaluator &evaluator) {
  auto *call = as<CallExpression>(entry.value);
  auto *callee = as<NameExpression>(call->callee);
  return TextReader(entry, *call, callee->name, info, environment, evaluator).read();
}

bool readVocabularies(DataInfo &info, Environment &environment) {
  for (DataField &field : info.fields) {
    if (!field.tokenizer)
      continue;
    std::string error = "this compiler reads no data";
    std::optional<int64_t> size;
    if (environment.vocabularies.reader)
      size = environment.vocabularies.reader->vocabularySize(info, field, error);
    if (!size) {
      environment.report(Diag::NoVocabulary, field.tokenizer->range, field.name, error);
      return false;
    }
    field.vocabulary = *size;
  }
  return true;
}

} // namespace nnc::lang
