#include "runtime/data/Array.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

namespace nnc::runtime {

static_assert(std::endian::native == std::endian::little, "files are little-endian, and so are we");

namespace {

/// An element type of a file.
struct FileType {
  char kind; ///< 'u', 'i', 'f' or 'b' (a bool)
  int size;  ///< bytes
};

void swapBytes(char *data, int64_t count, int size) {
  for (int64_t i = 0; i < count; ++i)
    std::reverse(data + i * size, data + (i + 1) * size);
}

template <typename From, typename Convert>
Bytes widen(const Bytes &data, int64_t count, Convert convert) {
  Bytes result(static_cast<size_t>(count) * sizeof(convert(From())));
  convertEach<From>(data.data(), result.data(), count, convert);
  return result;
}

template <typename From> int32_t toInteger(From value) { return value; }

/// Drops the first `start` bytes of `content`, checks its size and brings the elements into our
/// types.
void takeElements(Array &array, Bytes content, size_t start, FileType type, bool bigEndian) {
  // Also of an array without elements, the size of a part is counted.
  int64_t count = 1;
  bool empty = false;
  for (int64_t size : array.shape) {
    empty |= size == 0;
    if (__builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count))
      fail("%s: its dimensions are too large", array.origin.c_str());
  }
  if (empty)
    count = 0;
  size_t bytes;
  if (__builtin_mul_overflow(static_cast<size_t>(count), static_cast<size_t>(type.size), &bytes))
    fail("%s: its dimensions are too large", array.origin.c_str());
  size_t have = content.size() - start;
  if (have < bytes)
    fail("%s: truncated, its header promises %zu bytes of data (%s) and it has %zu",
         array.origin.c_str(), bytes, describe(array.shape).c_str(), have);
  if (have > bytes)
    fail("%s: it has %zu bytes more than its header promises (%s)", array.origin.c_str(),
         have - bytes, describe(array.shape).c_str());
  content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(start));
  if (bigEndian && type.size > 1)
    swapBytes(content.data(), count, type.size);
  if (type.kind == 'f' && type.size == 2) {
    array.dtype = DType::F32;
    array.bytes = widen<uint16_t>(content, count, halfToFloat);
  } else if (type.kind == 'f') {
    array.dtype = type.size == 4 ? DType::F32 : DType::F64;
    array.bytes = std::move(content);
  } else if (type.kind == 'u' && type.size == 1) {
    array.dtype = DType::U8;
    array.bytes = std::move(content);
  } else if (type.size == 8) {
    array.dtype = DType::I64;
    array.bytes = std::move(content);
  } else {
    array.dtype = DType::I32;
    if (type.size == 4)
      array.bytes = std::move(content);
    else if (type.size == 2)
      array.bytes = type.kind == 'u' ? widen<uint16_t>(content, count, toInteger<uint16_t>)
                                     : widen<int16_t>(content, count, toInteger<int16_t>);
    else if (type.kind == 'b')
      array.bytes =
          widen<uint8_t>(content, count, [](uint8_t value) { return int32_t(value != 0); });
    else
      array.bytes = widen<int8_t>(content, count, toInteger<int8_t>);
  }
}

std::optional<FileType> idxType(unsigned char code) {
  switch (code) {
  case 0x08:
    return FileType{'u', 1};
  case 0x09:
    return FileType{'i', 1};
  case 0x0B:
    return FileType{'i', 2};
  case 0x0C:
    return FileType{'i', 4};
  case 0x0D:
    return FileType{'f', 4};
  case 0x0E:
    return FileType{'f', 8};
  }
  return std::nullopt;
}

/// Reads the header of an NPY file, a Python literal {'descr': '<f4', 'fortran_order': False,
/// 'shape': (3, 4), }.
class NpyHeader {
public:
  NpyHeader(std::string_view header, const std::string &origin) : header(header), origin(origin) {}

  FileType type(bool &bigEndian) const {
    std::string_view rest = valueOf("'descr'");
    if (rest.size() < 5 || rest[0] != '\'')
      unsupported("its element type");
    char order = rest[1], kind = rest[2];
    size_t quote = rest.find('\'', 1);
    std::string_view digits = rest.substr(3, quote == std::string_view::npos ? 0 : quote - 3);
    int size = digits.size() == 1 && digits[0] >= '1' && digits[0] <= '8' ? digits[0] - '0' : 0;
    bool known = (kind == 'b' && size == 1) || (kind == 'u' && (size == 1 || size == 2)) ||
                 (kind == 'i' && (size == 1 || size == 2 || size == 4 || size == 8)) ||
                 (kind == 'f' && (size == 2 || size == 4 || size == 8));
    if (!known)
      unsupported("the element type " + printable(rest.substr(0, std::min<size_t>(quote + 1, 16))));
    bigEndian = order == '>';
    return {kind, size};
  }

