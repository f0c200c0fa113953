// What a person sees while a model trains: on a terminal one line that is redrawn, elsewhere plain
// lines.
#pragma once

#include "runtime/Evaluation.h"

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

  /// One line of its own.
  void message(const std::string &line);

private:
  bool isDue();
  void draw(int64_t stepsDone, const Measures &measures);
  void eraseLine();
  double examplesPerSecond() const;
  double secondsLeft(int64_t stepsDone) const;

  using Clock = std::chrono::steady_clock;
  bool quiet, terminal, drawn = false;
  int64_t steps, stepsPerEpoch, stepsBefore, epochs;
  int64_t examplesSinceStart = 0;
  Clock::time_point start, lastDrawn;
};

} // namespace nnc::runtime
