// Implements Interruption by signal handlers that only note the signal.
#include "runtime/support/Interruption.h"

#include <iterator>

namespace nnc::runtime {

static volatile std::sig_atomic_t received = 0;

Interruption::Interruption() {
  static_assert(std::size(signals) == std::size(decltype(before){}));
  for (size_t i = 0; i < std::size(signals); ++i) {
    sigaction(signals[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_IGN)
      continue;
    struct sigaction action = {};
    action.sa_handler = [](int signal) { received = signal; };
    // A reader that went away may be written to once more before the run has ended.
    action.sa_flags = SA_RESTART | (signals[i] == SIGPIPE ? 0 : static_cast<int>(SA_RESETHAND));
    sigaction(signals[i], &action, nullptr);
  }
}

Interruption::~Interruption() {
  for (size_t i = 0; i < std::size(signals); ++i)
    sigaction(signals[i], &before[i], nullptr);
}

int Interruption::signal() { return received; }

} // namespace nnc::runtime
