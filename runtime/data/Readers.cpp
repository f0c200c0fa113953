// Implements the table of readers, and splits whose files are one array for each field.
#include "runtime/data/Readers.h"

#include "runtime/data/Cifar.h"
#include "runtime/data/CsvFields.h"
#include "runtime/data/Idx.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/data/Made.h"
#include "runtime/data/Npy.h"
#include "runtime/data/Random.h"
#include "runtime/data/Text.h"
#include "runtime/data/TimeSeries.h"
#include "runtime/support/Error.h"

namespace nnc::runtime {

/// A file for each field; all hold as many examples.
template <Array (*readArray)(const std::string &)>
static Dataset readArrays(const DataBlock &block, const DataSplit &split, const std::string &folder,
                          DataConventions &conventions) {
  if (split.files.size() != block.fields.size())
    fail("data '%s': its %s split names %zu files for %zu fields", block.name.c_str(),
         split.name.c_str(), split.files.size(), block.fields.size());
  Dataset dataset;
  std::string firstOrigin;
  for (size_t i = 0; i < split.files.size(); ++i) {
    std::string path = joinPath(folder, split.files[i]);
    Array array = readArray(path);
    int64_t examples = array.shape.empty() ? 0 : array.shape[0];
    if (i == 0) {
      dataset.examples = examples;
      firstOrigin = path;
    } else if (examples != dataset.examples) {
      fail("%s holds %lld examples, but %s holds %lld", path.c_str(),
           static_cast<long long>(examples), firstOrigin.c_str(),
           static_cast<long long>(dataset.examples));
    }
    dataset.fields.push_back(
        fieldFromArray(block.fields[i], std::move(array), conventions, split.isTraining()));
  }
  return dataset;
}

static bool isNamedNpy(const std::string &path) { return extensionOf(path) == ".npy"; }
static bool isNamedCsv(const std::string &path) {
  std::string extension = extensionOf(path);
  return extension == ".csv" || extension == ".tsv" || extension == ".txt";
}
static bool isNamedIdx(const std::string &path) {
  return extensionOf(path) == ".idx" ||
         (path.find("-idx") != std::string::npos && !isNamedCsv(path) && !isNamedNpy(path));
}
static bool isNamedTimeSeries(const std::string &path) { return extensionOf(path) == ".ts"; }
/// Names that end in .bin or .txt do not tell the kind.
static bool matchesNoName(const std::string &) { return false; }
static bool matchesNoContent(std::string_view) { return false; }

/// The strictest checks stand first.
static constexpr Reader table[] = {
    {"idx", isNamedIdx, isIdx, readArrays<readIdx>, readIdx},
    {"npy", isNamedNpy, isNpy, readArrays<readNpy>, readNpy},
    {"cifar", matchesNoName, isCifar, readCifarSplit, nullptr},
    {"ts", isNamedTimeSeries, isTimeSeries, readTimeSeriesSplit, nullptr},
    {"csv", isNamedCsv, isUtf8Text, readCsvSplit, nullptr},
    // csv has the same content and stands first.
    {"text", matchesNoName, isUtf8Text, readTextSplit, nullptr},
    {"lines", matchesNoName, isUtf8Text, readLinesSplit, nullptr},
    {"images", isNamedImage, matchesNoContent, readImagesSplit, nullptr},
    {"random", matchesNoName, matchesNoContent, drawSplit, nullptr},
    {"made", matchesNoName, matchesNoContent, makeSplit, nullptr},
};

std::span<const Reader> readers() { return table; }

const Reader *findReader(std::string_view name) {
  for (const Reader &reader : table)
    if (reader.name == name)
      return &reader;
  return nullptr;
}

const Reader *readerOf(const std::string &path) {
  std::string name = withoutGz(path);
  for (const Reader &reader : table)
    if (reader.named(name))
      return &reader;
  return nullptr;
}

std::string otherKind(const Reader &reader, const std::string &path) {
  Bytes content;
  try {
    if (path != "-")
      content = readFileOrGz(path);
  } catch (const Error &) {
    return "";
  }
  std::string_view view(content.data(), content.size());
  if (view.empty() || reader.check(view))
    return "";
  for (const Reader &other : table)
    if (other.check(view))
      return text(": it looks like a file for %s(...)", other.name);
  return "";
}

} // namespace nnc::runtime
