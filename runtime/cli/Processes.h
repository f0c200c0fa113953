// Runs of training side by side, each in a process of its own.
#pragma once

#include "runtime/support/Interruption.h"

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace nnc::runtime {

/// While it lives, a signal that asks this process to end goes on to all others, which save and end.
/// They get it, too, if this process is killed.
class Processes {
public:
  struct Ended {
    int64_t number;
    int status; ///< that of its exit; 128 + n if signal n ended it
  };

  Processes();
  ~Processes();
  Processes(const Processes &) = delete;

  /// Calls `work` in a process that is forked from this one, and whose exit status it returns. An
  /// exception ends it with 2 if it is of the command line, else 1, after a line on the standard error
  /// that begins with `name`.
  void start(int64_t number, const std::string &name, const std::function<int()> &work);
  /// Waits for any of them.
  Ended wait();

  size_t count() const { return running.size(); }
  /// Whether a signal has asked this process to end.
  bool interrupted() const { return asked; }

private:
  Interruption interruption;
  /// Signals arrive only while wait() waits, so that none is missed between a look and the waiting.
  sigset_t maskBefore = {};
  struct sigaction childBefore = {};
  std::vector<std::pair<pid_t, int64_t>> running;
  bool asked = false;
};

} // namespace nnc::runtime
