// The log of a run as JSON lines. Its content is a function of the run alone: no times, nothing
// that depends on the machine, the number of threads, or where the run was interrupted.
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
  /// first failed write calls `warn` and ends the log with its last whole line.
  TrainingLog(const std::string &path, const std::optional<LoggedStep> &resumedAfter, int digits,
              std::function<void(const std::string &)> warn);
  TrainingLog(const TrainingLog &) = delete;
  ~TrainingLog();

  /// {"step":1,"epoch":1,"loss":0.693147182,"lr":0.1}; null for numbers that are not finite.
  void step(const LoggedStep &step);

  /// {"epoch":1,"steps":938,"train_loss":...,"train_accuracy":...,"validation_loss":...} and, if there
  /// are watched parameters, "watch":{"dense.weight":{"gradient":...,"weight":...,...}}
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
  void add(std::string_view line);
  std::string measures(const char *prefix, const Measures &measures) const;
  std::string watch(const std::vector<Watched> &watched) const;

  std::string path; ///< as messages name it
  int descriptor = -1;
  bool isFile = false; ///< a regular one, which can be cut
  int64_t size = 0;    ///< of the file, in bytes; whole lines
  std::string buffer;  ///< whole lines
  int digits;
  std::function<void(const std::string &)> warn;
};

} // namespace nnc::runtime
