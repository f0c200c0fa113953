// Implements TrainingLog: whole lines in a buffer, and the place from which a resumed run appends.
#include "runtime/train/TrainingLog.h"

#include "runtime/support/File.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nnc::runtime {

static constexpr size_t bufferBytes = 4096;
static constexpr std::string_view stepStart = "{\"step\":", epochStart = "{\"epoch\":",
                                  stepsAfterEpoch = ",\"steps\":",
                                  tableStart = "step,epoch,loss,lr";

TrainingLog::TrainingLog(const std::string &path, const std::optional<LoggedStep> &resumedAfter,
                         int digits, std::function<void(const std::string &)> warn,
                         std::vector<std::string> columns, bool required)
    : path(path == "-" ? "the standard output" : path), isTable(extensionOf(path) == ".csv"),
      columns(std::move(columns)), digits(digits), required(required), warn(std::move(warn)) {
  if (path.empty())
    return;
  buffer.reserve(2 * bufferBytes);
  if (path == "-") {
    descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (descriptor < 0)
      fail("cannot write %s: %s", this->path.c_str(), systemMessage(errno).c_str());
    return;
  }
  // Without waiting for a reader, if it is a FIFO.
  descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
  if (descriptor < 0)
    fail("cannot write %s: %s", path.c_str(),
         errno == ENXIO ? "nothing reads from it" : systemMessage(errno).c_str());
  (void)fcntl(descriptor, F_SETFL, O_APPEND);
  struct stat status;
  isFile = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (isFile && resumedAfter)
    cutBack(*resumedAfter);
  else if (isFile && status.st_size > 0)
    beginAnew();
  if (isTable && size == 0)
    buffer = header();
}

TrainingLog::~TrainingLog() {
  if (descriptor < 0)
    return;
  try {
    flush();
  } catch (const Error &) {
    // An error ends the run already, or all that matters is on the disk.
  }
  if (descriptor >= 0)
    close(descriptor);
}

std::string TrainingLog::header() const {
  std::string line(tableStart);
  for (const std::string &column : columns)
    line += "," + column;
  return line + "\n";
}

/// How many steps were done when `line` was written; nothing if it is not a line of a log.
std::optional<int64_t> TrainingLog::stepsDone(std::string_view line) const {
  if (isTable && line.starts_with(tableStart)) {
    const std::string expected = header();
    if (line != std::string_view(expected).substr(0, expected.size() - 1))
      fail("%s: its columns are not those of this run; name another file", path.c_str());
    return 0;
  }
  auto number = [&](std::string_view before) -> std::optional<int64_t> {
    if (!line.starts_with(before))
      return std::nullopt;
    line.remove_prefix(before.size());
    int64_t value = 0;
    auto [end, status] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (status != std::errc())
      return std::nullopt;
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    return value;
  };
  if (isTable)
    return number("");
  if (!line.ends_with('}'))
    return std::nullopt;
  if (std::optional<int64_t> step = number(stepStart))
    return step;
  return number(epochStart) ? number(stepsAfterEpoch) : std::nullopt;
}

/// Whether a line of the log is one of a step.
bool TrainingLog::isStep(std::string_view line) const {
  if (!isTable)
    return line.starts_with(stepStart);
  const size_t loss = line.find(',', line.find(',') + 1) + 1; // the rows of epochs have none
  return !line.starts_with(tableStart) && loss < line.size() && line[loss] != ',';
}

/// Whether a line of a log could begin so.
bool TrainingLog::mayBegin(std::string_view line) const {
  if (isTable)
    return tableStart.starts_with(line.substr(0, tableStart.size())) ||
           line.find_first_of("0123456789") == 0;
  return line.starts_with(stepStart.substr(0, line.size())) ||
         line.starts_with(epochStart.substr(0, line.size()));
}

