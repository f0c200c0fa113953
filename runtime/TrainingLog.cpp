#include "runtime/TrainingLog.h"

#include "runtime/Json.h"

#include <cerrno>
#include <cmath>

namespace nnc::runtime {

TrainingLog::TrainingLog(const std::string &path, bool append, int digits)
    : path(path), digits(digits) {
  if (path.empty())
    return;
  file = std::fopen(path.c_str(), append ? "ae" : "we");
  if (!file)
    fail("cannot write %s: %s", path.c_str(), systemMessage(errno).c_str());
}

TrainingLog::~TrainingLog() {
  if (file)
    std::fclose(file);
}

std::string TrainingLog::number(double value) const {
  return std::isfinite(value) ? text("%.*g", digits, value) : "null";
}

std::string TrainingLog::measures(const char *prefix, const Measures &measures) const {
  std::string result = text(",\"%s_loss\":%s", prefix, number(measures.loss).c_str());
  for (const auto &[name, value] : measures.metrics)
    result += "," + dumpJson(std::string(prefix) + "_" + name) + ":" + number(value);
  return result;
}

void TrainingLog::step(int64_t step, int64_t epoch, double loss, std::optional<double> rate) {
  if (!file)
    return;
  std::fprintf(file, "{\"step\":%lld,\"epoch\":%lld,\"loss\":%s,\"lr\":%s}\n",
               static_cast<long long>(step), static_cast<long long>(epoch), number(loss).c_str(),
               rate ? number(*rate).c_str() : "null");
}

void TrainingLog::epoch(int64_t epoch, int64_t steps, const Measures &training,
                        const std::optional<Measures> &evaluation, const char *evaluated) {
  if (!file)
    return;
  std::string line = text("{\"epoch\":%lld,\"steps\":%lld", static_cast<long long>(epoch),
                          static_cast<long long>(steps));
  line += measures("train", training);
  if (evaluation)
    line += measures(evaluated, *evaluation);
  std::fprintf(file, "%s}\n", line.c_str());
  flush();
}

void TrainingLog::flush() {
  if (file && (std::fflush(file) != 0 || std::ferror(file)))
    fail("cannot write %s: %s", path.c_str(), systemMessage(errno).c_str());
}

} // namespace nnc::runtime
