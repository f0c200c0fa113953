// Implements splits whose files hold arrays.
#include "runtime/data/ArrayFiles.h"

#include "runtime/data/Idx.h"
#include "runtime/data/Npy.h"
#include "runtime/support/Error.h"
#include "runtime/support/Suggestion.h"

#include <algorithm>

namespace nnc::runtime {

namespace {

std::optional<FileType> typeOf(const TensorEntry &entry) {
  constexpr std::pair<const char *, FileType> types[] = {
      {"F64", {'f', 8}}, {"F32", {'f', 4}}, {"F16", {'f', 2}}, {"BF16", {'h', 2}},
      {"I64", {'i', 8}}, {"I32", {'i', 4}}, {"I16", {'i', 2}}, {"I8", {'i', 1}},
      {"U64", {'u', 8}}, {"U32", {'u', 4}}, {"U16", {'u', 2}}, {"U8", {'u', 1}},
      {"BOOL", {'b', 1}}};
  for (const auto &[name, type] : types)
    if (entry.type == name)
      return type;
  return std::nullopt;
}

/// Where the array of a field stands.
struct Place {
  std::string path;
  ArrayLayout layout;
};

/// A dataset of the arrays of all fields, which hold as many examples: in memory those that `array`
/// gives, else those at the places that `place` gives.
template <typename ArrayOf, typename PlaceOf>
Dataset readFields(const DataBlock &block, const DataSplit &split, DataConventions &conventions,
                   const ArrayOf &arrayOf, const PlaceOf &placeOf) {
  Dataset dataset;
  std::string first;
  auto count = [&](const Shape &shape, const std::string &origin) {
    const int64_t examples = shape.empty() ? 0 : shape[0];
    if (!first.empty() && examples != dataset.examples)
      fail("%s holds %lld examples, but %s holds %lld", origin.c_str(),
           static_cast<long long>(examples), first.c_str(),
           static_cast<long long>(dataset.examples));
    dataset.examples = examples;
    if (first.empty())
      first = origin;
  };
  const bool training = split.isTraining();
  for (size_t i = 0; i < block.fields.size(); ++i) {
    const DataField &field = block.fields[i];
    if (split.memory) {
      const Place place = placeOf(i);
      count(place.layout.shape, place.path);
      dataset.fields.push_back(
          fieldFromFile(field, place.path, place.layout, conventions, training));
    } else {
      Array array = arrayOf(i);
      count(array.shape, array.origin);
      dataset.fields.push_back(fieldFromArray(field, std::move(array), conventions, training));
    }
  }
  return dataset;
}

/// A file for each field.
Dataset readFiles(const DataBlock &block, const DataSplit &split, const std::string &folder,
                  DataConventions &conventions, Array (*readArray)(const std::string &),
                  ArrayLayout (*layoutOf)(std::string_view, const std::string &)) {
  if (split.files.size() != block.fields.size())
    fail("data '%s': its %s split names %zu files for %zu fields", block.name.c_str(),
         split.name.c_str(), split.files.size(), block.fields.size());
  auto path = [&](size_t i) { return joinPath(folder, split.files[i]); };
  return readFields(
      block, split, conventions, [&](size_t i) { return readArray(path(i)); },
      [&](size_t i) {
        const RandomAccessFile file(path(i));
        constexpr uint64_t longestHeader = (1 << 16) + 12;
        const Bytes begin = file.read(0, std::min(longestHeader, file.size()));
        const std::string_view view(begin.data(), begin.size());
        if (view.starts_with("\x1f\x8b"))
          fail("%s: it is compressed, so that parts of it cannot be read: `memory` takes plain "
               "files",
               path(i).c_str());
        const ArrayLayout layout = layoutOf(view, path(i));
        const uint64_t end = layout.start + layout.bytes(path(i));
        if (file.size() > end)
          fail("%s: it has %llu bytes more than its header promises (%s)", path(i).c_str(),
               static_cast<unsigned long long>(file.size() - end), describe(layout.shape).c_str());
        return Place{path(i), layout};
      });
}

} // namespace

NamedArrays::NamedArrays(const std::string &path) : path(path) {
  if (isZip(beginningOf(path, 4)))
    npz.emplace(path);
  else if (isSafetensors(beginningOf(path, 9)))
    entries = readTensorEntries(path);
  else {
    const RandomAccessFile file(path); // says if it cannot be read
    fail("%s: %s", path.c_str(),
         file.size() ? "neither an NPZ nor a safetensors file" : "it is empty");
  }
}

std::vector<std::string> NamedArrays::names() const {
  if (npz)
    return npz->names();
  std::vector<std::string> result;
  for (const TensorEntry &entry : entries)
    result.push_back(entry.name);
  return result;
}

const TensorEntry *NamedArrays::entry(const std::string &name) const {
  auto found = std::ranges::find(entries, name, &TensorEntry::name);
  return found == entries.end() ? nullptr : &*found;
}

bool NamedArrays::has(const std::string &name) const {
  return npz ? npz->has(name) : entry(name) != nullptr;
}

void NamedArrays::check(const std::string &name) const {
  if (names().empty())
    fail("%s: it has no arrays", path.c_str());
  if (!has(name))
    fail("%s: it has no array '%s'%s", path.c_str(), printable(name).c_str(),
         suggestionOrAll(name, names()).c_str());
}

Array NamedArrays::read(const std::string &name) const {
  check(name);
  if (npz)
    return npz->read(name);
  ArrayLayout layout = this->layout(name);
  const std::string origin = path + ": '" + printable(name) + "'";
  Bytes content = RandomAccessFile(path).read(layout.start, layout.bytes(origin));
  layout.start = 0;
  return takeElements(std::move(content), layout, origin);
}

ArrayLayout NamedArrays::layout(const std::string &name) const {
  check(name);
  if (npz)
    return npz->layout(name);
  const TensorEntry &found = *entry(name);
  const std::optional<FileType> type = typeOf(found);
  if (!type)
    fail("%s: '%s' holds %s, which is not supported", path.c_str(), printable(name).c_str(),
         printable(found.type).c_str());
  ArrayLayout layout{found.shape, *type, false, false, static_cast<size_t>(found.begin)};
  if (layout.bytes(path) != found.end - found.begin)
    fail("%s: the shape of '%s' and its data disagree", path.c_str(), printable(name).c_str());
  return layout;
}

std::string arrayOf(const DataField &field, const DataSplit &split) {
  auto given = split.columns.find(field.name);
  if (given == split.columns.end() || given->second.size() != 1)
    return field.name;
  auto *name = std::get_if<std::string>(&given->second[0]);
  return name ? *name : field.name;
}

Dataset readIdxSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     DataConventions &conventions) {
  return readFiles(block, split, folder, conventions, readIdx, layoutOfIdx);
}

Dataset readNpySplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                     DataConventions &conventions) {
  return readFiles(block, split, folder, conventions, readNpy, layoutOfNpy);
}

Dataset readNamedArraysSplit(const DataBlock &block, const DataSplit &split,
                             const std::string &folder, DataConventions &conventions) {
  if (split.files.size() != 1)
    fail("data '%s': its %s split names %zu files, and one has all arrays", block.name.c_str(),
         split.name.c_str(), split.files.size());
  const std::string path = joinPath(folder, split.files[0]);
  const NamedArrays arrays(path);
  auto name = [&](size_t i) { return arrayOf(block.fields[i], split); };
  return readFields(
      block, split, conventions, [&](size_t i) { return arrays.read(name(i)); },
      [&](size_t i) { return Place{path, arrays.layout(name(i))}; });
}

bool isSafetensors(std::string_view content) {
  return content.size() >= 9 && content[8] == '{' &&
         content.substr(4, 4) == std::string_view("\0\0\0\0", 4);
}

} // namespace nnc::runtime
