// The training loop: epochs of shuffled batches, evaluation, early stopping, saving, and what is
// said when the loss stops being a number.
#pragma once

#include "runtime/Checkpoint.h"
#include "runtime/Evaluation.h"
#include "runtime/Progress.h"
#include "runtime/TrainingLog.h"

#include <chrono>
#include <optional>
#include <string>

namespace nnc::runtime {

struct TrainingPlan {
  int64_t steps = 0;          ///< of the whole run, those before a resume included
  int64_t stopAt = INT64_MAX; ///< steps after which to pause, as if interrupted
  int64_t patience = 0;       ///< epochs without improvement before the run stops; 0: never
  bool quiet = false;
  std::string savePath;
  bool resumable = true; ///< saved files can be resumed from
  std::string logPath;
  bool appendLog = false;
};

class Trainer {
public:
  enum class Outcome { Finished, StoppedEarly, Paused, Interrupted };

  /// Trains on these rows of the dataset, beginning at `state` with the execution's persistent
  /// block. All arguments must live as long. Throws Error if the model cannot be trained or a file
  /// cannot be written.
  Trainer(Execution &execution, const Dataset &dataset, Rows rows, const TrainingPlan &plan,
          const TrainingState &state, const DataConventions &conventions);

  /// After each epoch, `evaluator` is asked, and named `name` in what is shown. Its loss decides
  /// about stopping early if `decides`, else the training loss does.
  void evaluateWith(Evaluator *newEvaluator, const char *name, bool decides);

  /// The block whose weights were the best so far, kept while patience is positive.
  char *best() { return bestBlock.data(); }
  void setHasBest(bool value) { hasBest = value; }

  /// Runs to the end of the plan and saves. SIGINT and SIGTERM end it after the current step.
  /// Throws Error if the loss is not finite, and saves nothing then.
  Outcome run();

  /// After run(): puts the best weights, if there are any, into the execution's persistent block.
  void useBest();

  const TrainingState &state() const { return now; }
  Progress &output() { return progress; }
  /// The signal that interrupted run().
  static int signal();

private:
  void beginEpoch();
  double step();
  bool finishEpoch();
  void save();
  void saveIfDue();
  void remember();
  [[noreturn]] void reportDivergence(double loss);
  std::string findCulprit();

  Execution &execution;
  const Dataset &dataset;
  const Rows rows;
  const TrainingPlan &plan;
  const DataConventions &conventions;
  TrainingState now;
  BoundFunction function;
  const OutputValue *loss, *rate;
  MeasureSum sums;
  Evaluator *evaluator = nullptr;
  const char *evaluated = "";
  bool evaluatorDecides = false;
  Rows order;
  int64_t orderEpoch = -1;
  AlignedBuffer bestBlock;
  bool hasBest = false;
  /// The block as it was at most `rememberEvery` steps ago: a diverging run is repeated from it to
  /// see what went wrong first, because the failing step itself spreads NaN everywhere.
  AlignedBuffer rememberedBlock;
  int64_t rememberedStep = -1, rememberedEpoch = 0, rememberedPosition = 0;
  TrainingLog log;
  Progress progress;
  std::chrono::steady_clock::time_point lastSaved;
};

} // namespace nnc::runtime
