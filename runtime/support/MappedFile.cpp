// Implements mapped files. The kernel reads their pages when they are touched and keeps them in its
// cache; the process drops all of them once it holds more than the bound, which costs no more than to
// find the cached pages again.
#include "runtime/support/MappedFile.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace nnc::runtime {

namespace {

constexpr size_t leastBound = 1'000'000;

/// The mapped files of the process.
struct Mappings {
  std::mutex mutex;
  std::vector<const MappedFile *> files;
  size_t bound = SIZE_MAX;
  int status = -1; ///< /proc/self/statm
};

Mappings &mappings() {
  static Mappings all;
  return all;
}

/// Where files are mapped, for a signal handler, which may not take a lock. A file whose name is
/// read is in use, so that it stays.
struct MappedPlace {
  std::atomic<const char *> begin = nullptr;
  std::atomic<size_t> length = 0;
  std::atomic<const char *> name = nullptr;
};
std::array<MappedPlace, 64> places;

/// A page of a mapped file that is not there any more.
void reportCut(int, siginfo_t *signal, void *) {
  const char *name = "a data file", *page = static_cast<const char *>(signal->si_addr);
  for (const MappedPlace &place : places)
    if (const char *begin = place.begin; begin && page >= begin && page < begin + place.length)
      name = place.name;
  for (const char *part :
       {"error: ", name, ": it was cut, or could not be read, while it was used\n"})
      [[maybe_unused]]
    ssize_t written = ::write(2, part, std::strlen(part));
  _exit(1);
}

/// Bytes of files that the process has in memory.
size_t residentBytes(int status) {
  char content[128];
  const ssize_t got = pread(status, content, sizeof content - 1, 0);
  if (got <= 0)
    return SIZE_MAX;
  content[got] = '\0';
  unsigned long long size = 0, resident = 0, shared = 0;
  if (std::sscanf(content, "%llu %llu %llu", &size, &resident, &shared) != 3)
    return SIZE_MAX;
  return static_cast<size_t>(shared) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

MappedFile::MappedFile(int descriptor, std::string name) : path(std::move(name)) {
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
    fail("%s: it is not a regular file, which can be mapped into memory", path.c_str());
  length = static_cast<size_t>(status.st_size);
  Mappings &all = mappings();
  const std::lock_guard lock(all.mutex);
  if (length > 0) {
    void *place = mmap(nullptr, length, PROT_READ, MAP_SHARED, descriptor, 0);
    if (place == MAP_FAILED)
      fail("%s: it cannot be mapped into memory: %s", path.c_str(), systemMessage(errno).c_str());
    begin = static_cast<const char *>(place);
    // A touch of a large page would bring 2 MB, which is much for a small bound.
    if (all.bound < size_t{64} << 20)
      madvise(place, length, MADV_NOHUGEPAGE);
  }
  if (all.status < 0) {
    all.status = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    struct sigaction action = {};
    action.sa_sigaction = reportCut;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &action, nullptr);
  }
  all.files.push_back(this);
  for (MappedPlace &place : places)
    if (begin && !place.begin) {
      place.length = length;
      place.name = path.c_str();
      place.begin = begin;
      break;
    }
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string &path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    fail("%s: %s", path.c_str(), systemMessage(errno).c_str());
  struct Close {
    int descriptor;
    ~Close() { close(descriptor); }
  } atEnd{descriptor};
  return std::shared_ptr<const MappedFile>(new MappedFile(descriptor, path));
}

MappedFile::~MappedFile() {
  Mappings &all = mappings();
  const std::lock_guard lock(all.mutex);
  std::erase(all.files, this);
  for (MappedPlace &place : places)
    if (begin && place.begin == begin)
      place.begin = nullptr;
  if (begin)
    munmap(const_cast<char *>(begin), length);
}

void MappedFile::readAhead(size_t from, size_t to) const {
  // The kernel takes no more than a disk's largest request at once.
  constexpr size_t request = 128 << 10;
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  to = std::min(to, length);
  for (size_t at = from / page * page; at < to; at += request)
    madvise(const_cast<char *>(begin) + at, std::min(request, to - at), MADV_WILLNEED);
}

void MappedFile::keepBound() {
  Mappings &all = mappings();
  if (all.files.empty() || residentBytes(all.status) <= all.bound)
    return;
  const std::lock_guard lock(all.mutex);
  for (const MappedFile *file : all.files)
    if (file->begin)
      madvise(const_cast<char *>(file->begin), file->length, MADV_DONTNEED);
}

void MappedFile::limit(size_t bytes) {
  Mappings &all = mappings();
  const std::lock_guard lock(all.mutex);
  all.bound = std::min(all.bound, std::max(bytes, leastBound));
}

static std::string temporaryFolder() {
  const char *folder = std::getenv("TMPDIR");
  return folder && *folder ? folder : "/var/tmp";
}

TemporaryData::TemporaryData()
    : folder(temporaryFolder()),
      descriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {
  if (descriptor < 0) { // a file system that has no files without a name
    std::string name = folder + "/nnc-XXXXXX";
    descriptor = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0)
      unlink(name.c_str());
  }
  if (descriptor < 0)
    fail("%s: no temporary file can be made there (TMPDIR says where): %s", folder.c_str(),
         systemMessage(errno).c_str());
}

TemporaryData::~TemporaryData() { close(descriptor); }

void TemporaryData::append(const char *data, size_t size) {
  constexpr size_t most = 1 << 16;
  length += size;
  if (buffer.size() + size > most)
    flush();
  if (size >= most)
    return write(data, size);
  buffer.insert(buffer.end(), data, data + size);
}

void TemporaryData::flush() {
  write(buffer.data(), buffer.size());
  buffer.clear();
}

void TemporaryData::write(const char *data, size_t size) {
  while (size > 0) {
    const ssize_t put = ::write(descriptor, data, size);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      fail("%s: a temporary file of data cannot be written (TMPDIR says where): %s", folder.c_str(),
           systemMessage(errno).c_str());
    data += put;
    size -= static_cast<size_t>(put);
  }
}

std::shared_ptr<const MappedFile> TemporaryData::map() {
  flush();
  return std::shared_ptr<const MappedFile>(new MappedFile(descriptor, folder));
}

} // namespace nnc::runtime
