// Implements the reader of .ts files: the header says whether a class or target stands behind the
// last colon of a line; the other parts are the channels, each with one number for each position.
#include "runtime/data/TimeSeries.h"

#include "runtime/data/Csv.h"
#include "runtime/support/Error.h"
#include "runtime/support/Suggestion.h"
#include "runtime/text/Content.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

/// The parts between the separators, without blanks around them.
std::vector<std::string_view> parts(std::string_view text, char separator) {
  std::vector<std::string_view> result;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(separator, begin), text.size());
    result.push_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return result;
}

/// The words of a line of the header; the first one, which begins with @, in lower case.
std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> result;
  for (std::string_view part : parts(line, ' '))
    if (!part.empty())
      result.emplace_back(part);
  if (!result.empty())
    for (char &c : result[0])
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// Appends a number as an element of a field; false if it is too large for that.
bool append(FieldData &field, double value) {
  const char *source = reinterpret_cast<const char *>(&value);
  if (firstOverflow(source, DType::F64, field.storage, 1) == 0)
    return false;
  size_t size = field.bytes.size();
  field.bytes.resize(size + sizeOf(field.storage));
  convertElements(source, DType::F64, field.bytes.data() + size, field.storage, 1);
  return true;
}

class TimeSeries {
public:
  TimeSeries(const DataBlock &block, DataConventions &conventions, bool training)
      : conventions(conventions), training(training) {
    for (const DataField &field : block.fields) {
      bool isSeries = isFloat(field.dtype) &&
                      (field.shape.size() == 1 || field.shape.size() == 2) &&
                      field.padded.value_or(0) == 0;
      bool isTarget = field.shape.empty() && (field.classes > 0 || isFloat(field.dtype));
      const DataField *&place = isSeries ? seriesField : targetField;
      if ((!isSeries && !isTarget) || place)
        wrongFields(block);
      place = &field;
    }
    if (!seriesField)
      wrongFields(block);
    series = FieldData::of(*seriesField);
    if (training)
      conventions.bytes[seriesField->name] = false;
    if (targetField)
      target = FieldData::of(*targetField);
  }

  void read(const std::string &path) {
    origin = path;
    Bytes content = readUtf8(path);
    bool inData = false;
    hasTarget = false;
    headerNames.clear();
    line = 0;
    for (std::string_view whole : nnc::text::linesOf({content.data(), content.size()})) {
      ++line;
      std::string_view text = trimmed(whole);
      if (text.empty() || text.front() == '#')
        continue;
      if (inData)
        readExample(text);
      else if (text.front() != '@')
        wrong("a line of numbers in front of the line @data");
      else if (inData = readHeader(words(text)); inData)
        beginData();
    }
    if (!inData)
      fail("%s: it has no line @data", path.c_str());
  }

  Dataset finish(const DataBlock &block) {
    Dataset dataset;
    dataset.examples = examples;
    for (const DataField &field : block.fields)
      dataset.fields.push_back(std::move(&field == seriesField ? series : target));
    return dataset;
  }

private:
  [[noreturn]] void wrong(const std::string &problem) const {
    fail("%s:%zu: %s", origin.c_str(), line, problem.c_str());
  }

  [[noreturn]] static void wrongFields(const DataBlock &block) {
    fail(
        "data '%s': .ts files hold one series, float[up to T] or float[up to T, channels], and one "
        "class or float",
        block.name.c_str());
  }

  /// True for the line that ends the header.
  bool readHeader(const std::vector<std::string> &header) {
    bool isTrue = header.size() > 1 && header[1] == "true";
    if (header[0] == "@timestamps" && isTrue)
      wrong("series with time stamps cannot be read");
    if (header[0] == "@classlabel" || header[0] == "@targetlabel")
      hasTarget = isTrue;
    if (header[0] == "@classlabel" && isTrue)
      headerNames.assign(header.begin() + 2, header.end());
    return header[0] == "@data";
  }

