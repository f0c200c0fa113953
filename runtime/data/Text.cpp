// Implements the readers of texts: encoding, windows, lines and their columns.
#include "runtime/data/Text.h"

#include "runtime/data/Csv.h"
#include "runtime/support/Error.h"
#include "runtime/support/File.h"
#include "runtime/support/Suggestion.h"
#include "runtime/text/Utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace nnc::runtime {

/// Ids take a byte where all of them fit.
static DType storageOf(const text::Tokenizer &tokenizer) {
  return tokenizer.size() <= 256 ? DType::U8 : DType::I32;
}

static FieldData emptyField(const DataField &field) {
  FieldData data = FieldData::of(field);
  if (field.tokenizer)
    data.storage = storageOf(*field.tokenizer);
  return data;
}

static void appendIds(const std::vector<int32_t> &ids, FieldData &data) {
  size_t before = data.bytes.size(), width = sizeOf(data.storage);
  data.bytes.resize(before + ids.size() * width);
  convertElements(reinterpret_cast<const char *>(ids.data()), DType::I32,
                  data.bytes.data() + before, data.storage, static_cast<int64_t>(ids.size()));
}

[[noreturn]] static void failUnknown(const DataField &field, const std::string &where,
                                     const std::string &piece) {
  bool isWords = field.tokenizer->kind() == text::TokenizerSpec::Kind::Words;
  fail("%s: %s is not in the vocabulary of '%s', which was made from the training data at compile "
       "time%s",
       where.c_str(), text::shown(piece).c_str(), field.name.c_str(),
       isWords ? "" : "; `characters(unknown = true)` has a piece for such characters");
}

/// How messages call a file.
static std::string originOf(const std::string &path) {
  return path == "-" ? "standard input" : path;
}

static std::string readText(const std::string &path, text::Encoding encoding) {
  Bytes content = readFile(path);
  std::string error;
  std::optional<std::string> text =
      text::toText({content.data(), content.size()}, encoding, originOf(path), error);
  if (!text)
    throw Error(error);
  return std::move(*text);
}

Dataset readTextSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                      DataConventions &) {
  if (block.fields.size() != 1 || !block.fields[0].tokenizer || split.files.size() != 1)
    fail("data '%s': its text is not one field and one file", block.name.c_str());
  const DataField &field = block.fields[0];
  const text::Tokenizer &tokenizer = *field.tokenizer;
  std::string path = joinPath(folder, split.files[0]), content;
  if (tokenizer.kind() == text::TokenizerSpec::Kind::Bytes) {
    Bytes bytes = readFile(path);
    content.assign(bytes.data(), bytes.size());
  } else {
    content = readText(path, split.encoding);
  }
  if (content.empty())
    fail("%s: it is empty", path.c_str());
  std::string_view part = text::partOf(content, split.part);
  std::vector<int32_t> ids;
  if (std::optional<text::UnknownPiece> unknown = tokenizer.encode(part, ids)) {
    size_t position = static_cast<size_t>(part.data() - content.data()) + unknown->position;
    text::Place place = text::placeOf(content, position);
    failUnknown(field, text("%s:%zu: column %zu", path.c_str(), place.line, place.column),
                unknown->piece);
  }
  int64_t size = elementCount(field.shape), length = static_cast<int64_t>(ids.size());
  if (length < size)
    fail("%s: the %s split has %lld pieces of text, fewer than the %lld of a window", path.c_str(),
         split.name.c_str(), static_cast<long long>(length), static_cast<long long>(size));
  Dataset dataset;
  FieldData data = emptyField(field);
  data.step = 1;
  appendIds(ids, data);
  dataset.fields.push_back(std::move(data));
  dataset.examples = length - size + 1;
  dataset.windows = {size, split.stream};
  return dataset;
}

void appendText(const DataField &field, std::string_view text, bool truncate,
                const std::string &where, FieldData &data) {
  const text::Tokenizer &tokenizer = *field.tokenizer;
  std::optional<int32_t> start = tokenizer.special("<start>"), end = tokenizer.special("<end>"),
                         pad = tokenizer.special("<pad>");
  std::vector<int32_t> ids;
  if (start)
    ids.push_back(*start);
  if (std::optional<text::UnknownPiece> unknown = tokenizer.encode(text, ids))
    failUnknown(field,
                runtime::text("%s: column %zu", where.c_str(),
                              text::placeOf(text, unknown->position).column),
                unknown->piece);
  if (ids.size() == (start ? 1 : 0))
    fail("%s: the text of '%s' is empty", where.c_str(), field.name.c_str());
  size_t size = static_cast<size_t>(elementCount(field.shape)), marks = end ? 1 : 0;
  size_t length = ids.size() + marks;
  if (length > size && !truncate)
    fail("%s: the text of '%s' has %zu pieces%s, it takes %zu", where.c_str(), field.name.c_str(),
         length, start || end ? " with its <start> and <end>" : "", size);
  ids.resize(std::min(ids.size(), size - std::min(size, marks)));
  if (end)
    ids.push_back(*end);
  if (field.padded) {
    data.endExample(static_cast<int64_t>(ids.size()));
    return appendIds(ids, data);
  }
  if (ids.size() < size && !pad)
    fail("%s: the text of '%s' has %zu pieces, the model takes %zu", where.c_str(),
         field.name.c_str(), ids.size(), size);
  ids.resize(size, pad.value_or(0));
  appendIds(ids, data);
}

