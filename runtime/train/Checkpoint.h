// Weights on disk. A file holds the parameters and states under their names; a file from which
// training can be resumed holds, under names that begin with "resume/", what else a step depends
// on.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/exec/Execution.h"
#include "runtime/support/Safetensors.h"
#include "runtime/train/TrainingLog.h"

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nnc::runtime {

/// Where a run stands between two steps. With the persistent block, all that the rest of the run
/// depends on.
struct TrainingState {
  int64_t seed = 0;
  std::string recipe;
  int64_t phase = 0;          ///< from 0
  int64_t stepsBefore = 0;    ///< of the phases before
  int64_t epochsBefore = 0;   ///< of the phases before
  int64_t step = 0;           ///< batches of the phase that are finished
  int64_t epoch = 0;          ///< epochs of the phase that are finished
  int64_t position = 0;       ///< examples of the current epoch that are used up
  std::vector<int64_t> steps; ///< planned, of each phase
  int64_t examples = 0;       ///< of the training set
  int64_t batch = 0;          ///< examples of a step
  bool shuffled = true;
  bool bootstrap = false; ///< whether the examples are drawn from the training set
  double bestLoss = std::numeric_limits<double>::infinity(); ///< of a metric to be high: minus it
  int64_t badEpochs = 0;                                     ///< epochs since bestLoss
  /// After the epoch before, as schedules read it.
  double validationLoss = std::numeric_limits<double>::infinity();
  LoggedStep last;                          ///< by which the log of the run is recognised
  std::vector<double> sums;                 ///< of the current epoch's losses and metrics
  std::vector<double> losses;               ///< of each training step, when it ran last
  std::vector<std::vector<double>> watched; ///< numbers of each training step, when it ran last
  std::map<std::string, double> settings;   ///< that were changed by --set
  std::map<std::string, std::string> data;  ///< a hash of each split's data

  /// Epochs of all phases that are finished.
  int64_t epochsDone() const { return epochsBefore + epoch; }
};

/// More steps than this cannot be told apart where they are counted in double precision.
constexpr int64_t mostSteps = int64_t(1) << 53;

/// The content of a file to save.
struct Snapshot {
  const Description &description;
  const DataConventions &conventions;
  const char *weights;        ///< block whose parameters and states are saved under their own names
  const char *current;        ///< block from which training goes on; may be the same
  const TrainingState *state; ///< null: the file cannot be resumed from
};

/// Copies the parameters and states of one persistent block to another; slots and the states of rows
/// belong to the training, which goes on with what it has.
void copyWeights(const Description &description, const char *from, char *to);

/// Replaces `path` atomically.
void saveCheckpoint(const std::string &path, const Snapshot &snapshot);

/// Copies the file's tensor `name` to the place of `tensor` in a persistent block, converting f32 and
/// f64. Throws Error if it is missing or has another shape or kind of element.
void loadTensor(const Safetensors &file, const PersistentTensor &tensor, const std::string &name,
                const Description &description, char *block);

/// Copies parameters and states into the persistent block, converting f32 and f64. Of parameters
/// that the file has averages of, these are taken, unless `raw` is true. Throws Error if
/// the file's vocabulary of a text is not the program's, or if a tensor is missing or has another
/// shape.
void loadWeights(const Safetensors &file, const Description &description, char *persistent,
                 bool raw = false);

/// Names of tensors that are neither weights of the model nor what a resumed run needs.
std::vector<std::string> unknownTensors(const Safetensors &file, const Description &description);

/// The conventions of the data that the weights were trained with; empty as far as they do not say.
/// Throws Error if the program declares other classes.
DataConventions loadConventions(const Safetensors &file, const Description &description);

/// Throws Error, naming `origin`, if the numbers of a state that was loaded contradict each other.
/// `every` is that of the phase's first training step, whose sums come first.
void checkPlace(const TrainingState &state, const std::string &origin, int64_t every);

/// Restores the block from which training goes on, and, if they differ, the best parameters and
/// states into `best` (else that stays as it is, and the result is without best). Throws Error if
/// the file cannot be resumed from.
struct Resumed {
  TrainingState state;
  bool hasBest = false;
};
Resumed loadForResume(const Safetensors &file, const Description &description, char *persistent,
                      char *best);

} // namespace nnc::runtime