/// The log of an earlier run is replaced, but no other file that `--log` names by mistake.
void TrainingLog::beginAnew() {
  const std::string found = beginningOf(path, isTable ? tableStart.size() : stepStart.size());
  const bool isLog = isTable ? tableStart.starts_with(found)
                             : stepStart.starts_with(found) || epochStart.starts_with(found);
  if (!isLog)
    fail("cannot write %s: it exists and is not a training log", path.c_str());
  if (ftruncate(descriptor, 0) != 0)
    fail("cannot write %s: %s", path.c_str(), systemMessage(errno).c_str());
}

/// A run that was killed has logged steps that its checkpoint does not have, the last of them
/// perhaps in part.
void TrainingLog::cutBack(const LoggedStep &last) {
  Bytes content = readFile(path);
  std::string_view rest(content.data(), content.size());
  if (rest.empty() && required)
    fail("%s is empty, but the resumed run is at step %lld", path.c_str(),
         static_cast<long long>(last.step));
  if (rest.empty()) {
    warn(text("%s is empty: the log begins at step %lld", path.c_str(),
              static_cast<long long>(last.step + 1)));
    return;
  }
  int64_t done = 0;
  std::string_view lastStep;
  for (int64_t line = 1; !rest.empty(); ++line) {
    size_t end = rest.find('\n');
    bool whole = end != std::string_view::npos;
    std::string_view entry = rest.substr(0, end);
    const std::optional<int64_t> found = whole ? stepsDone(entry) : std::nullopt;
    // A part of a line, at the end, is one of ours if a line of ours could begin so.
    bool part = !whole && mayBegin(entry);
    if (found ? *found > last.step : part || done == last.step)
      break;
    if (!found)
      fail("%s:%lld: this is not a line of a training log, so the log of the resumed run cannot be "
           "appended",
           path.c_str(), static_cast<long long>(line));
    done = *found;
    if (isStep(entry))
      lastStep = rest.substr(0, end + 1);
    size += static_cast<int64_t>(end + 1);
    rest.remove_prefix(end + 1);
  }
  if (done < last.step)
    fail("%s: it ends at step %lld, but the resumed run is at step %lld: it is not the log of this "
         "run; name another file",
         path.c_str(), static_cast<long long>(done), static_cast<long long>(last.step));
  // The loss of the last step, with all digits, is the mark of the run.
  if (lastStep != lineOf(last))
    fail("%s: it is the log of another run: its step %lld had another loss or rate; name another "
         "file",
         path.c_str(), static_cast<long long>(last.step));
  if (!rest.empty() && ftruncate(descriptor, size) != 0)
    fail("cannot write %s: %s", path.c_str(), systemMessage(errno).c_str());
}

/// "%.9g", or null.
static int formatNumber(char *place, size_t room, int digits, double value) {
  return std::isfinite(value) ? std::snprintf(place, room, "%.*g", digits, value)
                              : std::snprintf(place, room, "null");
}

void TrainingLog::add(std::string_view line) {
  buffer += line;
  if (buffer.size() >= bufferBytes)
    flush();
}

/// A row of an epoch: the number of steps and the epoch, no loss of a step, its measures.
std::string TrainingLog::epochRow(int64_t epoch, int64_t steps, const Measures &training,
                                  const std::optional<Measures> &evaluation,
                                  const char *evaluated) const {
  std::string row =
      text("%lld,%lld,,", static_cast<long long>(steps), static_cast<long long>(epoch));
  auto cell = [&](const std::string &column, const std::string &prefix,
                  const Measures &measures) -> std::optional<double> {
    if (column == prefix + "_loss")
      return measures.loss;
    for (const Metric &metric : measures.metrics)
      if (metric.shape.empty() && column == prefix + "_" + metric.name)
        return metric.values[0];
    return std::nullopt;
  };
  for (const std::string &column : columns) {
    std::optional<double> value = cell(column, "train", training);
    if (!value && evaluation)
      value = cell(column, evaluated, *evaluation);
    row += ",";
    if (value && std::isfinite(*value))
      row += text("%.*g", digits, *value);
  }
  return row + "\n";
}

