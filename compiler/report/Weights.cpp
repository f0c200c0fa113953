// Implements the reading of weight files.
#include "compiler/report/Weights.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <cstring>

namespace nnc::report {

std::optional<WeightFile> WeightFile::read(llvm::StringRef path, std::string &error) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    error = llvm::formatv("cannot read `{0}`: {1}", path, buffer.getError().message());
    return std::nullopt;
  }
  const std::string damaged = llvm::formatv("`{0}` is damaged: it is not a weight file", path);
  llvm::StringRef bytes = (*buffer)->getBuffer();
  if (bytes.size() < 8 || llvm::support::endian::read64le(bytes.data()) > bytes.size() - 8) {
    error = damaged;
    return std::nullopt;
  }
  const size_t headerSize = llvm::support::endian::read64le(bytes.data());
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(bytes.substr(8, headerSize));
  const llvm::json::Object *header = parsed ? parsed->getAsObject() : nullptr;
  if (!header) {
    if (!parsed)
      llvm::consumeError(parsed.takeError());
    error = damaged;
    return std::nullopt;
  }
  WeightFile result;
  std::vector<std::pair<std::string, Place>> found;
  const size_t dataSize = bytes.size() - 8 - headerSize;
  for (const auto &[key, value] : *header) {
    llvm::StringRef name = key;
    const llvm::json::Object *entry = value.getAsObject();
    if (name == "__metadata__" || name.starts_with("resume/") || !entry)
      continue;
    const llvm::StringRef type = entry->getString("dtype").value_or("");
    const llvm::json::Array *shape = entry->getArray("shape"),
                            *offsets = entry->getArray("data_offsets");
    if ((type != "F32" && type != "F64") || !shape || !offsets || offsets->size() != 2)
      continue;
    Place place;
    place.isDouble = type == "F64";
    uint64_t count = 1;
    for (const llvm::json::Value &size : *shape) {
      place.shape.push_back(size.getAsInteger().value_or(0));
      count *= uint64_t(place.shape.back());
    }
    place.begin = size_t((*offsets)[0].getAsInteger().value_or(-1));
    place.end = size_t((*offsets)[1].getAsInteger().value_or(-1));
    if (place.begin > place.end || place.end > dataSize ||
        (place.end - place.begin) / (place.isDouble ? 8 : 4) != count) {
      error = damaged;
      return std::nullopt;
    }
    place.begin += 8 + headerSize;
    place.end += 8 + headerSize;
    found.emplace_back(name.str(), std::move(place));
  }
  llvm::sort(found, [](const auto &left, const auto &right) {
    return std::pair(left.second.begin, left.first) < std::pair(right.second.begin, right.first);
  });
  for (auto &[name, place] : found) {
    result.order.push_back(name);
    result.places.push_back(std::move(place));
  }
  result.file = std::move(*buffer);
  return std::move(result);
}

std::optional<WeightTensor> WeightFile::tensor(llvm::StringRef name) const {
  auto found = llvm::find(order, name);
  if (found == order.end())
    return std::nullopt;
  const Place &place = places[size_t(found - order.begin())];
  WeightTensor tensor{name.str(), place.shape, {}};
  const char *data = file->getBufferStart() + place.begin;
  const size_t size = place.isDouble ? 8 : 4;
  for (size_t i = 0; i < (place.end - place.begin) / size; ++i) {
    if (place.isDouble) {
      double value;
      std::memcpy(&value, data + i * size, size);
      tensor.values.push_back(value);
    } else {
      float value;
      std::memcpy(&value, data + i * size, size);
      tensor.values.push_back(double(value));
    }
  }
  return tensor;
}

} // namespace nnc::report
