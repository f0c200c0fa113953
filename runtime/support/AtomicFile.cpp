// Implements AtomicFile: a locked temporary file beside the target, renamed when it is on the disk.
#include "runtime/support/AtomicFile.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nnc::runtime {

/// With its slash; empty for the current folder.
static std::string folderOf(const std::string &path) { return path.substr(0, path.rfind('/') + 1); }

/// The path at the end of the chain of symbolic links that begins at `path`; it need not exist.
static std::string followLinks(std::string path) {
  constexpr int mostLinks = 40; // as many as the kernel follows
  for (int links = 0; links < mostLinks; ++links) {
    char content[PATH_MAX];
    ssize_t length = readlink(path.c_str(), content, sizeof content);
    if (length < 0)
      return path;
    std::string next(content, static_cast<size_t>(length));
    path = next.starts_with('/') ? next : folderOf(path) + next;
  }
  return path;
}

/// The prefix of the names of temporary files, without the folder. A long name is cut to leave room
/// for the digits behind it.
static std::string temporaryPrefix(const std::string &path) {
  constexpr size_t longest = 200;
  return "." + path.substr(folderOf(path).size()).substr(0, longest) + ".nnc-";
}

static constexpr size_t randomDigits = 16;

/// A temporary file is locked as long as its process lives. One that can be locked was left by a
/// process that was killed.
static void removeLeftovers(const std::string &folder, const std::string &prefix) {
  DIR *directory = opendir(folder.empty() ? "." : folder.c_str());
  if (!directory)
    return;
  while (const dirent *entry = readdir(directory)) {
    std::string_view found = entry->d_name;
    if (!found.starts_with(prefix) || found.size() != prefix.size() + randomDigits)
      continue;
    int descriptor =
        openat(dirfd(directory), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
        flock(descriptor, LOCK_EX | LOCK_NB) == 0)
      (void)unlinkat(dirfd(directory), entry->d_name, 0);
    if (descriptor >= 0)
      close(descriptor);
  }
  closedir(directory);
}

/// Creates and locks a file with a name that cannot be foreseen; -1 and errno on failure.
static int createTemporary(const std::string &prefix, std::string &path) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    unsigned long long random;
    if (getentropy(&random, sizeof random) != 0)
      return -1;
    path = prefix + text("%016llx", random);
    int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST)
      return -1;
    if (descriptor < 0)
      continue;
    // Another process may have taken it for a leftover before it was locked.
    struct stat status;
    bool taken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && fstat(descriptor, &status) == 0 && status.st_nlink > 0)
      return descriptor;
    close(descriptor);
  }
  errno = EEXIST;
  return -1;
}

/// Gives the new version the owner, the group and the permissions of the old one. Without its group
/// the bits of the group would be another group's.
static void keepPermissions(int descriptor, const struct stat &old) {
  mode_t mode = old.st_mode & 0777;
  (void)fchown(descriptor, old.st_uid, static_cast<gid_t>(-1));
  if (fchown(descriptor, static_cast<uid_t>(-1), old.st_gid) != 0)
    mode &= ~static_cast<mode_t>(S_IRWXG);
  (void)fchmod(descriptor, mode);
}

static const char *kindOf(mode_t mode) {
  return S_ISDIR(mode)    ? "it is a folder"
         : S_ISFIFO(mode) ? "it is a FIFO"
         : S_ISSOCK(mode) ? "it is a socket"
                          : "it is a block device";
}

AtomicFile::AtomicFile(const std::string &path) : name(path) {
  struct stat status;
  bool exists = stat(path.c_str(), &status) == 0;
  if (!exists && (errno != ENOENT || path.empty()))
    failed();
  if (exists && S_ISCHR(status.st_mode)) {
    descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  } else if (exists && !S_ISREG(status.st_mode)) {
    fail("cannot write %s: %s", name.c_str(), kindOf(status.st_mode));
  } else {
    target = followLinks(path);
    std::string prefix = temporaryPrefix(target);
    removeLeftovers(folderOf(target), prefix);
    descriptor = createTemporary(folderOf(target) + prefix, temporary);
  }
  if (descriptor < 0)
    failed();
  if (exists && !temporary.empty())
    keepPermissions(descriptor, status);
}

AtomicFile::~AtomicFile() {
  if (!temporary.empty())
    unlink(temporary.c_str());
  if (descriptor >= 0)
    close(descriptor);
}

void AtomicFile::failed() const {
  fail("cannot write %s: %s", name.c_str(), systemMessage(errno).c_str());
}

void AtomicFile::write(const char *data, size_t size) {
  while (size > 0) {
    ssize_t written = ::write(descriptor, data, std::min<size_t>(size, size_t(1) << 30));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      failed();
    data += written;
    size -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  if (temporary.empty())
    return;
  // Closed at last: closing ends the lock.
  if (fsync(descriptor) != 0 || rename(temporary.c_str(), target.c_str()) != 0)
    failed();
  temporary.clear();
  // The new name is on the disk once its folder is; not every file system can do that, and the
  // content is safe.
  std::string folder = folderOf(target);
  int folderDescriptor =
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folderDescriptor >= 0) {
    (void)fsync(folderDescriptor);
    close(folderDescriptor);
  }
}

bool isSameFile(const std::string &one, const std::string &other) {
  struct stat first, second;
  return stat(one.c_str(), &first) == 0 && stat(other.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

} // namespace nnc::runtime
