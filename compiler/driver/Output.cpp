// Locked temporary folders, and the replacement of files by renaming.
#include "compiler/driver/Output.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace nnc {

static constexpr llvm::StringRef folderPrefix = ".nnc-";

static std::string systemError() { return std::strerror(errno); }

//===----------------------------------------------------------------------===//
// Folders to work in
//===----------------------------------------------------------------------===//

static bool isSameFile(const struct stat &left, const struct stat &right) {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

/// A descriptor of a folder of this user if no other process has its lock; -1 if one has.
/// `isNew`: also where the file system has no locks, so that no process can take it for abandoned.
static int lockFolder(const std::string &folder, bool isNew) {
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0)
    return -1;
  const bool locked =
      ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || (isNew && errno != EWOULDBLOCK);
  struct stat opened, named;
  // The folder may have been removed between opening and locking, and another have got its name.
  if (locked && ::fstat(descriptor, &opened) == 0 && opened.st_uid == ::geteuid() &&
      ::lstat(folder.c_str(), &named) == 0 && isSameFile(opened, named))
    return descriptor;
  ::close(descriptor);
  return -1;
}

/// Removes the folders that killed processes have left in `parent`.
static void removeAbandoned(llvm::StringRef parent) {
  std::error_code code;
  for (fs::directory_iterator entry(parent, code, /*follow_symlinks=*/false), end;
       entry != end && !code; entry.increment(code)) {
    if (!path::filename(entry->path()).starts_with(folderPrefix))
      continue;
    if (int descriptor = lockFolder(entry->path(), /*isNew=*/false); descriptor >= 0) {
      fs::remove_directories(entry->path());
      ::close(descriptor);
    }
  }
}

std::optional<WorkFolder> WorkFolder::create(llvm::StringRef parent, std::string &error) {
  llvm::SmallString<256> absolute(parent);
  if (std::error_code code = fs::make_absolute(absolute)) {
    error = code.message();
    return std::nullopt;
  }
  removeAbandoned(absolute);
  // Another process may take a folder that is not locked yet for an abandoned one.
  constexpr unsigned attempts = 100;
  for (unsigned attempt = 0; attempt < attempts; ++attempt) {
    std::string folder = (absolute + "/" + folderPrefix + "XXXXXX").str();
    if (!::mkdtemp(folder.data())) {
      error = systemError();
      return std::nullopt;
    }
    if (int descriptor = lockFolder(folder, /*isNew=*/true); descriptor >= 0)
      return WorkFolder(std::move(folder), descriptor);
    ::rmdir(folder.c_str());
  }
  error = "cannot lock a folder in `" + parent.str() + "`";
  return std::nullopt;
}

WorkFolder::WorkFolder(WorkFolder &&other)
    : path(std::move(other.path)), descriptor(std::exchange(other.descriptor, -1)) {}

WorkFolder::~WorkFolder() {
  if (descriptor < 0)
    return;
  fs::remove_directories(path);
  ::close(descriptor);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

bool writeFile(const std::string &path, llvm::function_ref<void(llvm::raw_ostream &)> print,
               std::string &error) {
  std::error_code code;
  llvm::raw_fd_ostream stream(path, code, fs::OF_None);
  if (!code) {
    print(stream);
    stream.flush();
    code = stream.error();
    stream.clear_error();
  }
  error = code.message();
  return !code;
}

/// The file that `name` stands for: the end of a chain of links, which need not exist. Nothing, and
/// a message, if the chain has no end.
static std::optional<std::string> followLinks(llvm::StringRef name, std::string &error) {
  llvm::SmallString<256> file(name);
  constexpr unsigned mostLinks = 40;
  for (unsigned i = 0; i < mostLinks; ++i) {
    char target[4096];
    ssize_t length = ::readlink(file.c_str(), target, sizeof target);
    if (length < 0)
      return std::string(file);
    llvm::StringRef next(target, length);
    llvm::SmallString<256> folder = path::parent_path(file);
    file = path::is_absolute(next) ? llvm::StringRef() : llvm::StringRef(folder);
    path::append(file, next);
  }
  error = std::strerror(ELOOP);
  return std::nullopt;
}

std::string Output::describe(const std::string &reason) const {
  return "cannot write " + (name == "-" ? "standard output" : "`" + name + "`") + ": " + reason;
}

std::optional<Output> Output::at(llvm::StringRef name, Kind kind, llvm::StringRef source,
                                 std::string &error) {
  Output output;
  output.name = name.str();
  output.kind = kind;
  auto refuse = [&](const std::string &reason) {
    error = output.describe(reason);
    return std::nullopt;
  };
  if (name == "-") {
    if (kind == Executable)
      return refuse("an executable is a file; name one with `-o FILE`");
    return output;
  }
  struct stat status, ofSource, ofFile;
  const bool exists = ::stat(output.name.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    return refuse("it is a folder; name a file with `-o FILE`");
  if (exists && ::stat(source.str().c_str(), &ofSource) == 0 && isSameFile(status, ofSource))
    return refuse("it is the source; name another file with `-o FILE`");
  if (exists && !S_ISREG(status.st_mode)) {
    if (kind == Executable)
      return refuse(
          "an executable replaces regular files only, and this is a device, a pipe or a socket");
    return output;
  }
  std::optional<std::string> file = followLinks(name, error);
  if (!file)
    return refuse(error);
  // A link to an open file of a process may lead to a file without a name.
  if (exists && (::stat(file->c_str(), &ofFile) != 0 || !isSameFile(ofFile, status)))
    return refuse("it has no name of its own");
  output.file = *file;
  llvm::StringRef folder = path::parent_path(*file);
  if (::access(folder.empty() ? "." : folder.str().c_str(), W_OK | X_OK) != 0)
    return refuse(systemError());
  return output;
}

std::optional<WorkFolder> Output::makeFolder(std::string &error) const {
  llvm::StringRef parent = path::parent_path(*file);
  std::optional<WorkFolder> folder = WorkFolder::create(parent.empty() ? "." : parent, error);
  if (!folder)
    error = describe(error);
  return folder;
}

bool Output::install(const std::string &made, std::string &error) const {
  struct stat old;
  if (::stat(file->c_str(), &old) == 0) {
    mode_t mode = old.st_mode & 0777;
    if (kind == Executable) // its owner and all users who may read it may execute it
      mode |= 0700 | (mode & 0444) >> 2;
    ::chmod(made.c_str(), mode);
  }
  if (::rename(made.c_str(), file->c_str()) == 0)
    return true;
  error = describe(systemError());
  return false;
}

bool Output::write(llvm::function_ref<void(llvm::raw_ostream &)> print, std::string &error) const {
  if (!file) {
    if (name != "-") {
      if (writeFile(name, print, error))
        return true;
      error = describe(error);
      return false;
    }
    print(llvm::outs());
    llvm::outs().flush();
    if (!llvm::outs().has_error())
      return true;
    error = describe(llvm::outs().error().message());
    llvm::outs().clear_error();
    return false;
  }
  std::optional<WorkFolder> folder = makeFolder(error);
  if (!folder)
    return false;
  if (!writeFile(folder->file("text"), print, error)) {
    error = describe(error);
    return false;
  }
  return install(folder->file("text"), error);
}

} // namespace nnc
