// The log of a run as JSON lines. Its content is a function of the run alone: no times, nothing
// that depends on the machine or the number of threads.
#pragma once

#include "runtime/Evaluation.h"

#include <cstdio>
#include <optional>
#include <string>

namespace nnc::runtime {

class TrainingLog {
public:
  /// An empty path: nothing is written. `digits` are significant, for losses and rates. Throws
  /// Error if the file cannot be opened.
  TrainingLog(const std::string &path, bool append, int digits);
  TrainingLog(const TrainingLog &) = delete;
  ~TrainingLog();

  /// {"step":1,"epoch":1,"loss":0.693147182,"lr":0.1}; both counted from 1; null for what is not
  /// finite.
  void step(int64_t step, int64_t epoch, double loss, std::optional<double> rate);

  /// {"epoch":1,"steps":938,"train_loss":...,"train_accuracy":...,"validation_loss":...}
  void epoch(int64_t epoch, int64_t steps, const Measures &training,
             const std::optional<Measures> &evaluation, const char *evaluated);

  /// Throws Error if anything could not be written.
  void flush();

private:
  std::string number(double value) const;
  std::string measures(const char *prefix, const Measures &measures) const;

  std::string path;
  std::FILE *file = nullptr;
  int digits;
};

} // namespace nnc::runtime