namespace {

/// Collects examples from the lines of files.
class LineExamples {
public:
  LineExamples(const DataBlock &block, DataConventions &conventions, const std::string &classByFile,
               bool truncate)
      : block(block), classByFile(classByFile), truncate(truncate) {
    for (const DataField &field : block.fields) {
      dataset.fields.push_back(emptyField(field));
      auto known = conventions.classes.find(field.name);
      indices.emplace_back(known == conventions.classes.end() ? std::vector<std::string>()
                                                              : known->second);
      columns += field.name != classByFile;
    }
  }

  void add(std::string_view line, const std::string &where, size_t file) {
    if (line.empty())
      fail("%s: the line is empty, and each line is an example", where.c_str());
    std::vector<std::string_view> cells = {line};
    if (columns > 1)
      cells = text::columnsOf(line);
    if (cells.size() != columns)
      fail("%s: the line has %zu columns between tabs, the fields are %zu", where.c_str(),
           cells.size(), columns);
    size_t column = 0;
    for (size_t i = 0; i < block.fields.size(); ++i) {
      const DataField &field = block.fields[i];
      FieldData &data = dataset.fields[i];
      if (field.name == classByFile)
        addNumber(field, data, static_cast<double>(file), where);
      else if (field.tokenizer)
        appendText(field, cells[column++], truncate, where, data);
      else
        addCell(field, data, indices[i], cells[column++], where);
    }
    ++dataset.examples;
  }

  Dataset take() { return std::move(dataset); }

private:
  void addCell(const DataField &field, FieldData &data, const ClassIndex &index,
               std::string_view cell, const std::string &where) {
    std::optional<double> number = parseNumber(cell);
    if (std::optional<int32_t> named = index.find(std::string(cell)))
      number = *named;
    if (!number)
      fail("%s: '%s' is not %s", where.c_str(), printable(cell).c_str(),
           field.classes ? text("a class of '%s'", field.name.c_str()).c_str() : "a number");
    addNumber(field, data, *number, where);
  }

  void addNumber(const DataField &field, FieldData &data, double number, const std::string &where) {
    if (!isFloat(field.dtype) &&
        !(number == std::trunc(number) && number >= static_cast<double>(smallestInteger(field)) &&
          number <= static_cast<double>(largestInteger(field))))
      fail("%s: %s is %g, not a whole number in %lld..%lld", where.c_str(), field.name.c_str(),
           number, static_cast<long long>(smallestInteger(field)),
           static_cast<long long>(largestInteger(field)));
    size_t before = data.bytes.size();
    data.bytes.resize(before + sizeOf(data.storage));
    convertElements(reinterpret_cast<const char *>(&number), DType::F64, data.bytes.data() + before,
                    data.storage, 1);
  }

  const DataBlock &block;
  const std::string &classByFile;
  const bool truncate;
  size_t columns = 0;
  std::vector<ClassIndex> indices; ///< by field
  Dataset dataset;
};

} // namespace

Dataset readLinesSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                       DataConventions &conventions) {
  LineExamples examples(block, conventions, split.classByFile, split.truncate);
  int64_t index = 0;
  for (size_t file = 0; file < split.files.size(); ++file) {
    std::string path = joinPath(folder, split.files[file]);
    std::string content = readText(path, split.encoding);
    size_t number = 0;
    for (std::string_view line : text::linesOf(content)) {
      ++number;
      if (text::isInPart(index++, split.part))
        examples.add(line, text("%s:%zu", path.c_str(), number), file);
    }
  }
  return examples.take();
}

Dataset readLinesToPredict(const std::string &path, const DataBlock &fields,
                           DataConventions &conventions) {
  const std::string noField, origin = originOf(path);
  LineExamples examples(fields, conventions, noField, false);
  std::string content = readText(path, text::Encoding::Utf8);
  size_t number = 0;
  for (std::string_view line : text::linesOf(content))
    examples.add(line, text("%s:%zu", origin.c_str(), ++number), 0);
  return examples.take();
}

} // namespace nnc::runtime
