// The folders of training runs, which compiled programs write (`train --run`).
#pragma once

#include "compiler/report/Log.h"

#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace nnc::report {

/// The epoch of best.safetensors by the log: with the best measure that decides, of a validation split if
/// there is one. After several phases that file has the best epoch of the last one instead.
struct BestEpoch {
  std::string measure; ///< validation_loss, else train_loss, or the metric of `patience`
  double value = 0;
  int64_t epoch = 0;
};

struct Run {
  std::string path, name; ///< the name is the last part of the path
  llvm::json::Object configuration, environment;
  /// Of a run that has not ended: empty.
  llvm::json::Object metrics, evaluation;
  /// Predictions over a plane or a line of inputs after some epochs, and what `bench --profile --json`
  /// printed; empty: none.
  llvm::json::Object epochs, profile;
  Log log;     ///< empty before the first step
  bool locked; ///< a process writes to it

  /// finished, stopped early, paused, interrupted, failed, running or killed
  std::string state() const;
  double seconds() const; ///< of all processes that took part
  int64_t plannedSteps() const, stepsDone() const;
  std::optional<BestEpoch> best() const;
  std::string file(llvm::StringRef file) const { return path + "/" + file.str(); }
};

/// Whether the folder holds a run.
bool isRun(llvm::StringRef path);
/// Reads the run in a folder. Returns nothing and sets `error` if the folder holds none, or a damaged one.
std::optional<Run> readRun(llvm::StringRef path, std::string &error);
/// The folders of runs in a folder, those of ensembles among them, or the folder itself, in the order
/// of their names and numbers.
std::vector<std::string> findRuns(llvm::StringRef path);

/// The differences between runs: `-D` values, settings, seed and options; by name the values as text, one for
/// each run, empty where a run has none.
std::vector<std::pair<std::string, std::vector<std::string>>>
differencesOf(const std::vector<Run> &runs);

/// The numbers of an object, without its tensors, in a fixed order: the loss first, without the number
/// of examples.
std::vector<std::pair<std::string, double>> scalarsOf(const llvm::json::Object &metrics);

/// A value of a configuration as text.
std::string textOf(const llvm::json::Value &value);
/// The elements of an array, which may be null: empty and nan where they are something else.
std::vector<std::string> textsOf(const llvm::json::Array *array);
std::vector<double> numbersOf(const llvm::json::Array *array);
/// The members of an object in the order of their names.
std::vector<std::pair<std::string, const llvm::json::Value *>>
sortedMembers(const llvm::json::Object &object);
/// A number with four significant digits; whole numbers as they are.
std::string formatNumber(double value);
/// "1:02:03", "2.4 s"
std::string formatSeconds(double seconds);

} // namespace nnc::report
