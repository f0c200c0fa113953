#include "tests/parity/GoldenCase.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <bit>

namespace json = llvm::json;

namespace nnc::parity {
namespace {

llvm::Error invalid(const std::string &path, const std::string &what) {
  return llvm::createStringError(path + ": " + what);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(const std::string &path) {
  auto buffer =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return invalid(path, buffer.getError().message());
  return std::move(*buffer);
}

struct ElementReader {
  llvm::StringRef name;
  size_t width;
  double (*read)(const char *);
};

constexpr ElementReader elementReaders[] = {
    {"F64", 8,
     [](const char *data) { return std::bit_cast<double>(llvm::support::endian::read64le(data)); }},
    {"F32", 4,
     [](const char *data) {
       return static_cast<double>(std::bit_cast<float>(llvm::support::endian::read32le(data)));
     }},
    {"I32", 4,
     [](const char *data) {
       return static_cast<double>(static_cast<int32_t>(llvm::support::endian::read32le(data)));
     }},
    {"U8", 1, [](const char *data) { return static_cast<double>(static_cast<uint8_t>(*data)); }},
};

/// Reads one entry of the header; the data of all tensors is `data`.
llvm::Expected<GoldenTensor> readTensor(const json::Object &entry, llvm::StringRef data) {
  auto type = entry.getString("dtype");
  const json::Array *shape = entry.getArray("shape");
  const json::Array *offsets = entry.getArray("data_offsets");
  if (!type || !shape || !offsets || offsets->size() != 2)
    return llvm::createStringError("an entry without dtype, shape or data_offsets");
  const auto *reader =
      llvm::find_if(elementReaders, [&](auto &known) { return known.name == *type; });
  if (reader == std::end(elementReaders))
    return llvm::createStringError("unknown dtype " + type->str());
  GoldenTensor tensor;
  tensor.integer = *type == "I32" || *type == "U8";
  for (const json::Value &size : *shape)
    tensor.array.shape.push_back(size.getAsInteger().value_or(-1));
  int64_t begin = (*offsets)[0].getAsInteger().value_or(-1);
  int64_t end = (*offsets)[1].getAsInteger().value_or(-1);
  int64_t count = elementCount(tensor.array.shape);
  if (begin < 0 || end > static_cast<int64_t>(data.size()) || count < 0 ||
      end - begin != count * static_cast<int64_t>(reader->width))
    return llvm::createStringError("data_offsets that do not fit");
  for (int64_t i = 0; i < count; ++i)
    tensor.array.values.push_back(
        reader->read(data.data() + begin + i * static_cast<int64_t>(reader->width)));
  return tensor;
}

/// The member as a number, or 0.
double number(const json::Object &object, llvm::StringRef key) {
  return object.getNumber(key).value_or(0);
}

} // namespace

const Array *GoldenCase::find(const std::string &tensor) const {
  auto found = tensors.find(tensor);
  return found == tensors.end() ? nullptr : &found->second.array;
}

std::vector<std::string> GoldenCase::named(const std::string &role) const {
  std::vector<std::string> result;
  for (const auto &[name, tensor] : tensors)
    if (tensor.role == role)
      result.push_back(name);
  return result;
}

llvm::Expected<GoldenCase> readGoldenCase(const std::string &path) {
  auto buffer = readFile(path);
  if (!buffer)
    return buffer.takeError();
  llvm::StringRef bytes = (*buffer)->getBuffer();
  uint64_t headerSize = bytes.size() < 8 ? ~0ull : llvm::support::endian::read64le(bytes.data());
  if (bytes.size() < 8 || headerSize > bytes.size() - 8)
    return invalid(path, "no safetensors header");
  llvm::Expected<json::Value> header = json::parse(bytes.substr(8, headerSize));
  if (!header)
    return header.takeError();
  const json::Object *entries = header->getAsObject();
  const json::Object *metadata = entries ? entries->getObject("__metadata__") : nullptr;
  std::optional<llvm::StringRef> text =
      metadata ? metadata->getString("case") : std::optional<llvm::StringRef>();
  if (!text)
    return invalid(path, "no metadata of a case");
  llvm::Expected<json::Value> description = json::parse(*text);
  if (!description)
    return description.takeError();
  const json::Object *about = description->getAsObject();
  const json::Object *roles = about ? about->getObject("roles") : nullptr;
  if (!roles)
    return invalid(path, "metadata without roles");

  GoldenCase result;
  result.name = about->getString("case").value_or("").str();
  result.kind = about->getString("kind").value_or("").str();
  if (const json::Object *data = about->getObject("data");
      data && !entries->get("rows") && !entries->get("tokens")) {
    llvm::SmallString<128> images(llvm::sys::path::parent_path(llvm::sys::path::parent_path(path)));
    llvm::sys::path::append(images, "data", data->getString("file").value_or(""));
    result.images = images.str().str();
  }
  for (const auto &[name, entry] : *entries) {
    if (name == "__metadata__")
      continue;
    const json::Object *object = entry.getAsObject();
    if (!object)
      return invalid(path, "an entry that is not an object");
    llvm::Expected<GoldenTensor> tensor = readTensor(*object, bytes.drop_front(8 + headerSize));
    if (!tensor)
      return invalid(path, name.str() + ": " + llvm::toString(tensor.takeError()));
    tensor->role = roles->getString(name).value_or("").str();
    if (tensor->role.empty())
      return invalid(path, name.str() + " has no role");
    result.tensors.emplace(name.str(), std::move(*tensor));
  }
  return result;
}

llvm::Expected<std::vector<GoldenInitialiser>> readGoldenInitialisers(const std::string &path) {
  auto buffer = readFile(path);
  if (!buffer)
    return buffer.takeError();
  llvm::Expected<json::Value> document = json::parse((*buffer)->getBuffer());
  if (!document)
    return document.takeError();
  const json::Object *root = document->getAsObject();
  const json::Array *weights = root ? root->getArray("weights") : nullptr;
  if (!weights)
    return invalid(path, "no list of weights");
  std::vector<GoldenInitialiser> result;
  for (const json::Value &weight : *weights) {
    const json::Object *object = weight.getAsObject();
    const json::Array *shape = object ? object->getArray("shape") : nullptr;
    const json::Object *initialisers = object ? object->getObject("initialisers") : nullptr;
    if (!shape || !initialisers)
      return invalid(path, "a weight without shape or initialisers");
    for (const auto &[name, value] : *initialisers) {
      const json::Object *entry = value.getAsObject();
      const json::Object *expected = entry ? entry->getObject("expected") : nullptr;
      if (!expected)
        return invalid(path, name.str() + " without what is expected");
      GoldenInitialiser initialiser;
      initialiser.name = name.str();
      for (const json::Value &size : *shape)
        initialiser.shape.push_back(size.getAsInteger().value_or(-1));
      initialiser.mean = number(*expected, "mean");
      initialiser.deviation = number(*expected, "std");
      initialiser.meanError = number(*entry, "mean_std_error");
      initialiser.deviationError = number(*entry, "std_std_error");
      initialiser.bounded = expected->getNumber("min").has_value();
      initialiser.low = number(*expected, "min");
      initialiser.high = number(*expected, "max");
      result.push_back(std::move(initialiser));
    }
  }
  llvm::sort(result, [](const GoldenInitialiser &a, const GoldenInitialiser &b) {
    return std::pair(a.shape.size(), a.name) < std::pair(b.shape.size(), b.name);
  });
  return result;
}

} // namespace nnc::parity
