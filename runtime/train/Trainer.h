// The training loop: epochs of shuffled batches, evaluation, early stopping, saving, and the
// report when the loss stops being a number.
#pragma once

#include "runtime/train/Checkpoint.h"
#include "runtime/train/Evaluation.h"
#include "runtime/train/EventLog.h"
#include "runtime/train/Progress.h"
#include "runtime/train/TrainingLog.h"
#include "runtime/data/Order.h"
#include "runtime/train/TrainingSteps.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nnc::runtime {

struct TrainingPlan {
  int64_t steps = 0;          ///< batches of the phase, those before a resume included
  int64_t stopAt = INT64_MAX; ///< batches of the phase after which to pause, as if interrupted
  int64_t pauseAtEpoch = INT64_MAX; ///< the epoch of all phases after which to pause
  bool quiet = false;
  bool plot = false;                            ///< on a terminal, with a curve of the losses
  std::string savePath;                         ///< empty: nothing is saved
  std::string bestPath;                         ///< for the weights of the best epoch; empty: none
  std::string folder;                           ///< of a run that has one
  std::function<void(int64_t)> afterEpoch = {}; ///< called with its number, from 1; may be empty
  bool resumable = true;                        ///< saved files can be resumed from
  std::string logPath;
  std::vector<std::string> logColumns; ///< measures of the epochs, for a log in CSV
  EventLog *events = nullptr;          ///< null: none are written
  bool resumed = false;                ///< the log goes on, too; so in a later phase
};

class Trainer {
public:
  enum class Outcome { Finished, StoppedEarly, Paused, Interrupted };

  /// Trains one phase on these rows of the dataset, beginning at `state` with the execution's
  /// persistent block. All arguments must live as long. Throws Error if a file cannot be written.
  Trainer(Execution &execution, const Recipe &recipe, const Phase &phase, const Dataset &dataset,
          RowSet rows, const TrainingPlan &plan, const TrainingState &state,
          const DataConventions &conventions);

  /// After each epoch, `evaluator` is asked, and named `name` in what is shown. Its loss or metric
  /// decides about stopping early if `decides`, else that of the training does.
  void evaluateWith(Evaluator *newEvaluator, const char *name, bool decides);

  /// Of a phase with patience that is resumed: the block whose weights were the best before.
  void goOnWithBest(const char *block);

  /// Runs to the end of the plan and saves. SIGHUP, SIGINT, SIGPIPE and SIGTERM end it after the
  /// current step. Throws Error if the loss, the learning rate, or anything that is to be saved is
  /// not finite. Nothing is saved then but the best weights so far, if the phase has patience.
  Outcome run();

  /// After run(): puts the best weights, if there are any, into the execution's persistent block.
  void useBest();

  /// The name of the measure that decides about stopping early, and its best value so far.
  std::string decisive() const { return phase.stopMetric.empty() ? "loss" : phase.stopMetric; }
  double bestValue() const { return phase.stopHighest ? -now.bestLoss : now.bestLoss; }

  const TrainingState &state() const { return now; }
  Progress &output() { return progress; }

private:
  int64_t stepsPerEpoch() const;
  void beginEpoch();
  void step();
  void setValidationLoss(double value);
  bool finishEpoch();
  void save();
  void saveBest();
  void saveIfDue();

  // Divergence.cpp
  void remember();
  /// The first tensor of a persistent block that is to stay finite and is not; null if all are.
  const PersistentTensor *firstNotFinite(const char *block);
  void checkFinite();
  [[noreturn]] void reportDivergence(std::optional<double> lossValue);
  [[noreturn]] void reportRate(double value);
  [[noreturn]] void failAndKeepBest(const std::string &message);
  std::string findCulprit(int64_t steps, bool infinite);
  std::string findCulpritOfStep(bool infinite);

  Execution &execution;
  const Phase &phase;
  const Dataset &dataset;
  const TrainingPlan &plan;
  const DataConventions &conventions;
  TrainingState now;
  TrainingSteps trainingSteps;
  Evaluator *evaluator = nullptr;
  const char *evaluated = "";
  bool evaluatorDecides = false;
  Order order;
  int64_t orderEpoch = -1;
  /// The block with the best weights of this process; of no size if neither the phase has patience
  /// nor the plan a file for them.
  AlignedBuffer best;
  /// The phase has patience and a best block: checkpoints have its weights, and the phase ends with
  /// them.
  bool endsWithBest = false;
  bool bestIsNew = false; ///< better than what is in the file for it
  /// All tensors but the states and slots that began as something else, such as a minimum that
  /// begins at infinity.
  std::vector<const PersistentTensor *> finiteTensors;
  /// The block as it was at most `rememberEvery` steps ago, finite: a diverging run is repeated
  /// from it to see what went wrong first, because the failing step itself spreads NaN everywhere.
  AlignedBuffer rememberedBlock;
  const int64_t rememberEvery;
  int64_t rememberedStep = -1, rememberedEpoch = 0, rememberedPosition = 0;
  double rememberedLoss = 0;       ///< as schedules read it
  std::vector<double> lossesSince; ///< of the epochs that have ended since
  Watcher watcher;
  Progress progress;
  TrainingLog log;
  std::chrono::steady_clock::time_point lastSaved;
  int64_t savedStep = -1; ///< of the file that this run has written
};

} // namespace nnc::runtime
