// Implements the reading of files and of gz streams, and the parts of their names.
#include "runtime/support/File.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace nnc::runtime {

InputFile::InputFile(const std::string &path)
    : path(path), descriptor(path == "-" ? 0 : open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor < 0)
    fail("%s: %s", path.c_str(), systemMessage(errno).c_str());
  struct stat status;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
    expected = static_cast<size_t>(status.st_size);
}

InputFile::~InputFile() {
  if (path != "-")
    close(descriptor);
}

void InputFile::read(Bytes &content, size_t count) {
  size_t size = content.size(), wanted = count > SIZE_MAX - size ? SIZE_MAX : size + count;
  // One byte more than expected, so that the end is seen without growing.
  content.resize(std::min(wanted, std::max(size, expected) + 1));
  while (size < wanted) {
    if (size == content.size())
      content.resize(std::min(wanted, content.size() * 2 + 65536));
    ssize_t got = ::read(descriptor, content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      fail("%s: %s", path.c_str(), systemMessage(errno).c_str());
    if (got == 0)
      break;
    size += static_cast<size_t>(got);
  }
  content.resize(size);
}

RandomAccessFile::RandomAccessFile(const std::string &path)
    : path(path), descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor < 0)
    fail("%s: %s", path.c_str(), systemMessage(errno).c_str());
  struct stat status;
  const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular) {
    close(descriptor);
    fail("%s: it is not a regular file, of which parts can be read", path.c_str());
  }
  length = static_cast<uint64_t>(status.st_size);
}

RandomAccessFile::~RandomAccessFile() { close(descriptor); }

void RandomAccessFile::read(char *to, size_t count, uint64_t offset) const {
  while (count > 0) {
    const ssize_t got = pread(descriptor, to, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      fail("%s: %s", path.c_str(), systemMessage(errno).c_str());
    if (got == 0)
      fail("%s: it ends at byte %llu", path.c_str(), static_cast<unsigned long long>(offset));
    to += got;
    count -= static_cast<size_t>(got);
    offset += static_cast<uint64_t>(got);
  }
}

Bytes RandomAccessFile::read(uint64_t offset, size_t count) const {
  Bytes content(count);
  read(content.data(), count, offset);
  return content;
}

Bytes readFile(const std::string &path) {
  Bytes content;
  InputFile(path).read(content);
  return content;
}

std::string beginningOf(const std::string &path, size_t size) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return "";
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return "";
  std::string content(size, '\0');
  ssize_t got = read(descriptor, content.data(), size);
  close(descriptor);
  content.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return content;
}

static Bytes decompress(const Bytes &compressed, const std::string &path) {
  // The last four bytes say the size of the content; only a hint, hence the bound by what deflate
  // can reach.
  size_t hint = 0;
  if (compressed.size() >= 18) {
    const unsigned char *end =
        reinterpret_cast<const unsigned char *>(compressed.data()) + compressed.size();
    hint = size_t(end[-4]) | size_t(end[-3]) << 8 | size_t(end[-2]) << 16 | size_t(end[-1]) << 24;
    hint = std::min(hint, compressed.size() * 1032);
  }
  Bytes content(hint + 1);
  z_stream stream = {};
  if (inflateInit2(&stream, 15 + 16) != Z_OK)
    fail("%s: not enough memory to decompress it", path.c_str());
  struct End {
    z_stream *stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};
  size_t consumed = 0, produced = 0;
  while (true) {
    if (produced == content.size())
      content.resize(content.size() * 2 + 65536);
    size_t input = std::min<size_t>(compressed.size() - consumed, UINT_MAX);
    size_t room = std::min<size_t>(content.size() - produced, UINT_MAX);
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(compressed.data() + consumed));
    stream.avail_in = static_cast<uInt>(input);
    stream.next_out = reinterpret_cast<Bytef *>(content.data() + produced);
    stream.avail_out = static_cast<uInt>(room);
    int status = ::inflate(&stream, Z_NO_FLUSH);
    consumed += input - stream.avail_in;
    produced += room - stream.avail_out;
    if (status == Z_STREAM_END) {
      // Another member may follow; zeros fill up the blocks of tapes.
      while (consumed < compressed.size() && compressed[consumed] == 0)
        ++consumed;
      if (consumed == compressed.size())
        break;
      inflateReset(&stream);
      continue;
    }
    if (status == Z_BUF_ERROR ||
        (status == Z_OK && consumed == compressed.size() && stream.avail_out > 0))
      fail("%s: the gz file is truncated", path.c_str());
    if (status != Z_OK)
      fail("%s: the gz file is damaged (%s)", path.c_str(),
           stream.msg ? stream.msg : "it cannot be decompressed");
  }
  content.resize(produced);
  return content;
}

Bytes inflate(const Bytes &compressed, uint64_t size, const std::string &origin) {
  // Deflate cannot make more of a byte.
  if (size / 1032 > compressed.size())
    fail("%s: it says that it has %llu bytes, of %zu compressed ones", origin.c_str(),
         static_cast<unsigned long long>(size), compressed.size());
  Bytes content(size + 1); // one more, so that the end is seen
  z_stream stream = {};
  if (inflateInit2(&stream, -15) != Z_OK)
    fail("%s: not enough memory to decompress it", origin.c_str());
  size_t consumed = 0, produced = 0;
  int status = Z_OK;
  while (status == Z_OK && produced < content.size()) {
    const size_t input = std::min<size_t>(compressed.size() - consumed, UINT_MAX);
    const size_t room = std::min<size_t>(content.size() - produced, UINT_MAX);
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(compressed.data() + consumed));
    stream.avail_in = static_cast<uInt>(input);
    stream.next_out = reinterpret_cast<Bytef *>(content.data() + produced);
    stream.avail_out = static_cast<uInt>(room);
    status = ::inflate(&stream, Z_NO_FLUSH);
    consumed += input - stream.avail_in;
    produced += room - stream.avail_out;
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || produced != size)
    fail("%s: its compressed data is damaged", origin.c_str());
  content.resize(size);
  return content;
}

bool isGz(const Bytes &content) {
  return content.size() >= 2 && content[0] == '\x1f' && content[1] == '\x8b';
}

Bytes readFileOrGz(const std::string &path) { return unpacked(readFile(path), path); }

Bytes unpacked(Bytes content, const std::string &path) {
  if (isGz(content))
    return decompress(content, path);
  if (extensionOf(path) == ".gz")
    fail("%s: not a gz file", path.c_str());
  return content;
}

bool makeFolder(const std::string &path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    (void)mkdir(path.substr(0, slash).c_str(), 0777); // a failure shows in what follows
  if (mkdir(path.c_str(), 0777) == 0)
    return true;
  if (errno != EEXIST)
    fail("cannot make the folder %s: %s", path.c_str(), systemMessage(errno).c_str());
  return false;
}

bool exists(const std::string &path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0;
}

std::string joinPath(const std::string &folder, const std::string &path) {
  if (path.starts_with('/') || path == "-" || folder.empty())
    return path;
  return folder.ends_with('/') ? folder + path : folder + "/" + path;
}

std::string extensionOf(const std::string &path) {
  size_t dot = path.rfind('.');
  if (dot == std::string::npos || path.find('/', dot) != std::string::npos)
    return "";
  std::string extension = path.substr(dot);
  for (char &c : extension)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return extension;
}

std::string withoutGz(const std::string &path) {
  return extensionOf(path) == ".gz" ? path.substr(0, path.size() - 3) : path;
}

} // namespace nnc::runtime
