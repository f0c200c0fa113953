#include "tests/parity/Report.h"

#include <fmt/format.h>

#include <cstdio>
#include <numeric>

namespace nnc::parity {
namespace {

constexpr const char *statusNames[] = {"ok", "FAIL", "unsupported", "skipped"};

std::string number(double difference) {
  return difference < 0 ? "-" : fmt::format("{:.1e}", difference);
}

const char *precisionName(const Measurement &measurement) {
  return measurement.precision == FloatPrecision::F64 ? "f64" : "f32";
}

std::string numbers(const Measurement &measurement) {
  double value = measurement.largest(Aspect::Value),
         gradient = measurement.largest(Aspect::Gradient);
  std::string text = value < 0 && gradient < 0 ? ""
                                               : fmt::format("value {:<8} gradient {:<8}",
                                                             number(value), number(gradient));
  for (const std::string &remark : measurement.remarks)
    text += (text.empty() ? "" : ", ") + remark;
  return text;
}

} // namespace

void Report::line(const std::string &name, Status status, const std::string &rest) {
  ++counts[static_cast<size_t>(status)];
  anyFailed |= status == Status::Fail;
  fmt::print("{:<32} {:<11} {}\n", name, statusNames[static_cast<size_t>(status)], rest);
  std::fflush(stdout);
}

void Report::addChecked(const std::string &name, const std::vector<Measurement> &measurements) {
  Status status = Status::Ok;
  std::string rest;
  for (const Measurement &measurement : measurements) {
    if (!measurement.passed())
      status = Status::Fail;
    rest += fmt::format("{}{} {}", rest.empty() ? "" : "  ", precisionName(measurement),
                        numbers(measurement));
  }
  line(name, status, rest);
  for (const Measurement &measurement : measurements)
    for (const std::string &failure : measurement.failures)
      fmt::print("    {}: {}\n", precisionName(measurement), failure);
}

void Report::addUnsupported(const std::string &name, const std::string &reason) {
  line(name, Status::Unsupported, reason);
}

void Report::addSkipped(const std::string &name, const std::string &reason) {
  line(name, Status::Skipped, reason);
}

void Report::addFailure(const std::string &name, const std::string &reason) {
  line(name, Status::Fail, reason);
}

void Report::printCounts(const std::string &what) {
  fmt::print("{} {}: {} ok, {} FAIL, {} unsupported, {} skipped\n",
             std::accumulate(counts.begin(), counts.end(), 0), what, counts[0], counts[1],
             counts[2], counts[3]);
  counts = {};
}

} // namespace nnc::parity
