// Implements the reading and the comparison of runs.
#include "compiler/report/Run.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <cmath>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using llvm::json::Object;

namespace nnc::report {

static std::string join(llvm::StringRef folder, llvm::StringRef name) {
  return (folder + "/" + name).str();
}

bool isRun(llvm::StringRef path) { return llvm::sys::fs::exists(join(path, "config.json")); }

/// An empty object if the file does not exist.
static std::optional<Object> readObject(const std::string &path, std::string &error) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file) {
    if (file.getError() == std::errc::no_such_file_or_directory)
      return Object();
    error = llvm::formatv("cannot read `{0}`: {1}", path, file.getError().message());
    return std::nullopt;
  }
  llvm::Expected<llvm::json::Value> value = llvm::json::parse((*file)->getBuffer());
  if (!value) {
    llvm::consumeError(value.takeError());
    error = llvm::formatv("`{0}` is damaged: it is not JSON", path);
    return std::nullopt;
  }
  if (const Object *object = value->getAsObject())
    return *object;
  error = llvm::formatv("`{0}` is damaged: it is not an object", path);
  return std::nullopt;
}

/// Whether another process has locked the file.
static bool isLocked(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
}

std::optional<Run> readRun(llvm::StringRef path, std::string &error) {
  while (path.size() > 1 && path.ends_with("/"))
    path = path.drop_back();
  if (!isRun(path)) {
    error = llvm::formatv(
        "`{0}` holds no run: it has no config.json; `EXE train --run {0}` makes one", path);
    return std::nullopt;
  }
  Run run;
  run.path = path.str();
  run.name = llvm::sys::path::filename(path).str();
  run.locked = isLocked(run.file("lock"));
  for (auto [object, name] : {std::pair(&run.configuration, "config.json"),
                              {&run.environment, "environment.json"},
                              {&run.metrics, "metrics.json"},
                              {&run.evaluation, "evaluation.json"},
                              {&run.epochs, "epochs.json"},
                              {&run.profile, "profile.json"}}) {
    std::optional<Object> read = readObject(run.file(name), error);
    if (!read)
      return std::nullopt;
    *object = std::move(*read);
  }
  uint64_t size = 0;
  if (!llvm::sys::fs::file_size(run.file("log.jsonl"), size) && size > 0) {
    std::optional<Log> log = readLog(run.file("log.jsonl"), error);
    if (!log)
      return std::nullopt;
    run.log = std::move(*log);
  }
  return run;
}

/// Compares texts, numbers in them by their values.
static bool comesBefore(const std::string &left, const std::string &right) {
  return llvm::StringRef(left).compare_numeric(right) < 0;
}

std::vector<std::string> findRuns(llvm::StringRef path) {
  if (isRun(path))
    return {path.str()};
  std::vector<std::string> found;
  auto forEntries = [](llvm::StringRef folder,
                       llvm::function_ref<void(const std::string &)> visit) {
    std::error_code code;
    for (llvm::sys::fs::directory_iterator entry(folder, code), end; entry != end && !code;
         entry.increment(code))
      visit(entry->path());
  };
  forEntries(path, [&](const std::string &entry) {
    if (isRun(entry))
      found.push_back(entry);
    else if (llvm::sys::fs::is_directory(entry))
      forEntries(entry, [&](const std::string &member) {
        if (isRun(member))
          found.push_back(member);
      });
  });
  llvm::sort(found, comesBefore);
  return found;
}

static const llvm::json::Array *sessionsOf(const Run &run) {
  return run.environment.getArray("sessions");
}

std::string Run::state() const {
  const llvm::json::Array *sessions = sessionsOf(*this);
  const Object *last = sessions && !sessions->empty() ? sessions->back().getAsObject() : nullptr;
  std::string outcome = last ? last->getString("outcome").value_or("").str() : "";
  if (outcome.empty() || outcome == "running")
    return locked ? "running" : "killed";
  return outcome;
}

double Run::seconds() const {
  double sum = 0;
  if (const llvm::json::Array *sessions = sessionsOf(*this))
    for (const llvm::json::Value &session : *sessions)
      if (const Object *object = session.getAsObject())
        sum += object->getNumber("seconds").value_or(0);
  return sum;
}

int64_t Run::plannedSteps() const {
  int64_t sum = 0;
  if (const llvm::json::Array *steps = configuration.getArray("steps"))
    for (const llvm::json::Value &phase : *steps)
      sum += phase.getAsInteger().value_or(0);
  return sum;
}

int64_t Run::stepsDone() const {
  const Series *losses = log.find("loss");
  return losses && !losses->steps.empty() ? int64_t(losses->steps.back()) : 0;
}