  void beginData() {
    if (targetField && !hasTarget)
      wrong("the file has neither classes nor targets, for field '" + targetField->name + "'");
    if (!targetField || targetField->classes == 0)
      return;
    std::vector<std::string> &names = conventions.classes[targetField->name];
    if (names.empty() && training) {
      if (static_cast<int64_t>(headerNames.size()) > targetField->classes)
        wrong(text("field '%s' has %lld classes, and the header names %zu",
                   targetField->name.c_str(), static_cast<long long>(targetField->classes),
                   headerNames.size()));
      names = headerNames;
    }
    index.emplace(names);
  }

  void readExample(std::string_view text) {
    std::vector<std::string_view> columns = parts(text, ':');
    if (hasTarget) {
      if (targetField)
        readTarget(columns.back());
      columns.pop_back();
    }
    size_t wanted = seriesField->shape.size() == 2 ? static_cast<size_t>(seriesField->shape[1]) : 1;
    if (columns.size() != wanted)
      wrong(nnc::runtime::text("%zu channels, and field '%s' has %zu", columns.size(),
                               seriesField->name.c_str(), wanted));
    std::vector<std::vector<std::string_view>> channels;
    for (std::string_view column : columns) {
      channels.push_back(column.empty() ? std::vector<std::string_view>() : parts(column, ','));
      if (channels.back().size() != channels[0].size())
        wrong(nnc::runtime::text("channel %zu has %zu numbers, channel 0 has %zu",
                                 channels.size() - 1, channels.back().size(), channels[0].size()));
    }
    int64_t length = static_cast<int64_t>(channels[0].size());
    if (seriesField->padded) {
      if (std::string problem = lengthProblem(*seriesField, length); !problem.empty())
        wrong(problem);
      series.endExample(length);
    } else if (length != seriesField->shape[0]) {
      wrong(nnc::runtime::text("%lld positions, and field '%s' has %lld: `up to` in its type says "
                               "that lengths differ",
                               static_cast<long long>(length), seriesField->name.c_str(),
                               static_cast<long long>(seriesField->shape[0])));
    }
    for (size_t position = 0; position < channels[0].size(); ++position)
      for (const std::vector<std::string_view> &channel : channels)
        readNumber(channel[position], series);
    ++examples;
  }

  void readNumber(std::string_view text, FieldData &field) {
    std::optional<double> value = parseNumber(text);
    if (!value)
      wrong(text == "?" ? "a number is missing ('?')"
                        : "'" + printable(text) + "' is not a number");
    if (!append(field, *value))
      wrong("'" + printable(text) + "' is too large for " + nameOf(field.storage));
  }

  void readTarget(std::string_view text) {
    if (targetField->classes == 0)
      return readNumber(text, target);
    std::string word(text);
    std::optional<int32_t> number = index->find(word);
    if (!number)
      wrong("'" + printable(word) + "' is not a class of field '" + targetField->name + "'" +
            suggestionOrAll(word, conventions.classes[targetField->name]));
    size_t size = target.bytes.size();
    target.bytes.resize(size + sizeof *number);
    std::memcpy(target.bytes.data() + size, &*number, sizeof *number);
  }

  DataConventions &conventions;
  bool training;
  const DataField *seriesField = nullptr, *targetField = nullptr;
  FieldData series, target;
  int64_t examples = 0;
  std::string origin;
  size_t line = 0;
  bool hasTarget = false;               // a class or target stands behind the last colon
  std::vector<std::string> headerNames; // of the classes
  std::optional<ClassIndex> index;
};

} // namespace

bool isTimeSeries(std::string_view content) {
  return isUtf8Text(content) && (content.find("\n@data") != std::string_view::npos ||
                                 content.find("\n@DATA") != std::string_view::npos);
}

Dataset readTimeSeriesSplit(const DataBlock &block, const DataSplit &split,
                            const std::string &folder, DataConventions &conventions) {
  TimeSeries series(block, conventions, split.isTraining());
  for (const std::string &file : split.files)
    series.read(joinPath(folder, file));
  return series.finish(block);
}

} // namespace nnc::runtime
