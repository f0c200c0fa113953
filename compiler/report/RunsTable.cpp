// Implements the table of runs.
#include "compiler/report/RunsTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

using llvm::json::Array;
using llvm::json::Object;

namespace nnc::report {

std::vector<std::vector<std::string>> tableOf(const std::vector<Run> &runs) {
  std::vector<std::vector<std::string>> rows{{"run", "state", "steps", "time"}};
  llvm::SetVector<std::string, std::vector<std::string>, std::set<std::string>> metrics;
  for (const Run &run : runs)
    for (const auto &[name, value] : scalarsOf(run.metrics))
      metrics.insert(name);
  const auto differences = differencesOf(runs);
  // Metrics of different splits are told apart.
  const bool hasBest = llvm::any_of(runs, [](const Run &run) { return run.best().has_value(); });
  if (!metrics.empty())
    rows[0].push_back("split");
  for (const std::string &name : metrics)
    rows[0].push_back(name);
  if (hasBest)
    llvm::append_range(rows[0], std::vector<std::string>{"best", "epoch"});
  for (const auto &[name, values] : differences)
    if (name != "steps")
      rows[0].push_back(name);
  for (size_t i = 0; i < runs.size(); ++i) {
    const Run &run = runs[i];
    std::string steps = std::to_string(run.stepsDone());
    if (run.plannedSteps() != run.stepsDone())
      steps += "/" + std::to_string(run.plannedSteps());
    std::vector<std::string> row{run.name, run.state(), steps, formatSeconds(run.seconds())};
    if (!metrics.empty())
      row.push_back(run.metrics.getString("split").value_or("").str());
    for (const std::string &name : metrics) {
      std::optional<double> value = run.metrics.getNumber(name);
      row.push_back(value ? formatNumber(*value) : "");
    }
    if (hasBest) {
      std::optional<BestEpoch> best = run.best();
      row.push_back(best ? best->measure + " " + formatNumber(best->value) : "");
      row.push_back(best ? std::to_string(best->epoch) : "");
    }
    for (const auto &[name, values] : differences)
      if (name != "steps")
        row.push_back(values[i]);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Characters, not bytes.
static size_t widthOf(llvm::StringRef cell) {
  return size_t(llvm::count_if(cell, [](char byte) { return (byte & 0xc0) != 0x80; }));
}

void printRuns(const std::vector<Run> &runs, llvm::raw_ostream &stream) {
  const std::vector<std::vector<std::string>> rows = tableOf(runs);
  std::vector<size_t> widths(rows[0].size());
  for (const std::vector<std::string> &row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], widthOf(row[i]));
  for (const std::vector<std::string> &row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - widthOf(row[i]) + 2, ' ');
    stream << llvm::StringRef(line).rtrim() << "\n";
  }
}

void printRunsJson(const std::vector<Run> &runs, llvm::raw_ostream &stream) {
  Array result;
  for (const Run &run : runs) {
    Object entry{{"path", run.path},         {"state", run.state()},
                 {"steps", run.stepsDone()}, {"planned_steps", run.plannedSteps()},
                 {"seconds", run.seconds()}, {"metrics", Object(run.metrics)}};
    for (llvm::StringRef name :
         {"model", "recipe", "source", "seed", "batch", "settings", "defines"})
      if (const llvm::json::Value *value = run.configuration.get(name))
        entry[name] = *value;
    if (std::optional<BestEpoch> best = run.best())
      entry["best"] =
          Object{{"measure", best->measure}, {"value", best->value}, {"epoch", best->epoch}};
    result.push_back(std::move(entry));
  }
  stream << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(result)));
}

} // namespace nnc::report