  void rejectFortranOrder() const {
    if (!valueOf("'fortran_order'").starts_with("False"))
      unsupported("column-major (Fortran) order");
  }

  Shape shape() const {
    std::string_view rest = valueOf("'shape'");
    size_t close = rest.find(')');
    if (rest.empty() || rest[0] != '(' || close == std::string_view::npos)
      damaged();
    Shape result;
    int64_t number = -1;
    bool open = true; // more digits may follow
    for (char c : rest.substr(1, close)) {
      if (c >= '0' && c <= '9' && open) {
        number = std::max<int64_t>(number, 0) * 10 + (c - '0');
        if (number > int64_t(1) << 50)
          damaged();
      } else if (c == ',' || c == ')') {
        if (number >= 0)
          result.push_back(number);
        number = -1;
        open = true;
      } else if (c == ' ' || c == 'L') {
        open = number < 0;
      } else {
        damaged();
      }
    }
    return result;
  }

private:
  std::string_view valueOf(std::string_view key) const {
    size_t place = header.find(key);
    if (place == std::string_view::npos)
      damaged();
    place = header.find_first_not_of(" :", place + key.size());
    if (place == std::string_view::npos)
      damaged();
    return header.substr(place);
  }
  [[noreturn]] void damaged() const { fail("%s: its NPY header is damaged", origin.c_str()); }
  [[noreturn]] void unsupported(const std::string &what) const {
    fail("%s: %s is not supported", origin.c_str(), what.c_str());
  }

  std::string_view header;
  const std::string &origin;
};

} // namespace

Array readIdx(const std::string &path) {
  Array array;
  array.origin = path;
  Bytes content = readFileOrGz(path);
  auto byte = [&](size_t i) { return static_cast<unsigned char>(content[i]); };
  if (content.size() < 4)
    fail("%s: not an IDX file: it has only %zu bytes", path.c_str(), content.size());
  std::optional<FileType> type = idxType(byte(2));
  size_t rank = byte(3);
  if (byte(0) != 0 || byte(1) != 0 || !type || rank == 0)
    fail("%s: not an IDX file: wrong magic number 0x%02x%02x%02x%02x", path.c_str(), byte(0),
         byte(1), byte(2), byte(3));
  if (content.size() < 4 + 4 * rank)
    fail("%s: truncated within its header", path.c_str());
  for (size_t i = 4; i < 4 + 4 * rank; i += 4)
    array.shape.push_back(int64_t(byte(i)) << 24 | int64_t(byte(i + 1)) << 16 |
                          int64_t(byte(i + 2)) << 8 | int64_t(byte(i + 3)));
  takeElements(array, std::move(content), 4 + 4 * rank, *type, true);
  return array;
}

Array readNpy(const std::string &path) {
  Array array;
  array.origin = path;
  Bytes content = readFileOrGz(path);
  if (content.size() < 12 || std::memcmp(content.data(), "\x93NUMPY", 6) != 0)
    fail("%s: not an NPY file", path.c_str());
  auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(content[i])); };
  size_t length = byte(8) | byte(9) << 8, start = 10;
  if (content[6] >= 2) {
    length |= byte(10) << 16 | byte(11) << 24;
    start = 12;
  }
  if (length > content.size() - start)
    fail("%s: truncated within its header", path.c_str());
  // The parser keeps a view into the content, which takeElements then takes.
  NpyHeader header(std::string_view(content.data() + start, length), path);
  bool bigEndian = false;
  FileType type = header.type(bigEndian);
  header.rejectFortranOrder();
  array.shape = header.shape();
  takeElements(array, std::move(content), start + length, type, bigEndian);
  return array;
}

std::string formatNpy(DType dtype, const Shape &shape, const char *data) {
  const char *type = "";
  switch (dtype) {
  case DType::F32:
    type = "<f4";
    break;
  case DType::F64:
    type = "<f8";
    break;
  case DType::I32:
    type = "<i4";
    break;
  case DType::I64:
    type = "<i8";
    break;
  case DType::U8:
    type = "|u1";
    break;
  }
  std::string header = text("{'descr': '%s', 'fortran_order': False, 'shape': (", type);
  for (int64_t size : shape)
    header += std::to_string(size) + ", ";
  header += "), }";
  // Magic, version, length, header and a newline fill a multiple of 64 bytes.
  header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  file += header;
  file.append(data, static_cast<size_t>(elementCount(shape)) * sizeOf(dtype));
  return file;
}

} // namespace nnc::runtime
