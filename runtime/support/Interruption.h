// Signals that end a run early, but not before it has saved.
#pragma once

#include <csignal>

namespace nnc::runtime {

/// While it lives, the first SIGHUP, SIGINT, SIGPIPE or SIGTERM only asks the training loop to end;
/// a second SIGHUP, SIGINT or SIGTERM ends the process. A signal that the process inherited as
/// ignored (`nohup`) stays ignored.
class Interruption {
public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption &) = delete;

  /// The signal that came last, or 0. Valid when the object is gone, too.
  static int signal();

private:
  static constexpr int signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
  struct sigaction before[4] = {};
};

} // namespace nnc::runtime
