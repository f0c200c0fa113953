// Implements NPZ files: the directory at the end of a zip file, also with sizes of 64 bits, and its
// members, which are stored or deflated.
#include "runtime/data/Npz.h"

#include "runtime/data/Npy.h"
#include "runtime/support/Error.h"

#include <algorithm>
#include <zlib.h>

namespace nnc::runtime {

namespace {

constexpr uint16_t storedMethod = 0, deflatedMethod = 8, zip64Field = 1;
constexpr size_t endSize = 22, locatorSize = 20, end64Size = 56, entrySize = 46, localSize = 30;

/// Numbers of a zip file, which are little-endian.
class ZipBytes {
public:
  ZipBytes(std::string_view content) : content(content) {}

  template <typename T> T number(size_t at) const {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i)
      value = static_cast<T>(value | T{static_cast<uint8_t>(content[at + i])} << (8 * i));
    return value;
  }
  bool isSignature(size_t at, const char *two) const {
    return content.size() >= at + 4 && content[at] == 'P' && content[at + 1] == 'K' &&
           content.substr(at + 2, 2) == std::string_view(two, 2);
  }

private:
  std::string_view content;
};

struct Directory {
  uint64_t begin = 0, size = 0;
};

/// Finds the directory by what stands at the end of the file, behind which there may be a comment.
Directory findDirectory(const RandomAccessFile &file) {
  const char *origin = file.origin().c_str();
  const uint64_t length = std::min<uint64_t>(file.size(), endSize + 65535 + locatorSize);
  const Bytes content = file.read(file.size() - length, static_cast<size_t>(length));
  const ZipBytes tail({content.data(), content.size()});
  size_t end = content.size();
  for (size_t at = content.size() < endSize ? 0 : content.size() - endSize + 1; at-- > 0;)
    if (tail.isSignature(at, "\x05\x06")) {
      end = at;
      break;
    }
  if (end == content.size())
    fail("%s: not an NPZ file, or it is truncated: a zip file ends with its directory", origin);
  Directory directory{tail.number<uint32_t>(end + 16), tail.number<uint32_t>(end + 12)};
  if (end >= locatorSize && tail.isSignature(end - locatorSize, "\x06\x07")) {
    const auto place = tail.number<uint64_t>(end - locatorSize + 8);
    if (place > file.size() || file.size() - place < end64Size)
      fail("%s: the directory of the zip file is damaged", origin);
    const Bytes large = file.read(place, end64Size);
    const ZipBytes entry({large.data(), large.size()});
    if (!entry.isSignature(0, "\x06\x06"))
      fail("%s: the directory of the zip file is damaged", origin);
    directory = {entry.number<uint64_t>(48), entry.number<uint64_t>(40)};
  }
  if (directory.begin > file.size() || directory.size > file.size() - directory.begin)
    fail("%s: the directory of the zip file is damaged", origin);
  return directory;
}

} // namespace

bool isZip(std::string_view content) {
  return ZipBytes(content).isSignature(0, "\x03\x04") ||
         ZipBytes(content).isSignature(0, "\x05\x06");
}

