// Implements RunFolder: the choice of a free folder, its lock, and its files.
#include "runtime/cli/RunFolder.h"

#include "runtime/support/AtomicFile.h"
#include "runtime/support/File.h"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nnc::runtime {

/// One more than the largest N of the folders NAME-N in `parent`.
static int64_t nextNumber(const std::string &parent, const std::string &name) {
  int64_t last = 0;
  DIR *entries = opendir(parent.c_str());
  if (!entries)
    return 1;
  while (const dirent *entry = readdir(entries)) {
    std::string_view found = entry->d_name;
    if (!found.starts_with(name + "-"))
      continue;
    found.remove_prefix(name.size() + 1);
    if (found.empty() || found.size() > 9 ||
        found.find_first_not_of("0123456789") != std::string_view::npos)
      continue;
    last = std::max<int64_t>(last, std::atoll(std::string(found).c_str()));
  }
  closedir(entries);
  return last + 1;
}

void RunFolder::checkFree(const std::string &path) {
  struct stat status;
  if (path.empty() || stat(path.c_str(), &status) != 0)
    return;
  if (!S_ISDIR(status.st_mode))
    fail("%s: it exists and is not a folder", path.c_str());
  for (const char *name :
       {configuration, environment, program, log, last, best, metrics, evaluation, epochs, tuning})
    if (exists(path + "/" + name))
      fail("%s: the folder holds a %s already (%s); `--resume %s` goes on with it, another folder "
           "begins a new one",
           path.c_str(), name == tuning ? "tuning" : "run", name, path.c_str());
}

RunFolder::RunFolder(std::string path) : folder(std::move(path)) {
  while (folder.size() > 1 && folder.ends_with('/'))
    folder.pop_back();
  const std::string name = file(lock);
  descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    fail("cannot write %s: %s", name.c_str(), systemMessage(errno).c_str());
  // A process that was killed may still have the lock for a moment.
  int problem = 0;
  for (int i = 0; i < 20; ++i) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
      return;
    problem = errno;
    if (problem != EWOULDBLOCK && problem != EINTR)
      break;
    usleep(25'000);
  }
  close(descriptor);
  if (problem == EWOULDBLOCK)
    fail("%s: another process is writing to this run", folder.c_str());
  fail("cannot lock %s: %s", name.c_str(), systemMessage(problem).c_str());
}

RunFolder::RunFolder(RunFolder &&other) noexcept
    : folder(std::move(other.folder)), descriptor(std::exchange(other.descriptor, -1)) {}

RunFolder::~RunFolder() {
  if (descriptor >= 0)
    close(descriptor);
}

/// Makes the folder of this path, or the next free one.
static std::string makeChosen(const std::string &path, const std::string &name) {
  std::string chosen = path;
  if (path.empty())
    do
      chosen = "runs/" + name + "-" + std::to_string(nextNumber("runs", name));
    while (!makeFolder(chosen)); // another process was faster
  else
    makeFolder(path);
  return chosen;
}

std::string RunFolder::createForMembers(const std::string &path, const std::string &name) {
  checkFree(path);
  const std::string chosen = makeChosen(path, name);
  if (exists(chosen + "/member-1"))
    fail("--run %s: the folder holds the members of an ensemble already; another folder begins a "
         "new one",
         chosen.c_str());
  return chosen;
}

RunFolder RunFolder::create(const std::string &path, const std::string &name) {
  const std::string chosen = makeChosen(path, name);
  RunFolder result(chosen);
  checkFree(chosen); // with the lock, so that nothing comes in between
  return result;
}

RunFolder RunFolder::open(const std::string &path, const char *mark) {
  if (exists(path + "/member-1/" + mark))
    fail("%s holds the members of an ensemble, each a run of its own: `--resume %s/member-1` goes "
         "on "
         "with the first one",
         path.c_str(), path.c_str());
  if (!exists(path + "/" + mark))
    fail("%s holds no %s: it has no %s", path.c_str(),
         std::string_view(mark) == tuning ? "tuning" : "run", mark);
  return RunFolder(path);
}

bool RunFolder::has(const char *name) const { return exists(file(name)); }

void RunFolder::keepLock() const { (void)fcntl(descriptor, F_SETFD, 0); }

void RunFolder::write(const char *name, const std::string &content) const {
  AtomicFile output(file(name));
  output.write(content);
  output.commit();
}

void RunFolder::write(const char *name, const Json &json) const {
  write(name, dumpJson(json) + "\n");
}

Json RunFolder::read(const char *name) const {
  const Bytes content = readFile(file(name));
  Json json = parseJson({content.data(), content.size()}, file(name));
  if (!json.is_object())
    fail("%s: it is not a JSON object", file(name).c_str());
  return json;
}

} // namespace nnc::runtime
