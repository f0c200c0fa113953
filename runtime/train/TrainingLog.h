// The log of a run as JSON lines, or as CSV where its file is called so. Its content is a function of
// the run alone: no times, nothing that depends on the machine, the number of threads, or where the
// run was interrupted.
#pragma once

#include "runtime/train/Evaluation.h"
#include "runtime/train/Watch.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::runtime {

/// A training step as the log has it.
struct LoggedStep {
  int64_t step = 0, epoch = 0; ///< both counted from 1
  double loss = 0, rate = 0;   ///< the rate is NaN where the model has none
};

class TrainingLog {
public:
  /// An empty path: nothing is written; "-": to the standard output. A run from the beginning
  /// replaces the file; one that is resumed after a step first cuts it back to this step, or warns
  /// that the file is empty. `digits` are significant, for losses and rates. Throws Error if the
  /// file cannot be opened, exists and is not a log, or is not the log of the resumed run. The
  /// first failed write calls `warn` and ends the log with its last whole line. `columns` are the
  /// measures of the epochs that a CSV file has behind those of the steps. If the log is `required`, as
  /// that of a run that is to be resumed with it, a failed write and an empty file are errors.
  TrainingLog(const std::string &path, const std::optional<LoggedStep> &resumedAfter, int digits,
              std::function<void(const std::string &)> warn, std::vector<std::string> columns = {},
              bool required = false);
  TrainingLog(const TrainingLog &) = delete;
  ~TrainingLog();

  /// {"step":1,"epoch":1,"loss":0.693147182,"lr":0.1}; null for numbers that are not finite.
  void step(const LoggedStep &step);

  /// {"epoch":1,"steps":938,"train_loss":...,"train_accuracy":...,"validation_loss":...} and, if there
  /// are watched parameters, "watch":{"dense.weight":{"gradient":...,...,"histogram":{"low":...,"high":...,"counts":[...]}}}
  void epoch(int64_t epoch, int64_t steps, const Measures &training,
             const std::optional<Measures> &evaluation, const char *evaluated,
             const std::vector<Watched> &watched);

  /// Lines that are still in memory go to the file.
  void flush();
  /// The same, and to the disk. Comes before a checkpoint is saved: the log must not end before the
  /// step that the checkpoint resumes from.
  void synchronise();

private:
  void beginAnew();
  void cutBack(const LoggedStep &last);
  std::string lineOf(const LoggedStep &step) const;
  std::string header() const;
  std::optional<int64_t> stepsDone(std::string_view line) const;
  bool isStep(std::string_view line) const;
  bool mayBegin(std::string_view line) const;
  std::string epochRow(int64_t epoch, int64_t steps, const Measures &training,
                       const std::optional<Measures> &evaluation, const char *evaluated) const;
  void add(std::string_view line);
  std::string measures(const char *prefix, const Measures &measures) const;
  std::string watch(const std::vector<Watched> &watched) const;

  std::string path;   ///< as messages name it
  const bool isTable; ///< CSV
  const std::vector<std::string> columns;
  int descriptor = -1;
  bool isFile = false; ///< a regular one, which can be cut
  int64_t size = 0;    ///< of the file, in bytes; whole lines
  std::string buffer;  ///< whole lines
  int digits;
  bool required;
  std::function<void(const std::string &)> warn;
};

} // namespace nnc::runtime