NpzFile::NpzFile(const std::string &path) : file(path) {
  const Directory directory = findDirectory(file);
  const Bytes content = file.read(directory.begin, static_cast<size_t>(directory.size));
  const std::string_view view(content.data(), content.size());
  const ZipBytes zip(view);
  auto damaged = [&] { fail("%s: the directory of the zip file is damaged", path.c_str()); };
  for (size_t at = 0; at < view.size();) {
    if (view.size() - at < entrySize || !zip.isSignature(at, "\x01\x02"))
      damaged();
    Member member;
    member.flags = zip.number<uint16_t>(at + 8);
    member.method = zip.number<uint16_t>(at + 10);
    member.checksum = zip.number<uint32_t>(at + 16);
    member.compressed = zip.number<uint32_t>(at + 20);
    member.size = zip.number<uint32_t>(at + 24);
    member.header = zip.number<uint32_t>(at + 42);
    const size_t nameSize = zip.number<uint16_t>(at + 28), extra = zip.number<uint16_t>(at + 30),
                 comment = zip.number<uint16_t>(at + 32), nameAt = at + entrySize;
    if (view.size() - nameAt < nameSize + extra + comment)
      damaged();
    // Sizes that do not fit into 32 bits stand, in this order, in a field of the extra part.
    const size_t extraEnd = nameAt + nameSize + extra;
    for (size_t field = nameAt + nameSize; field + 4 <= extraEnd;) {
      size_t number = field + 4;
      const size_t fieldEnd = number + zip.number<uint16_t>(field + 2);
      if (fieldEnd > extraEnd)
        damaged();
      if (zip.number<uint16_t>(field) == zip64Field)
        for (uint64_t *value : {&member.size, &member.compressed, &member.header})
          if (*value == UINT32_MAX && number + 8 <= fieldEnd) {
            *value = zip.number<uint64_t>(number);
            number += 8;
          }
      field = fieldEnd;
    }
    std::string name(view.substr(nameAt, nameSize));
    if (name.ends_with(".npy"))
      name.resize(name.size() - 4);
    if (!members.emplace(name, member).second)
      fail("%s: two of its members are called '%s'", path.c_str(), printable(name).c_str());
    at = extraEnd + comment;
  }
}

std::vector<std::string> NpzFile::names() const {
  std::vector<std::string> result;
  for (const auto &[name, member] : members)
    result.push_back(name);
  return result;
}

std::string NpzFile::originOf(const std::string &name) const {
  return file.origin() + ": '" + printable(name) + "'";
}

uint64_t NpzFile::dataOf(const std::string &name, const Member &member) const {
  const std::string origin = originOf(name);
  if (member.flags & 1)
    fail("%s: it is encrypted", origin.c_str());
  if (member.method != storedMethod && member.method != deflatedMethod)
    fail("%s: it is compressed by method %u, and only deflate is read", origin.c_str(),
         member.method);
  if (member.header > file.size() || file.size() - member.header < localSize)
    fail("%s: its place in the zip file is damaged", origin.c_str());
  const Bytes local = file.read(member.header, localSize);
  const ZipBytes zip({local.data(), local.size()});
  const uint64_t data =
      member.header + localSize + zip.number<uint16_t>(26) + zip.number<uint16_t>(28);
  if (!zip.isSignature(0, "\x03\x04") || data > file.size() ||
      file.size() - data < member.compressed ||
      (member.method == storedMethod && member.compressed != member.size))
    fail("%s: its place in the zip file is damaged", origin.c_str());
  return data;
}

Array NpzFile::read(const std::string &name) const {
  const Member &member = members.at(name);
  const std::string origin = originOf(name);
  Bytes content = file.read(dataOf(name, member), static_cast<size_t>(member.compressed));
  if (member.method == deflatedMethod)
    content = inflate(content, member.size, origin);
  const auto *bytes = reinterpret_cast<const Bytef *>(content.data());
  if (crc32_z(crc32_z(0, nullptr, 0), bytes, content.size()) != member.checksum)
    fail("%s: it is damaged: its checksum is another one", origin.c_str());
  return parseNpy(std::move(content), origin);
}

ArrayLayout NpzFile::layout(const std::string &name) const {
  const Member &member = members.at(name);
  const std::string origin = originOf(name);
  const uint64_t data = dataOf(name, member);
  if (member.method != storedMethod)
    fail("%s: it is compressed, so that parts of it cannot be read: save it with numpy.savez",
         origin.c_str());
  constexpr uint64_t most = 65536 + 12; // of a header of version 1
  const Bytes begin = file.read(data, static_cast<size_t>(std::min(most, member.size)));
  ArrayLayout layout = layoutOfNpy({begin.data(), begin.size()}, origin);
  if (member.size - layout.start != layout.bytes(origin))
    fail("%s: its size is not that of its array", origin.c_str());
  layout.start += data;
  return layout;
}

} // namespace nnc::runtime
