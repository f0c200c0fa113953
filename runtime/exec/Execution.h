// Runs a model's functions: owns their memory and the threads, and assembles batches from datasets.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/exec/InputBlock.h"
#include "runtime/model/Model.h"
#include "runtime/exec/ThreadPool.h"

#include <string>
#include <string_view>

namespace nnc::runtime {

/// The memory that all functions of a model share. All of it is allocated here, once.
class Execution {
public:
  /// The command keeps `persistentBlocks` blocks of the size of the persistent one altogether.
  /// Throws Error if the processor cannot run the model's code, or if the machine does not have the
  /// memory.
  Execution(const Model &model, int threads, int persistentBlocks = 1);

  const Model &model() const { return compiled; }
  const Description &description() const { return compiled.description; }
  int threads() const { return pool.threads(); }
  ThreadPool &threadPool() { return pool; }

  /// The arena.
  char *scratch() { return arena.data(); }
  char *persistent() { return persistentBlock.data(); }
  char *tensor(const PersistentTensor &tensor) { return persistent() + tensor.offset; }

  /// Exchanges the parameters with their averages, where there are any.
  void exchangeAverages();

  /// Gives a scalar its value; nothing happens if the model does not use it.
  void setScalar(std::string_view name, int64_t value);
  void setScalar(std::string_view name, double value);
  /// The same without the search for the name, for the training step. `scalar` may be null.
  void setScalar(const Scalar *scalar, int64_t value);
  void setScalar(const Scalar *scalar, double value);
  double scalar(const Scalar &scalar) const;

  /// Writes parameters, slots and states.
  void initialize(int64_t seed);
  /// Calls a function that generates sequences, on all threads.
  void step(nnc_step_function *code, const char *inputs, char *outputs, char *cache);

private:
  friend class BoundFunction;

  template <typename Number> void store(const Scalar *scalar, Number value);

  const Model &compiled;
  ThreadPool pool;
  AlignedBuffer persistentBlock, arena, scalars;
};

/// One compiled function with its input and output blocks, reading its batches from one dataset.
class BoundFunction {
public:
  /// `dataset` must live as long. Throws Error if the function needs a field that the dataset does
  /// not have.
  BoundFunction(Execution &execution, const Function &function, const Dataset &dataset);

  int64_t batch() const { return function.batch; }
  const Function &description() const { return function; }

  /// Assembles a batch from `count` rows of the dataset (1 <= count <= batch), fills it up with
  /// copies of them that weigh nothing, and calls the function. Padding is 0. No allocation.
  void run(const int64_t *rows, int64_t count);

  /// The same on one thread, whatever the number of threads.
  void runAlone(const int64_t *rows, int64_t count);

  /// Calls the function again with the batch that is there.
  void runAgain();

  /// The place of a total, which the caller fills before runAgain().
  char *total(const InputField &field) { return inputs.data() + field.offset; }

  const char *outputBlock() const { return outputs.data(); }
  const char *output(const OutputValue &value) const { return outputs.data() + value.offset; }
  double scalar(const OutputValue &value) const {
    return loadElement(output(value), value.dtype, 0);
  }

private:
  static void assembleAndCall(void *self, int64_t thread, int64_t threads);
  static void call(void *self, int64_t thread, int64_t threads);

  Execution &execution;
  const Function &function;
  InputBlock inputs;
  AlignedBuffer outputs;
  const bool isLarge; ///< the dataset is larger than memory
  const int64_t *rows = nullptr;
  int64_t count = 0;
};

} // namespace nnc::runtime
