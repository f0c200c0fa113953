// Implements the lines that a run prints, and the redrawn one.
#include "runtime/train/Progress.h"

#include "runtime/support/Error.h"
#include "runtime/support/Output.h"
#include "runtime/support/Table.h"

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

/// A terminal that does not know its size is taken for a usual one.
static winsize terminalSize() {
  winsize window = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col < 2 || window.ws_row == 0) {
    window.ws_col = 80;
    window.ws_row = 24;
  }
  return window;
}

Progress::Progress(bool quiet, bool plot, int64_t steps, int64_t stepsPerEpoch, int64_t stepsBefore,
                   const std::map<std::string, bool> &directions)
    : quiet(quiet), terminal(isatty(STDOUT_FILENO) != 0), plot(plot && terminal && !quiet),
      steps(steps), stepsPerEpoch(stepsPerEpoch), stepsBefore(stepsBefore),
      epochs((steps + stepsPerEpoch - 1) / stepsPerEpoch), start(Clock::now()), lastDrawn(start),
      directions(directions) {}

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
  line.resize(std::min<size_t>(line.size(), terminalSize().ws_col - 1u));
  size_t lines = 0;
  const std::string below = drawCurve(lines);
  print("\r\x1b[J" + line + (lines ? "\n" + below + text("\x1b[%zuA", lines + 1) : ""));
  drawn = true;
}

/// Below the redrawn line, as far as there is room.
std::string Progress::drawCurve(size_t &lines) const {
  constexpr size_t height = 8, leastColumns = 8;
  const winsize window = terminalSize();
  lines = 0;
  if (!plot || curve.isEmpty() || window.ws_col <= leastColumns || window.ws_row < height + 4)
    return "";
  lines = height;
  return curve.draw(std::min<size_t>(window.ws_col - 1u, 120), height);
}

void Progress::record(const std::string &split, const Measures &measures, int64_t epoch) {
  auto add = [&](const std::string &measure, double value) {
    const std::string name = split + " " + measure;
    auto found = std::ranges::find(series, name, &Series::name);
    if (found == series.end()) {
      const auto known = directions.find(measure);
      const bool isLoss = measure == "loss";
      series.push_back({name, isLoss || known != directions.end(),
                        !isLoss && known != directions.end() && known->second, value, value, value,
                        epoch});
      return;
    }
    if (found->isHighest ? value > found->best : value < found->best) {
      found->best = value;
      found->bestEpoch = epoch;
    }
    found->last = value;
  };
  add("loss", measures.loss);
  for (const Metric &metric : measures.metrics)
    if (metric.shape.empty())
      add(metric.name, metric.values[0]);
}

void Progress::finish() {
  if (quiet || !terminal)
    return;
  eraseLine();
  size_t lines;
  std::string result = drawCurve(lines);
  if (epochsSeen > 1) {
    std::vector<std::vector<std::string>> table{{"", "first", "last", "best", "epoch"}};
    for (const Series &one : series) {
      auto number = [](double value) { return text("%.4g", value); };
      table.push_back({one.name, number(one.first), number(one.last)});
      if (one.hasDirection)
        table.back().insert(table.back().end(), {number(one.best), std::to_string(one.bestEpoch)});
      else
        table.back().resize(table[0].size());
    }
    const std::string formatted = formatTable(table, 1, table[0].size());
    size_t width = 0;
    for (size_t begin = 0, end; (end = formatted.find('\n', begin)) != std::string::npos;
         begin = end + 1)
      width = std::max(width, end - begin);
    if (width < terminalSize().ws_col)
      result += formatted;
  }
  print(result);
}

void Progress::eraseLine() {
  if (!drawn)
    return;
  print("\r\x1b[J");
  drawn = false;
}

void Progress::epoch(int64_t epoch, int64_t stepsDone, const Measures &training,
                     const std::optional<Measures> &evaluation, const char *evaluated) {
  ++epochsSeen;
  if (terminal && !quiet) {
    record("train", training, epoch);
    if (evaluation)
      record(evaluated, *evaluation, epoch);
  }
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
