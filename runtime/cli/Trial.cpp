// Implements trials: their logs, outcomes and programs.
#include "runtime/cli/Trial.h"

#include "runtime/cli/Commands.h"
#include "runtime/cli/RunFolder.h"
#include "runtime/support/File.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nnc::runtime {

/// Of the names of what the log says about held-out examples.
static constexpr std::string_view validationPrefix = "validation_";

Trial::Trial(std::string folder, std::string measure, std::string decisive, bool decisiveHighest)
    : path(std::move(folder)), measure(std::move(measure)), decisive(std::move(decisive)),
      decisiveHighest(decisiveHighest) {
  read();
}

static double numberIn(const Json &line, const std::string &key) {
  auto found = line.find(key);
  return found != line.end() && found->is_number() ? found->get<double>() : NAN;
}

void Trial::read() {
  log.clear();
  final = Json();
  begun = exists(path + "/" + RunFolder::environment);
  saved = exists(path + "/" + RunFolder::last);
  ended = failed = false;
  if (!begun)
    return;
  const std::string file = path + "/" + RunFolder::environment;
  const Bytes environment = readFile(file);
  const Json json = parseJson({environment.data(), environment.size()}, file);
  const Json sessions = json.value("sessions", Json::array());
  const Json session = sessions.empty() ? Json::object() : sessions.back();
  const std::string outcome = session.value("outcome", std::string());
  ended = outcome == "finished" || outcome == "stopped early";
  failed = outcome == "failed";
  if (failed)
    why = session.value("message", std::string());
  if (const std::string file = path + "/" + RunFolder::validation; ended && exists(file)) {
    const Bytes measures = readFile(file);
    final = parseJson({measures.data(), measures.size()}, file);
  }
  const std::string logFile = path + "/" + RunFolder::log;
  if (!exists(logFile))
    return;
  const Bytes content = readFile(logFile);
  std::string_view rest(content.data(), content.size());
  for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
    const std::string_view line = rest.substr(0, end);
    if (!line.starts_with("{\"epoch\":"))
      continue;
    const Json epoch = parseJson(line, logFile);
    log.push_back({numberIn(epoch, measure), numberIn(epoch, decisive)});
    lastLine = line;
  }
}

std::optional<double> Trial::valueAfter(int64_t epochs, bool mustEnd) const {
  if (failed)
    return INFINITY;
  if (mustEnd && !final.is_null()) {
    const double value = numberIn(final, measure.substr(validationPrefix.size()));
    return std::isfinite(value) ? value : INFINITY;
  }
  if (!ended && (mustEnd || std::cmp_less(log.size(), epochs)))
    return std::nullopt;
  const size_t count = std::cmp_less(log.size(), epochs) ? log.size() : static_cast<size_t>(epochs);
  if (count == 0)
    return INFINITY;
  size_t best = count - 1;
  if (!decisive.empty()) {
    best = 0;
    for (size_t i = 1; i < count; ++i)
      if (decisiveHighest ? log[i].decisive > log[best].decisive
                          : log[i].decisive < log[best].decisive)
        best = i;
  }
  return std::isfinite(log[best].measure) ? log[best].measure : INFINITY;
}

void Trial::setFailed(int status) {
  failed = true;
  if (exists(path + "/" + RunFolder::messages)) {
    const Bytes content = readFile(path + "/" + RunFolder::messages);
    std::string_view words(content.data(), content.size());
    if (const size_t error = words.find("error"); error != std::string_view::npos)
      words.remove_prefix(error);
    if (words.starts_with("error: "))
      words.remove_prefix(7);
    why = words.substr(0, words.find('\n'));
    std::ranges::replace_if(why, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  }
  if (status > 128)
    why = text("its process was ended by signal %d", status - 128);
  else if (why.empty())
    why = text("its process ended with status %d", status);
}

void Trial::clear() const {
  for (const char *name : {RunFolder::configuration, RunFolder::environment, RunFolder::program,
                           RunFolder::log, RunFolder::best, RunFolder::metrics,
                           RunFolder::validation, RunFolder::evaluation, RunFolder::epochs})
    if (begun && !saved)
      (void)std::remove((path + "/" + name).c_str());
}

void Trial::removeEmptyMessages() const {
  const std::string file = path + "/" + RunFolder::messages;
  struct stat status;
  if (stat(file.c_str(), &status) == 0 && status.st_size == 0)
    (void)std::remove(file.c_str());
}

void Trial::redirectMessages() const {
  (void)mkdir(path.c_str(), 0777);
  const std::string file = path + "/" + RunFolder::messages;
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    fail("cannot write %s: %s", file.c_str(), systemMessage(errno).c_str());
  dup2(descriptor, STDERR_FILENO);
  close(descriptor);
}

/// The numbers of the epoch, with the beginning of their names left out.
static std::string describe(const Json &line, std::string_view prefix) {
  std::string words;
  for (const auto &[name, value] : line.items())
    if (name.starts_with(prefix) && value.is_number())
      words += text("%s%s %.4g", words.empty() ? "" : ", ", name.c_str() + prefix.size(),
                    value.get<double>());
  return words;
}

std::string Trial::describeResult() const {
  std::string words =
      "validation " + (final.is_null() ? describe(parseJson(lastLine, path), validationPrefix)
                                       : describe(final, ""));
  const std::string file = path + "/" + RunFolder::metrics;
  if (!exists(file))
    return words;
  const Bytes content = readFile(file);
  Json metrics = parseJson({content.data(), content.size()}, file);
  if (metrics.value("split", std::string()) != "test")
    return words;
  metrics.erase("examples");
  return words + "; test " + describe(metrics, "");
}

std::string compiledProgram(const std::string &folder, const std::string &name,
                            std::vector<std::string> command) {
  (void)mkdir(folder.c_str(), 0777);
  const std::string program = folder + "/" + name, lock = program + ".lock";
  const int descriptor = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    fail("cannot write %s: %s", lock.c_str(), systemMessage(errno).c_str());
  while (flock(descriptor, LOCK_EX) != 0)
    if (errno != EINTR)
      fail("cannot lock %s: %s", lock.c_str(), systemMessage(errno).c_str());
  if (!exists(program)) {
    const std::string unfinished = program + ".new";
    command.insert(command.end(), {"-o", unfinished});
    const pid_t process = fork();
    if (process == 0) {
      try {
        becomeProgram(command[0], {command.begin() + 1, command.end()});
      } catch (const Error &error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        _exit(127);
      }
    }
    int status = 0;
    while (process > 0 && waitpid(process, &status, 0) < 0 && errno == EINTR)
      ;
    if (process < 0 || status != 0 || std::rename(unfinished.c_str(), program.c_str()) != 0)
      _exit(1); // the compiler has said why
  }
  close(descriptor);
  return program;
}

void becomeProgram(const std::string &path, const std::vector<std::string> &words) {
  std::vector<char *> pointers{const_cast<char *>(path.c_str())};
  for (const std::string &word : words)
    pointers.push_back(const_cast<char *>(word.c_str()));
  pointers.push_back(nullptr);
  execvp(path.c_str(), pointers.data());
  fail("cannot run %s: %s", path.c_str(), systemMessage(errno).c_str());
}

} // namespace nnc::runtime
