// The training steps of a phase, each of which takes the batches in its turn: most phases have one,
// adversarial and similar training has several.
#pragma once

#include "runtime/train/Buckets.h"
#include "runtime/train/Evaluation.h"
#include "runtime/train/Watch.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace nnc::runtime {

class TrainingSteps {
public:
  /// An epoch has at most so many examples. All arguments must live as long. Throws Error if the
  /// dataset lacks a field.
  TrainingSteps(Execution &execution, const Recipe &recipe, const Phase &phase,
                const Dataset &dataset, int64_t examples);

  /// The examples of a batch, in all its parts.
  int64_t batch() const { return first().step.batch() * parts; }
  /// The function of the first step, for all lengths.
  const Function &function() const { return first().step.description(); }
  /// How long the phase is planned to be: what its schedules depend on.
  void plan(int64_t steps, int64_t stepsPerEpoch);

  /// Updates the parameters by these rows, as batch `number` (from 0) of the phase.
  void run(int64_t number, const int64_t *rows, int64_t count);

  /// Calls `use` with the function of each step that takes batch `number` and the rows of each part,
  /// after the counters are set, instead of running it.
  void forEach(int64_t number, const int64_t *rows, int64_t count,
               const std::function<void(BoundFunction &, const int64_t *, int64_t)> &use);

  /// The sum of the losses of each step when it ran last.
  double loss() const;
  /// Of the step that ran last; std::nullopt where it has no rate.
  std::optional<double> rate() const { return lastRate; }
  /// The training step that has given rate().
  const TrainingStep &lastStep() const { return *last; }

  /// Of all steps when they ran last, if the program was built for it.
  std::vector<Watched> watched() const;
  /// The numbers of watched(), by step, for a checkpoint.
  std::vector<std::vector<double>> watchState() const;
  void restoreWatch(const std::vector<std::vector<double>> &state);

  /// Of the examples since clear(). Of several steps the loss is the sum, and the loss of each is a
  /// metric. Overwrites the arena.
  Measures result();
  void clear();
  /// The sums, for a checkpoint.
  std::vector<double> state() const;
  /// False if the state does not fit.
  bool restore(const std::vector<double> &state);
  /// The summands of loss().
  std::vector<double> lastLosses() const;
  void setLastLosses(const std::vector<double> &losses);

  /// For each row of the dataset, the shortest bucket that takes it; empty without buckets.
  const std::vector<uint8_t> &bucketOfRows() const { return first().buckets.ofRows(); }

private:
  struct Turn {
    Turn(Execution &execution, const TrainingStep &description, const Function *metrics,
         const Dataset &dataset, int64_t examples);

    const TrainingStep &description;
    BoundFunction step;
    Buckets buckets;
    std::optional<BoundFunction> update; ///< follows the last part of a batch
    const OutputValue *loss, *rate;
    MeasureSum sums;
    double lastLoss = 0;
    const BoundFunction *updating = nullptr; ///< that has changed the parameters last
    std::vector<double> watchedBefore;       ///< by the run that this one goes on with

    /// The function that changes the parameters, or one with the same outputs.
    const Function &updater() const { return update ? update->description() : step.description(); }
    /// Empty if it has not run, or if the program was not built for it.
    std::vector<double> watched() const {
      return updating ? watchedNumbers(*updating) : watchedBefore;
    }
  };
  const Turn &first() const { return *turns.front(); }
  /// False if the step leaves the batch out; else sets its counters.
  bool takes(const Turn &turn, int64_t number);
  /// Calls `use` with the function and the rows of each part of a batch.
  template <typename Use>
  void forParts(Turn &turn, int64_t number, const int64_t *rows, int64_t count, const Use &use);

  Execution &execution;
  const int64_t parts; ///< of a batch
  /// The counters that schedules and random numbers depend on; null if the model does not use them.
  const Scalar *stepScalar, *stepsScalar, *epochScalar, *stepsPerEpochScalar, *partScalar,
      *partWeightScalar;
  std::vector<std::unique_ptr<Turn>> turns;
  int64_t steps = 0, stepsPerEpoch = 1;
  const TrainingStep *last = nullptr;
  std::optional<double> lastRate;
};

} // namespace nnc::runtime