std::string TrainingLog::measures(const char *prefix, const Measures &measures) const {
  char value[64];
  formatNumber(value, sizeof value, digits, measures.loss);
  std::string result = text(",\"%s_loss\":%s", prefix, value);
  auto number = [&](double of) {
    formatNumber(value, sizeof value, digits, of);
    return std::string(value);
  };
  for (const Metric &metric : measures.metrics)
    result += "," + dumpJson(std::string(prefix) + "_" + metric.name) + ":" + metric.json(number);
  return result;
}

std::string TrainingLog::watch(const std::vector<Watched> &watched) const {
  std::string result = ",\"watch\":{";
  for (const Watched &one : watched) {
    result += (&one == watched.data() ? "" : ",") + dumpJson(one.parameter) + ":{";
    const std::pair<const char *, double> numbers[] = {{"gradient", one.gradient},
                                                       {"weight", one.weight},
                                                       {"update", one.update},
                                                       {"unused", one.unused}};
    for (const auto &[name, number] : numbers) {
      char value[64];
      formatNumber(value, sizeof value, digits, number);
      result += text("%s\"%s\":%s", name == numbers[0].first ? "" : ",", name, value);
    }
    if (!one.histogram.empty()) {
      char low[64], high[64];
      formatNumber(low, sizeof low, digits, one.low);
      formatNumber(high, sizeof high, digits, one.high);
      result += text(",\"histogram\":{\"low\":%s,\"high\":%s,\"counts\":", low, high) +
                dumpJson(one.histogram) + "}";
    }
    result += "}";
  }
  return result + "}";
}

std::string TrainingLog::lineOf(const LoggedStep &step) const {
  char lossText[64], rateText[64];
  formatNumber(lossText, sizeof lossText, digits, step.loss);
  formatNumber(rateText, sizeof rateText, digits, step.rate);
  if (isTable)
    return text("%lld,%lld,%s,%s", static_cast<long long>(step.step),
                static_cast<long long>(step.epoch), std::isfinite(step.loss) ? lossText : "",
                std::isfinite(step.rate) ? rateText : "") +
           std::string(columns.size(), ',') + "\n";
  return text("{\"step\":%lld,\"epoch\":%lld,\"loss\":%s,\"lr\":%s}\n",
              static_cast<long long>(step.step), static_cast<long long>(step.epoch), lossText,
              rateText);
}

void TrainingLog::step(const LoggedStep &step) {
  if (descriptor >= 0)
    add(lineOf(step));
}

void TrainingLog::epoch(int64_t epoch, int64_t steps, const Measures &training,
                        const std::optional<Measures> &evaluation, const char *evaluated,
                        const std::vector<Watched> &watched) {
  if (descriptor < 0)
    return;
  if (isTable) {
    add(epochRow(epoch, steps, training, evaluation, evaluated));
    flush();
    return;
  }
  std::string line = text("{\"epoch\":%lld,\"steps\":%lld", static_cast<long long>(epoch),
                          static_cast<long long>(steps));
  line += measures("train", training);
  if (evaluation)
    line += measures(evaluated, *evaluation);
  if (!watched.empty())
    line += watch(watched);
  add(line + "}\n");
  flush();
}

void TrainingLog::flush() {
  if (descriptor < 0 || buffer.empty())
    return;
  size_t written;
  int problem = writeAll(descriptor, buffer, written);
  if (!problem) {
    size += static_cast<int64_t>(written);
    buffer.clear();
    return;
  }
  size += static_cast<int64_t>(std::string_view(buffer).substr(0, written).rfind('\n') + 1);
  if (isFile)
    (void)!ftruncate(descriptor, size); // the disk is full: to fail here changes nothing
  close(descriptor);
  descriptor = -1;
  buffer.clear();
  if (required)
    fail("cannot write %s: %s", path.c_str(), systemMessage(problem).c_str());
  // A reader that goes away ends the run.
  warn(text("cannot write %s: %s%s", path.c_str(), systemMessage(problem).c_str(),
            problem == EPIPE ? "" : "; training goes on without the log"));
}

void TrainingLog::synchronise() {
  flush();
  if (descriptor >= 0)
    (void)fdatasync(descriptor); // a pipe has no disk
}

} // namespace nnc::runtime
