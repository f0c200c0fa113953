// Implements Execution: the memory of a model, and calls of its functions on all threads.
#include "runtime/exec/Execution.h"

#include "runtime/support/Error.h"
#include "runtime/exec/Machine.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

/// Sums and products that stay at the largest number instead of wrapping around.
static size_t sum(size_t a, size_t b) { return a > SIZE_MAX - b ? SIZE_MAX : a + b; }
static size_t product(size_t a, size_t b) {
  size_t result;
  return __builtin_mul_overflow(a, b, &result) ? SIZE_MAX : result;
}

/// The arena of the function that needs most, and behind it each thread's own memory.
static size_t largestArena(const Description &description, int threads) {
  size_t bytes = 0;
  for (const Function &function : description.functions)
    bytes = std::max(bytes, sum(sum(function.arenaBytes, 63) / 64 * 64,
                                product(function.threadBytes, static_cast<size_t>(threads))));
  return bytes;
}

/// Before the first instruction that this processor may lack. The runtime itself is compiled for
/// the baseline.
static void checkProcessor(const Description &description) {
  std::string missing;
  for (const std::string &feature : missingFeatures(description.features))
    missing += (missing.empty() ? "" : ", ") + feature;
  if (!missing.empty())
    fail("this program is compiled for %s, and this processor has no %s: compile it here, or with "
         "--target-cpu for this processor",
         description.target.c_str(), missing.c_str());
}

/// Initialisation touches all memory. Without this check the kernel would kill a process that needs
/// more than the machine has, without a message.
static void checkMemory(const Description &description, int threads, int persistentBlocks) {
  size_t parameters = product(description.persistentBytes, static_cast<size_t>(persistentBlocks));
  size_t arena = largestArena(description, threads), batches = 0;
  for (const Function &function : description.functions)
    batches = sum(batches, sum(function.inputBytes, function.outputBytes));
  if (description.generation) // of the prompt, and of the sequence behind it
    batches = sum(batches, product(description.generation->cacheBytes, 2));
  size_t total = sum(sum(parameters, arena), batches), usable = usableMemory();
  if (total > usable)
    fail(
        "not enough memory: %.1f MB needed (%.1f MB for parameters and the optimizer's state, %.1f "
        "MB for activations, %.1f MB for batches), this machine has %.1f MB",
        static_cast<double>(total) / 1e6, static_cast<double>(parameters) / 1e6,
        static_cast<double>(arena) / 1e6, static_cast<double>(batches) / 1e6,
        static_cast<double>(usable) / 1e6);
}

/// `model`, once it is known that it can run here.
static const Model &checked(const Model &model, int threads, int persistentBlocks) {
  checkProcessor(model.description);
  checkMemory(model.description, threads, persistentBlocks);
  return model;
}

Execution::Execution(const Model &model, int threads, int persistentBlocks)
    : compiled(checked(model, threads, persistentBlocks)), pool(threads),
      persistentBlock(model.description.persistentBytes),
      arena(largestArena(model.description, threads)), scalars(model.description.scalarBytes) {
  for (const Scalar &scalar : description().scalars)
    setScalar(&scalar, scalar.defaultValue);
}

void Execution::exchangeAverages() {
  for (const PersistentTensor &average : description().tensors)
    if (average.kind == TensorKind::Average) {
      char *values = tensor(average);
      std::swap_ranges(values, values + average.bytes(),
                       tensor(*description().tensor(average.owner)));
    }
}

template <typename Number> void Execution::store(const Scalar *scalar, Number value) {
  if (!scalar)
    return;
  char *place = scalars.data() + scalar->offset;
  if (scalar->integer) {
    const int64_t integer = static_cast<int64_t>(value);
    std::memcpy(place, &integer, sizeof integer);
  } else {
    const double real = static_cast<double>(value);
    std::memcpy(place, &real, sizeof real);
  }
}

void Execution::setScalar(const Scalar *scalar, int64_t value) { store(scalar, value); }
void Execution::setScalar(const Scalar *scalar, double value) { store(scalar, value); }

void Execution::setScalar(std::string_view name, int64_t value) {
  store(description().scalar(name), value);
}
void Execution::setScalar(std::string_view name, double value) {
  store(description().scalar(name), value);
}

double Execution::scalar(const Scalar &scalar) const {
  return loadElement(scalars.data() + scalar.offset, scalar.integer ? DType::I64 : DType::F64, 0);
}

void Execution::initialize(int64_t seed) {
  const Function *function = description().function("nnc_initialize");
  if (!function)
    throw Error("this program has no parameters to initialise");
  setScalar("seed", seed);
  Dataset nothing;
  BoundFunction bound(*this, *function, nothing);
  bound.runAgain();
}

void Execution::step(nnc_step_function *code, const char *inputs, char *outputs, char *cache) {
  struct Call {
    Execution &execution;
    nnc_step_function *code;
    const char *inputs;
    char *outputs, *cache;
  } call{*this, code, inputs, outputs, cache};
  auto run = [](void *self, int64_t thread, int64_t threads) {
    Call &call = *static_cast<Call *>(self);
    Execution &execution = call.execution;
    call.code(execution.persistentBlock.data(), execution.arena.data(), call.inputs, call.outputs,
              execution.scalars.data(), call.cache, thread, threads);
  };
  pool.run(run, &call);
}

BoundFunction::BoundFunction(Execution &execution, const Function &function, const Dataset &dataset)
    : execution(execution), function(function), inputs(function, dataset),
      outputs(function.outputBytes), isLarge(dataset.memory > 0) {}

void BoundFunction::call(void *self, int64_t thread, int64_t threads) {
  BoundFunction &bound = *static_cast<BoundFunction *>(self);
  Execution &execution = bound.execution;
  bound.function.code(execution.persistentBlock.data(), execution.arena.data(), bound.inputs.data(),
                      bound.outputs.data(), execution.scalars.data(), thread, threads);
}

void BoundFunction::assembleAndCall(void *self, int64_t thread, int64_t threads) {
  BoundFunction &bound = *static_cast<BoundFunction *>(self);
  bound.inputs.assemble(bound.rows, bound.count, thread, threads);
  nnc_barrier();
  call(self, thread, threads);
}

void BoundFunction::run(const int64_t *newRows, int64_t newCount) {
  rows = newRows;
  count = newCount;
  execution.pool.run(assembleAndCall, this);
  if (isLarge)
    MappedFile::keepBound();
}

void BoundFunction::runAlone(const int64_t *newRows, int64_t newCount) {
  rows = newRows;
  count = newCount;
  ThreadPool::runAlone(assembleAndCall, this);
}

void BoundFunction::runAgain() { execution.pool.run(call, this); }

} // namespace nnc::runtime
