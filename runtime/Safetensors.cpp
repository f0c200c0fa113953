#include "runtime/Safetensors.h"

#include "runtime/Json.h"

#include <cstring>
#include <optional>

namespace nnc::runtime {

static constexpr std::pair<DType, const char *> fileTypes[] = {
    {DType::F32, "F32"}, {DType::F64, "F64"}, {DType::I32, "I32"},
    {DType::I64, "I64"}, {DType::U8, "U8"},   {DType::U8, "BOOL"}};

static std::optional<DType> parseFileType(const std::string &name) {
  for (auto [dtype, candidate] : fileTypes)
    if (name == candidate)
      return dtype;
  return std::nullopt;
}

static const char *fileTypeName(DType dtype) {
  for (auto [candidate, name] : fileTypes)
    if (candidate == dtype)
      return name;
  return "";
}

/// One tensor's entry of the header, checked against the size of the data. False if its type is
/// unknown.
static bool parseEntry(const Json &entry, const char *data, size_t dataSize, StoredTensor &tensor) {
  std::optional<DType> dtype = parseFileType(entry.at("dtype").get<std::string>());
  for (const char *key : {"shape", "data_offsets"})
    for (const Json &number : entry.at(key))
      if (!number.is_number_unsigned())
        throw Error("its shape or place is not made of counts");
  tensor.shape = entry.at("shape").get<Shape>();
  auto offsets = entry.at("data_offsets").get<std::vector<uint64_t>>();
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > dataSize)
    throw Error("its data lies outside the file");
  int64_t count = 1;
  for (int64_t size : tensor.shape)
    if (size < 0 || __builtin_mul_overflow(count, size, &count))
      throw Error("its shape is impossible");
  if (!dtype)
    return false;
  tensor.dtype = *dtype;
  tensor.data = data + offsets[0];
  uint64_t bytes;
  if (__builtin_mul_overflow(static_cast<uint64_t>(count), sizeOf(*dtype), &bytes) ||
      bytes != offsets[1] - offsets[0])
    throw Error("its shape and its data disagree");
  return true;
}

Safetensors Safetensors::read(const std::string &path) {
  Safetensors file;
  file.path = path;
  file.content = readFile(path);
  const Bytes &content = file.content;
  uint64_t headerSize = 0;
  if (content.size() >= 8)
    std::memcpy(&headerSize, content.data(), 8);
  if (content.size() < 10 || content[8] != '{')
    fail("%s: not a safetensors file", path.c_str());
  if (headerSize > content.size() - 8)
    fail("%s: truncated within its header", path.c_str());
  Json header = parseJson(std::string_view(content.data() + 8, headerSize), path);
  const char *data = content.data() + 8 + headerSize;
  size_t dataSize = content.size() - 8 - headerSize;
  for (const auto &[name, entry] : header.items()) {
    try {
      if (name == "__metadata__") {
        for (const auto &[key, value] : entry.items())
          file.entries[key] = value.get<std::string>();
        continue;
      }
      StoredTensor tensor;
      tensor.name = name;
      if (parseEntry(entry, data, dataSize, tensor)) {
        file.places[name] = file.list.size();
        file.list.push_back(std::move(tensor));
      }
    } catch (const Error &error) {
      fail("%s: truncated or damaged: tensor '%s': %s", path.c_str(), printable(name).c_str(),
           error.what());
    } catch (const Json::exception &) {
      fail("%s: damaged: the entry '%s' of its header", path.c_str(), printable(name).c_str());
    }
  }
  return file;
}

const StoredTensor *Safetensors::find(const std::string &name) const {
  auto found = places.find(name);
  return found == places.end() ? nullptr : &list[found->second];
}

std::string Safetensors::metadata(const std::string &key) const {
  auto found = entries.find(key);
  return found == entries.end() ? std::string() : found->second;
}

void writeSafetensors(const std::string &path, const std::vector<StoredTensor> &tensors,
                      const Metadata &metadata) {
  Json header = Json::object();
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const StoredTensor &tensor : tensors) {
    header[tensor.name] = {{"dtype", fileTypeName(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  std::string text = dumpJson(header);
  // Data that begins at a multiple of 64 can be used where the file is mapped into memory.
  text.append((64 - (8 + text.size()) % 64) % 64, ' ');
  uint64_t headerSize = text.size();
  AtomicFile file(path);
  file.write(reinterpret_cast<const char *>(&headerSize), 8);
  file.write(text);
  for (const StoredTensor &tensor : tensors)
    file.write(tensor.data, tensor.bytes());
  file.commit();
}

} // namespace nnc::runtime
