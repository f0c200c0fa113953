// Implements the configuration and the environment of a run.
#include "runtime/cli/RunRecord.h"

#include "runtime/cli/Commands.h"
#include "runtime/support/File.h"

#include <ctime>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <thread>

namespace nnc::runtime {

/// All settings of the recipe, with those that were changed.
static Json settingsOf(const Description &description, const SettingValues &changed) {
  Json settings = Json::object();
  for (const Scalar &scalar : description.scalars)
    if (scalar.settable) {
      auto found = changed.find(scalar.name);
      settings[scalar.name] = found == changed.end() ? scalar.defaultValue : found->second;
    }
  return settings;
}

static Json foldersOf(const std::map<std::string, std::string> &folders) {
  Json result = Json::object();
  for (const auto &[block, folder] : folders)
    result[block] = folder;
  return result;
}

Json configurationOf(const Description &description, const Recipe &recipe,
                     const TrainingState &state, const SettingValues &changed,
                     const std::map<std::string, std::string> &folders,
                     const Arguments &arguments) {
  Json options = Json::object(), defines = Json::object();
  for (const auto &[name, values] : arguments.options())
    if (name != "--run" && name != "--threads" && name != "--quiet" && name != "--tensorboard" &&
        name != "--plot")
      options[name] = values.size() == 1 ? Json(values[0]) : Json(values);
  for (const auto &[name, value] : description.defines)
    defines[name] = value;
  Json fields = Json::array();
  for (const DataField &field : description.block(recipe.data)->fields)
    fields.push_back({{"name", field.name},
                      {"dtype", nameOf(field.dtype)},
                      {"shape", field.shape},
                      {"classes", field.classes}});
  Json json;
  const std::pair<const char *, const std::string &> texts[] = {
      {"nnc", description.compiler},  {"model", description.model},   {"recipe", recipe.name},
      {"source", description.source}, {"target", description.target}, {"data", recipe.data}};
  for (const auto &[name, value] : texts)
    json[name] = value;
  const std::pair<const char *, int64_t> numbers[] = {
      {"seed", state.seed}, {"batch", recipe.batch}, {"examples", state.examples}};
  for (const auto &[name, value] : numbers)
    json[name] = value;
  // By which the weights in best.safetensors are the best.
  const Phase &last = recipe.phases.back();
  const bool validated = description.block(recipe.data)->split("validation") || recipe.validate > 0;
  Json &decides = json["decides"];
  decides["measure"] = std::string(validated ? "validation_" : "train_") +
                       (last.stopMetric.empty() ? "loss" : last.stopMetric);
  decides["highest"] = last.stopHighest;
  json["float"] = nameOf(description.floatType);
  json["defines"] = std::move(defines);
  json["options"] = std::move(options);
  json["fields"] = std::move(fields);
  return resumedConfiguration(std::move(json), description, state, changed, folders);
}

Json resumedConfiguration(Json before, const Description &description, const TrainingState &state,
                          const SettingValues &changed,
                          const std::map<std::string, std::string> &folders) {
  before["nnc"] = description.compiler;
  before["target"] = description.target;
  before["settings"] = settingsOf(description, changed);
  before["steps"] = state.steps;
  before["folders"] = foldersOf(folders);
  before["hashes"] = state.data;
  before["info"] = infoJson(description);
  return before;
}

/// "AMD EPYC 9B14", or empty.
static std::string processorName() {
  try {
    const Bytes content = readFile("/proc/cpuinfo");
    std::string_view rest(content.data(), content.size());
    size_t begin = rest.find("model name");
    if (begin == std::string_view::npos ||
        (begin = rest.find(": ", begin)) == std::string_view::npos)
      return "";
    rest.remove_prefix(begin + 2);
    return std::string(rest.substr(0, rest.find('\n')));
  } catch (const Error &) {
    return "";
  }
}

/// "2026-12-01T02:28:45Z"
static std::string timeNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts;
  char words[32];
  gmtime_r(&now, &parts);
  std::strftime(words, sizeof words, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return words;
}

bool hasEnded(const RunFolder &folder, int64_t steps) {
  if (!folder.has(RunFolder::environment))
    return false;
  const Json environment = folder.read(RunFolder::environment);
  const Json sessions = environment.value("sessions", Json::array());
  for (const Json &session : sessions)
    if (session.is_object() && session.value("steps", Json()) == steps &&
        (session.value("outcome", Json()) == "finished" ||
         session.value("outcome", Json()) == "stopped early"))
      return true;
  return false;
}

RunSession::RunSession(const RunFolder &folder, int threads, int64_t stepsBefore)
    : folder(folder), start(std::chrono::steady_clock::now()) {
  if (folder.has(RunFolder::environment))
    environment = folder.read(RunFolder::environment);
  if (!environment["sessions"].is_array())
    environment["sessions"] = Json::array();
  struct utsname system;
  Json &session = environment["sessions"].emplace_back();
  session["started"] = timeNow();
  session["processor"] = processorName();
  const std::pair<const char *, int64_t> numbers[] = {
      {"cores", static_cast<int64_t>(std::thread::hardware_concurrency())},
      {"threads", threads},
      {"steps_before", stepsBefore}};
  for (const auto &[name, number] : numbers)
    session[name] = number;
  if (uname(&system) == 0)
    session["system"] = text("%s %s %s", system.sysname, system.release, system.machine);
  session["outcome"] = "running";
  folder.write(RunFolder::environment, environment);
}

void RunSession::finish(const std::string &outcome, int64_t steps, const std::string &message) {
  Json &session = environment["sessions"].back();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  struct rusage usage;
  session["outcome"] = outcome;
  if (!message.empty())
    session["message"] = message;
  session["steps"] = steps;
  session["seconds"] = time.count();
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    session["peak_bytes"] = static_cast<int64_t>(usage.ru_maxrss) * 1024;
  folder.write(RunFolder::environment, environment);
}

} // namespace nnc::runtime
