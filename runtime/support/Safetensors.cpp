// Implements the safetensors format: a length, a JSON header, the tensors.
#include "runtime/support/Safetensors.h"

#include "runtime/support/AtomicFile.h"
#include "runtime/support/Json.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

namespace {

/// An element type of the format that the runtime can use.
struct StoredType {
  const char *name;
  DType dtype; ///< that it is read as
  int size;    ///< bytes in the file
};

/// The first one of each dtype is the one that is written.
constexpr StoredType fileTypes[] = {{"F32", DType::F32, 4}, {"F64", DType::F64, 8},
                                    {"I32", DType::I32, 4}, {"I64", DType::I64, 8},
                                    {"U8", DType::U8, 1},   {"BOOL", DType::U8, 1},
                                    {"F16", DType::F32, 2}, {"BF16", DType::F32, 2}};

/// The format's own limit for the size of a header.
constexpr uint64_t largestHeader = 100'000'000;

const StoredType *findFileType(const std::string &name) {
  for (const StoredType &type : fileTypes)
    if (name == type.name)
      return &type;
  return nullptr;
}

const char *fileTypeName(DType dtype) {
  for (const StoredType &type : fileTypes)
    if (type.dtype == dtype)
      return type.name;
  return "";
}

/// `start` is the place of the data in the file.
TensorEntry parseEntry(const std::string &name, const Json &json, uint64_t start) {
  for (const char *key : {"shape", "data_offsets"})
    for (const Json &number : json.at(key))
      if (!number.is_number_unsigned())
        throw Error("its shape or place is not made of counts");
  auto offsets = json.at("data_offsets").get<std::vector<uint64_t>>();
  if (offsets.size() != 2 || offsets[0] > offsets[1])
    throw Error("its place is not a begin and an end");
  if (offsets[1] > UINT64_MAX - start)
    throw Error("its place is beyond any file");
  TensorEntry entry{name, json.at("dtype").get<std::string>(), json.at("shape").get<Shape>(),
                    start + offsets[0], start + offsets[1]};
  int64_t count = 1;
  for (int64_t size : entry.shape)
    if (size < 0 || __builtin_mul_overflow(count, size, &count))
      throw Error("its shape is impossible");
  const StoredType *type = findFileType(entry.type);
  uint64_t bytes;
  if (type && (__builtin_mul_overflow(static_cast<uint64_t>(count),
                                      static_cast<uint64_t>(type->size), &bytes) ||
               bytes != entry.end - entry.begin))
    throw Error("its shape and its data disagree");
  return entry;
}

/// The tensors take up the data without holes and without overlap, as the format demands.
void checkPlaces(const std::vector<TensorEntry> &entries, uint64_t start, uint64_t fileSize,
                 const std::string &path) {
  std::vector<const TensorEntry *> sorted;
  for (const TensorEntry &entry : entries)
    sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const TensorEntry *a, const TensorEntry *b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  uint64_t end = start;
  std::string last = "its header";
  for (const TensorEntry *entry : sorted) {
    std::string name = "tensor '" + printable(entry->name) + "'";
    if (entry->end > fileSize)
      fail("%s: truncated or damaged: the data of %s lies outside the file", path.c_str(),
           name.c_str());
    if (entry->begin < end)
      fail("%s: damaged: the data of %s and of %s overlap", path.c_str(), last.c_str(),
           name.c_str());
    if (entry->begin > end)
      fail("%s: damaged: %llu bytes between %s and %s belong to no tensor", path.c_str(),
           static_cast<unsigned long long>(entry->begin - end), last.c_str(), name.c_str());
    end = entry->end;
    last = std::move(name);
  }
  if (end < fileSize)
    fail("%s: damaged: %llu bytes behind %s belong to no tensor", path.c_str(),
         static_cast<unsigned long long>(fileSize - end), last.c_str());
}

/// Reads the header at the beginning of a file, which is left in `content`.
std::vector<TensorEntry> readHeader(InputFile &input, Bytes &content, Metadata &metadata,
                                    const std::string &path) {
  // A file of another kind is refused by its first bytes, however large it is.
  constexpr size_t beginning = 9;
  input.read(content, beginning);
  uint64_t headerSize = 0;
  if (content.size() == beginning)
    std::memcpy(&headerSize, content.data(), sizeof headerSize);
  if (headerSize < 2 || headerSize > largestHeader || content[beginning - 1] != '{')
    fail("%s: not a safetensors file", path.c_str());
  const uint64_t start = sizeof headerSize + headerSize;
  input.read(content, start - beginning);
  if (content.size() < start)
    fail("%s: truncated within its header", path.c_str());
  Json header = parseJson(std::string_view(content.data() + sizeof headerSize, headerSize), path);
  std::vector<TensorEntry> entries;
  for (const auto &[name, json] : header.items()) {
    try {
      if (name == "__metadata__")
        metadata = json.get<Metadata>();
      else
        entries.push_back(parseEntry(name, json, start));
    } catch (const Error &error) {
      fail("%s: damaged: tensor '%s': %s", path.c_str(), printable(name).c_str(), error.what());
    } catch (const Json::exception &) {
      fail("%s: damaged: the entry '%s' of its header", path.c_str(), printable(name).c_str());
    }
  }
  return entries;
}

} // namespace

std::vector<TensorEntry> readTensorEntries(const std::string &path) {
  InputFile input(path);
  Bytes content;
  Metadata metadata;
  std::vector<TensorEntry> entries = readHeader(input, content, metadata, path);
  checkPlaces(entries, content.size(), input.size(), path);
  return entries;
}

Safetensors Safetensors::read(const std::string &path) {
  Safetensors file;
  file.path = path;
  Bytes &content = file.content;
  InputFile input(path);
  std::vector<TensorEntry> entries = readHeader(input, content, file.entries, path);
  const uint64_t start = content.size();
  input.read(content);
  checkPlaces(entries, start, content.size(), path);
  for (TensorEntry &entry : entries) {
    const StoredType *type = findFileType(entry.type);
    if (!type) {
      file.otherTypes[entry.name] = entry.type;
      continue;
    }
    StoredTensor tensor{std::move(entry.name), type->dtype, std::move(entry.shape),
                        content.data() + entry.begin};
    if (type->size == 2) {
      Bytes &data = file.widened.emplace_back(tensor.bytes());
      convertEach<uint16_t>(tensor.data, data.data(), tensor.count(),
                            type->name == std::string_view("F16") ? halfToFloat : bfloat16ToFloat);
      tensor.data = data.data();
    }
    file.places[tensor.name] = file.list.size();
    file.list.push_back(std::move(tensor));
  }
  return file;
}

const StoredTensor *Safetensors::find(const std::string &name) const {
  auto found = places.find(name);
  if (found != places.end())
    return &list[found->second];
  if (auto other = otherTypes.find(name); other != otherTypes.end())
    fail("%s: tensor '%s' holds %s, which is not supported", path.c_str(), printable(name).c_str(),
         printable(other->second).c_str());
  return nullptr;
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
