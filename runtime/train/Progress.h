// The display of a training run: on a terminal one line that is redrawn, elsewhere plain lines.
// The training does not depend on it: what cannot be written is left out.
#pragma once

#include "runtime/train/Curve.h"
#include "runtime/train/Evaluation.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nnc::runtime {

class Progress {
public:
  /// `steps` of the whole run, of which `stepsBefore` were done by an earlier process.
  /// `plot`: with the curve of the losses below the redrawn line. `directions`: of metrics, whether a
  /// higher value is better.
  Progress(bool quiet, bool plot, int64_t steps, int64_t stepsPerEpoch, int64_t stepsBefore,
           const std::map<std::string, bool> &directions);
  /// Takes the redrawn line away.
  ~Progress();

  /// After each step; draws only now and then, so `measures` (the epoch's means so far) is called
  /// rarely.
  template <typename MeasuresSoFar>
  void step(int64_t stepsDone, int64_t examples, double loss, MeasuresSoFar measures) {
    examplesSinceStart += examples;
    if (plot)
      curve.add(loss);
    if (quiet || !isDue())
      return;
    draw(stepsDone, measures());
  }

  /// At the end of an epoch (numbered from 1): what will stay on the screen. Of many epochs only
  /// some are shown.
  void epoch(int64_t epoch, int64_t stepsDone, const Measures &training,
             const std::optional<Measures> &evaluation, const char *evaluated);

  /// At the end of the training: on a terminal, leaves the curve and a table of the epochs' measures.
  void finish();

  /// One line of its own. Goes to the standard error if the reader of the standard output has gone.
  void message(const std::string &line);

  /// One line on the standard error, even if `quiet`.
  void warning(const std::string &line);

private:
  void print(const std::string &text);
  bool isDue();
  void draw(int64_t stepsDone, const Measures &measures);
  void eraseLine();
  void record(const std::string &split, const Measures &measures, int64_t epoch);
  std::string drawCurve(size_t &lines) const;
  double examplesPerSecond() const;
  double secondsLeft(int64_t stepsDone) const;

  using Clock = std::chrono::steady_clock;
  bool quiet, terminal, plot, drawn = false;
  int problem = 0; ///< errno of the first failure to write; nothing is written after it
  int64_t steps, stepsPerEpoch, stepsBefore, epochs;
  int64_t examplesSinceStart = 0;
  Clock::time_point start, lastDrawn;

  /// A measure of the epochs so far.
  struct Series {
    std::string name;
    bool hasDirection, isHighest;
    double first, best, last;
    int64_t bestEpoch;
  };
  const std::map<std::string, bool> &directions;
  Curve curve;
  std::vector<Series> series;
  int64_t epochsSeen = 0;
};

} // namespace nnc::runtime
