// The display of a training run: on a terminal one line that is redrawn, elsewhere plain lines.
// The training does not depend on it: what cannot be written is left out.
#pragma once

#include "runtime/train/Evaluation.h"

#include <chrono>
#include <optional>
#include <string>

namespace nnc::runtime {

class Progress {
public:
  /// `steps` of the whole run, of which `stepsBefore` were done by an earlier process.
  Progress(bool quiet, int64_t steps, int64_t stepsPerEpoch, int64_t stepsBefore);
  /// Takes the redrawn line away.
  ~Progress();

  /// After each step; draws only now and then, so `measures` (the epoch's means so far) is called
  /// rarely.
  template <typename MeasuresSoFar>
  void step(int64_t stepsDone, int64_t examples, MeasuresSoFar measures) {
    examplesSinceStart += examples;
    if (quiet || !isDue())
      return;
    draw(stepsDone, measures());
  }

  /// At the end of an epoch (numbered from 1): what will stay on the screen. Of many epochs only
  /// some are shown.
  void epoch(int64_t epoch, int64_t stepsDone, const Measures &training,
             const std::optional<Measures> &evaluation, const char *evaluated);

  /// One line of its own. Goes to the standard error if the reader of the standard output has gone.
  void message(const std::string &line);

  /// One line on the standard error, even if `quiet`.
  void warning(const std::string &line);

private:
  void print(const std::string &text);
  bool isDue();
  void draw(int64_t stepsDone, const Measures &measures);
  void eraseLine();
  double examplesPerSecond() const;
  double secondsLeft(int64_t stepsDone) const;

  using Clock = std::chrono::steady_clock;
  bool quiet, terminal, drawn = false;
  int problem = 0; ///< errno of the first failure to write; nothing is written after it
  int64_t steps, stepsPerEpoch, stepsBefore, epochs;
  int64_t examplesSinceStart = 0;
  Clock::time_point start, lastDrawn;
};

} // namespace nnc::runtime
