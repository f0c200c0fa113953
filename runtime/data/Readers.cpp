// Implements the table of readers.
#include "runtime/data/Readers.h"

#include "runtime/data/ArrayFiles.h"
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

static bool isNamedNpy(const std::string &path) { return extensionOf(path) == ".npy"; }
static bool isNamedNpz(const std::string &path) { return extensionOf(path) == ".npz"; }
static bool isNamedSafetensors(const std::string &path) {
  return extensionOf(path) == ".safetensors";
}
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

decltype(Reader::read) cifarReader = nullptr, timeSeriesReader = nullptr;

template <decltype(Reader::read) *reader>
static Dataset readIfLinked(const DataBlock &block, const DataSplit &split,
                            const std::string &folder, DataConventions &conventions) {
  if (!*reader)
    fail("this program is linked without the reader %s", split.reader.c_str());
  return (*reader)(block, split, folder, conventions);
}

/// The strictest checks stand first.
static constexpr Reader table[] = {
    {"idx", isNamedIdx, isIdx, readIdxSplit, readIdx},
    {"npy", isNamedNpy, isNpy, readNpySplit, readNpy},
    {"npz", isNamedNpz, isZip, readNamedArraysSplit, nullptr},
    {"safetensors", isNamedSafetensors, isSafetensors, readNamedArraysSplit, nullptr},
    {"cifar", matchesNoName, isCifar, readIfLinked<&cifarReader>, nullptr},
    {"ts", isNamedTimeSeries, isTimeSeries, readIfLinked<&timeSeriesReader>, nullptr},
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
  auto is = [](const Reader &one, std::string_view name) { return one.name == name; };
  for (const Reader &other : table)
    if (other.check(view)) // a table may list images
      return is(reader, "images") && is(other, "csv")
                 ? ""
                 : text(": it looks like a file for %s(...)", other.name);
  return "";
}

} // namespace nnc::runtime