std::optional<BestEpoch> Run::best() const {
  std::vector<std::pair<std::string, bool>> measures = {{"validation_loss", false},
                                                        {"train_loss", false}};
  if (const llvm::json::Object *decides = configuration.getObject("decides"))
    if (std::optional<llvm::StringRef> name = decides->getString("measure"))
      measures.insert(measures.begin(),
                      {name->str(), decides->getBoolean("highest").value_or(false)});
  for (const auto &[name, highest] : measures) {
    const Series *series = log.find(name);
    if (!series || series->values.empty())
      continue;
    auto best = highest ? llvm::max_element(series->values) : llvm::min_element(series->values);
    return BestEpoch{name, *best, best - series->values.begin() + 1};
  }
  return std::nullopt;
}

std::vector<std::string> textsOf(const llvm::json::Array *array) {
  std::vector<std::string> texts;
  if (array)
    for (const llvm::json::Value &value : *array)
      texts.push_back(value.getAsString().value_or("").str());
  return texts;
}

std::vector<double> numbersOf(const llvm::json::Array *array) {
  std::vector<double> numbers;
  if (array)
    for (const llvm::json::Value &value : *array)
      numbers.push_back(value.getAsNumber().value_or(NAN));
  return numbers;
}

std::string textOf(const llvm::json::Value &value) {
  if (std::optional<llvm::StringRef> text = value.getAsString())
    return text->str();
  if (std::optional<int64_t> integer = value.getAsInteger())
    return std::to_string(*integer);
  if (std::optional<double> number = value.getAsNumber())
    return formatNumber(*number);
  return llvm::formatv("{0}", value);
}

std::vector<std::pair<std::string, const llvm::json::Value *>> sortedMembers(const Object &object) {
  std::vector<std::pair<std::string, const llvm::json::Value *>> members;
  for (const auto &[key, value] : object)
    members.emplace_back(llvm::StringRef(key).str(), &value);
  llvm::sort(members, llvm::less_first());
  return members;
}

std::vector<std::pair<std::string, std::vector<std::string>>>
differencesOf(const std::vector<Run> &runs) {
  llvm::MapVector<std::string, std::vector<std::string>, std::map<std::string, unsigned>> values;
  for (size_t i = 0; i < runs.size(); ++i) {
    auto add = [&](const std::string &name, const llvm::json::Value &value) {
      std::vector<std::string> &row = values[name];
      row.resize(runs.size());
      row[i] = textOf(value);
    };
    const Object &configuration = runs[i].configuration;
    for (llvm::StringRef name :
         {"model", "recipe", "source", "nnc", "target", "float", "batch", "seed", "steps"})
      if (const llvm::json::Value *value = configuration.get(name))
        add(name.str(), *value);
    for (llvm::StringRef part : {"defines", "settings"})
      if (const Object *object = configuration.getObject(part))
        for (const auto &[name, value] : sortedMembers(*object))
          add(name, *value);
    if (const Object *options = configuration.getObject("options"))
      for (llvm::StringRef name : {"--init", "--init-partial", "--bootstrap", "--no-shuffle"})
        if (const llvm::json::Value *value = options->get(name)) // a flag is empty text
          add(name.str(), value->getAsString() == "" ? llvm::json::Value("yes") : *value);
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> result;
  for (auto &[name, row] : values) {
    row.resize(runs.size());
    if (!llvm::all_equal(row))
      result.emplace_back(name, row);
  }
  return result;
}

std::vector<std::pair<std::string, double>> scalarsOf(const Object &metrics) {
  std::vector<std::pair<std::string, double>> result;
  for (const auto &[key, value] : metrics)
    if (std::optional<double> number = value.getAsNumber();
        number && llvm::StringRef(key) != "examples")
      result.emplace_back(llvm::StringRef(key).str(), *number);
  llvm::sort(result, [](const auto &left, const auto &right) {
    return std::pair(left.first != "loss", left.first) <
           std::pair(right.first != "loss", right.first);
  });
  return result;
}

std::string formatNumber(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15)
    return std::to_string(int64_t(value));
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string formatSeconds(double seconds) {
  if (seconds < 60)
    return formatNumber(std::round(seconds * 100) / 100) + " s";
  const int64_t whole = std::llround(seconds);
  char text[48];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", (long long)(whole / 3600),
                  (long long)(whole / 60 % 60), (long long)(whole % 60));
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", (long long)(whole / 60),
                  (long long)(whole % 60));
  return text;
}

} // namespace nnc::report
