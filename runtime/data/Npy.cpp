// Implements the reader and the writer of NPY files: magic, version, a Python literal, elements.
#include "runtime/data/Npy.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <bit>

namespace nnc::runtime {

namespace {

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
    bool known = (kind == 'b' && size == 1) ||
                 ((kind == 'u' || kind == 'i') && std::has_single_bit(unsigned(size))) ||
                 (kind == 'f' && (size == 2 || size == 4 || size == 8));
    if (!known)
      unsupported("the element type " + printable(rest.substr(0, std::min<size_t>(quote + 1, 16))));
    bigEndian = order == '>';
    return {kind, size};
  }

  bool columnMajor() const {
    std::string_view rest = valueOf("'fortran_order'");
    if (!rest.starts_with("False") && !rest.starts_with("True"))
      damaged();
    return rest.starts_with("True");
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

bool isNpy(std::string_view content) { return content.starts_with("\x93NUMPY"); }

ArrayLayout layoutOfNpy(std::string_view content, const std::string &origin) {
  if (content.size() < 12 || !isNpy(content))
    fail("%s: not an NPY file", origin.c_str());
  auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(content[i])); };
  size_t length = byte(8) | byte(9) << 8, start = 10;
  if (content[6] >= 2) {
    length |= byte(10) << 16 | byte(11) << 24;
    start = 12;
  }
  if (length > content.size() - start)
    fail("%s: truncated within its header", origin.c_str());
  NpyHeader header(content.substr(start, length), origin);
  ArrayLayout layout;
  layout.type = header.type(layout.bigEndian);
  layout.columnMajor = header.columnMajor();
  layout.shape = header.shape();
  layout.start = start + length;
  return layout;
}

Array parseNpy(Bytes content, const std::string &origin) {
  const ArrayLayout layout = layoutOfNpy({content.data(), content.size()}, origin);
  return takeElements(std::move(content), layout, origin);
}

Array readNpy(const std::string &path) { return parseNpy(readFileOrGz(path), path); }

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
