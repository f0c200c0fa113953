#include "tests/parity/TrainingData.h"

#include "runtime/data/Idx.h"
#include "runtime/support/Error.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"

#include <fmt/format.h>

namespace nnc::parity {
namespace {

constexpr double digitScale = 1.0 / 16; // the pixels of optdigits are 0 to 16
constexpr int64_t imageClasses = 10;
constexpr int64_t cifarChannels = 3, cifarSide = 32;
constexpr int64_t cifarRecord = 1 + cifarChannels * cifarSide * cifarSide;

bool isCifar(const GoldenCase &golden) { return llvm::StringRef(golden.images).ends_with(".bin"); }

/// Rows of pixels with the label in the last column.
void splitRows(const Array &rows, TrainingData &data) {
  int64_t columns = rows.shape[1];
  data.inputs.shape = {rows.shape[0], columns - 1};
  data.labels.shape = {rows.shape[0]};
  for (int64_t element = 0; element < rows.size(); ++element) {
    double value = rows.values[static_cast<size_t>(element)];
    if (element % columns == columns - 1)
      data.labels.values.push_back(value);
    else
      data.inputs.values.push_back(value * digitScale);
  }
}

/// The windows of a text at all positions; the targets are the tokens one further on.
void splitWindows(const std::vector<double> &tokens, int64_t length, TrainingData &data) {
  int64_t windows = static_cast<int64_t>(tokens.size()) - length;
  data.inputs.shape = data.labels.shape = {windows, length};
  for (int64_t window = 0; window < windows; ++window) {
    auto begin = tokens.begin() + window;
    data.inputs.values.insert(data.inputs.values.end(), begin, begin + length);
    data.labels.values.insert(data.labels.values.end(), begin + 1, begin + 1 + length);
  }
}

bool readCifar(const std::string &path, int64_t count, Array &images, std::string &error) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer || static_cast<int64_t>((*buffer)->getBufferSize()) < count * cifarRecord) {
    error = fmt::format("{} does not hold {} images", path, count);
    return false;
  }
  // One label and three planes of colour to a record.
  Array planes = {{count, cifarChannels, cifarSide, cifarSide}, {}};
  llvm::StringRef bytes = (*buffer)->getBuffer();
  for (int64_t element = 0; element < count * cifarRecord; ++element)
    if (element % cifarRecord != 0) {
      double pixel = static_cast<unsigned char>(bytes[static_cast<size_t>(element)]);
      planes.values.push_back((pixel / 255 - 0.5) / 0.25);
    }
  images = transposed(planes, std::vector<int64_t>{0, 2, 3, 1});
  return true;
}

bool readDigits(const std::string &path, int64_t count, Array &images, std::string &error) {
  try {
    runtime::Array file = runtime::readIdx(path);
    images.shape = {count, file.shape[1], file.shape[2], 1};
    if (file.dtype != runtime::DType::U8 || file.count() < elementCount(images.shape)) {
      error = fmt::format("{} does not hold {} images", path, count);
      return false;
    }
    for (int64_t element = 0; element < elementCount(images.shape); ++element)
      images.values.push_back(static_cast<unsigned char>(file.bytes[static_cast<size_t>(element)]) /
                              255.0);
    return true;
  } catch (const runtime::Error &failure) {
    error = failure.what();
    return false;
  }
}

} // namespace

TrainingTypes trainingTypes(const GoldenCase &golden) {
  if (golden.find("tokens")) {
    const std::vector<int64_t> &logits = golden.find("eval.output")->shape;
    std::string type = fmt::format("class[{}][{}]", logits[2], logits[1]);
    return {type, type, true};
  }
  std::vector<int64_t> shape = {28, 28, 1};
  if (golden.images.empty())
    shape = {golden.find("rows")->shape[1] - 1};
  else if (isCifar(golden))
    shape = {cifarSide, cifarSide, cifarChannels};
  return {typeText("float", shape), fmt::format("class[{}]", imageClasses)};
}

const Array &trainingBatches(const GoldenCase &golden) {
  return *golden.find(golden.find("tokens") ? "starts" : "indices");
}

bool readTrainingData(const GoldenCase &golden, TrainingData &data, std::string &error) {
  if (const Array *tokens = golden.find("tokens")) {
    splitWindows(tokens->values, golden.find("eval.output")->shape[1], data);
    return true;
  }
  if (golden.images.empty()) {
    splitRows(*golden.find("rows"), data);
    return true;
  }
  data.labels = *golden.find("labels");
  auto read = isCifar(golden) ? readCifar : readDigits;
  return read(golden.images, data.labels.size(), data.inputs, error);
}

} // namespace nnc::parity
