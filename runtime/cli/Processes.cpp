// Implements Processes by fork().
#include "runtime/cli/Processes.h"

#include "runtime/cli/CommandLine.h"
#include "runtime/support/Output.h"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nnc::runtime {

Processes::Processes() {
  sigset_t mask;
  sigemptyset(&mask);
  for (int signal : {SIGCHLD, SIGHUP, SIGINT, SIGTERM})
    sigaddset(&mask, signal);
  sigprocmask(SIG_BLOCK, &mask, &maskBefore);
  struct sigaction action = {};
  action.sa_handler = [](int) {}; // a signal without a handler does not end the waiting
  sigaction(SIGCHLD, &action, &childBefore);
}

Processes::~Processes() {
  for (const auto &[process, number] : running)
    kill(process, SIGTERM);
  sigaction(SIGCHLD, &childBefore, nullptr);
  sigprocmask(SIG_SETMASK, &maskBefore, nullptr);
}

static int runHere(const std::string &name, const std::function<int()> &work) {
  try {
    return work();
  } catch (const std::exception &error) {
    (void)writeAll(STDERR_FILENO, text("%s: error: %s\n", name.c_str(), error.what()));
    return dynamic_cast<const UsageError *>(&error) ? 2 : 1;
  }
}

void Processes::start(int64_t number, const std::string &name, const std::function<int()> &work) {
  const pid_t parent = getpid(), process = fork();
  if (process < 0)
    fail("cannot start a process: %s", systemMessage(errno).c_str());
  if (process == 0) {
    sigaction(SIGCHLD, &childBefore, nullptr);
    sigprocmask(SIG_SETMASK, &maskBefore, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    _exit(getppid() == parent ? runHere(name, work) : 128 + SIGTERM);
  }
  running.emplace_back(process, number);
}

Processes::Ended Processes::wait() {
  for (;;) {
    int status;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended < 0)
      fail("cannot wait for the processes: %s", systemMessage(errno).c_str());
    for (auto at = running.begin(); ended > 0 && at != running.end(); ++at)
      if (at->first == ended) {
        const int64_t number = at->second;
        running.erase(at);
        return {number, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
      }
    if (Interruption::signal() && !asked) {
      asked = true;
      for (const auto &[process, number] : running)
        kill(process, SIGTERM);
    }
    if (ended == 0)
      (void)ppoll(nullptr, 0, nullptr, &maskBefore);
  }
}

} // namespace nnc::runtime
