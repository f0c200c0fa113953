// Implements the lines that a run prints, and the redrawn one.
#include "runtime/train/Progress.h"

#include "runtime/support/Error.h"
#include "runtime/support/Output.h"

#include <algorithm>
#include <cerrno>
#include <sys/ioctl.h>
#include <unistd.h>

namespace nnc::runtime {

/// "0:42", "12:07", "3:05:00"
static std::string formatTime(double seconds) {
  long long whole = static_cast<long long>(std::clamp(seconds, 0.0, 1e9) + 0.5);
  if (whole >= 3600)
    return text("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return text("%lld:%02lld", whole / 60, whole % 60);
}

/// "182,300"
static std::string formatThousands(double value) {
  std::string digits = text("%.0f", value);
  for (int place = static_cast<int>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<size_t>(place), 1, ',');
  return digits;
}

Progress::Progress(bool quiet, int64_t steps, int64_t stepsPerEpoch, int64_t stepsBefore)
    : quiet(quiet), terminal(isatty(STDOUT_FILENO) != 0), steps(steps),
      stepsPerEpoch(stepsPerEpoch), stepsBefore(stepsBefore),
      epochs((steps + stepsPerEpoch - 1) / stepsPerEpoch), start(Clock::now()), lastDrawn(start) {}

Progress::~Progress() { eraseLine(); }

bool Progress::isDue() {
  using namespace std::chrono_literals;
  // Off a terminal a line now and then shows that a long epoch is alive.
  Clock::duration interval = terminal ? Clock::duration(100ms) : Clock::duration(30s);
  Clock::time_point now = Clock::now();
  if (now - lastDrawn < interval)
    return false;
  lastDrawn = now;
  return true;
}

double Progress::examplesPerSecond() const {
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return seconds > 0 ? static_cast<double>(examplesSinceStart) / seconds : 0;
}

double Progress::secondsLeft(int64_t stepsDone) const {
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  int64_t doneHere = std::max<int64_t>(1, stepsDone - stepsBefore);
  return seconds / static_cast<double>(doneHere) * static_cast<double>(steps - stepsDone);
}

void Progress::draw(int64_t stepsDone, const Measures &measures) {
  int64_t epoch = (stepsDone - 1) / stepsPerEpoch;
  std::string line = text("epoch %lld/%lld, step %lld/%lld: %s, %s examples/s, %s left",
                          static_cast<long long>(epoch + 1), static_cast<long long>(epochs),
                          static_cast<long long>(stepsDone - epoch * stepsPerEpoch),
                          static_cast<long long>(stepsPerEpoch), measures.describe().c_str(),
                          formatThousands(examplesPerSecond()).c_str(),
                          formatTime(secondsLeft(stepsDone)).c_str());
  if (!terminal)
    return print(line + "\n");
  // A line that wraps could not be redrawn.
  winsize window = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
    line.resize(std::min<size_t>(line.size(), window.ws_col - 1u));
  print("\r\x1b[K" + line);
  drawn = true;
}

void Progress::eraseLine() {
  if (!drawn)
    return;
  print("\r\x1b[K");
  drawn = false;
}

void Progress::epoch(int64_t epoch, int64_t stepsDone, const Measures &training,
                     const std::optional<Measures> &evaluation, const char *evaluated) {
  constexpr int64_t shown = 20;
  int64_t every = (epochs + shown - 1) / shown;
  if (quiet || (epoch % every != 0 && epoch != 1 && epoch != epochs))
    return;
  eraseLine();
  std::string line = text("epoch %lld/%lld: %s", static_cast<long long>(epoch),
                          static_cast<long long>(epochs), training.describe().c_str());
  if (evaluation)
    line += text("; %s %s", evaluated, evaluation->describe().c_str());
  line += text("; %s examples/s", formatThousands(examplesPerSecond()).c_str());
  if (stepsDone < steps)
    line += text(", %s left", formatTime(secondsLeft(stepsDone)).c_str());
  print(line + "\n");
}

void Progress::message(const std::string &line) {
  if (quiet)
    return;
  eraseLine();
  print(line + "\n");
  if (problem == EPIPE)
    (void)writeAll(STDERR_FILENO, line + "\n");
}

void Progress::warning(const std::string &line) {
  eraseLine();
  (void)writeAll(STDERR_FILENO, "warning: " + line + "\n");
}

void Progress::print(const std::string &text) {
  if (problem)
    return;
  problem = writeAll(STDOUT_FILENO, text);
  // A closed standard output or a reader that has ended needs no message.
  if (problem && problem != EBADF && problem != EPIPE)
    warning("cannot write the standard output: " + systemMessage(problem) +
            "; training goes on without it");
}

} // namespace nnc::runtime
