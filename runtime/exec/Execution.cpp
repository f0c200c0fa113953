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
  if (description.generation) // the current one, and the one saved after the prompt
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
  for (const Scalar &scalar : description().scalars) {
    if (scalar.integer)
      setScalar(scalar.name, static_cast<int64_t>(scalar.defaultValue));
    else
      setScalar(scalar.name, scalar.defaultValue);
  }
}

void Execution::setScalar(std::string_view name, int64_t value) {
  for (const Scalar &scalar : description().scalars) {
    if (scalar.name != name)
      continue;
    if (scalar.integer) {
      std::memcpy(scalars.data() + scalar.offset, &value, sizeof value);
    } else {
      double real = static_cast<double>(value);
      std::memcpy(scalars.data() + scalar.offset, &real, sizeof real);
    }
  }
}

void Execution::setScalar(std::string_view name, double value) {
  for (const Scalar &scalar : description().scalars) {
    if (scalar.name != name)
      continue;
    if (scalar.integer) {
      int64_t integer = static_cast<int64_t>(value);
      std::memcpy(scalars.data() + scalar.offset, &integer, sizeof integer);
    } else {
      std::memcpy(scalars.data() + scalar.offset, &value, sizeof value);
    }
  }
}

double Execution::scalar(const Scalar &scalar) const {
  return loadElement(scalars.data() + scalar.offset, scalar.integer ? DType::I64 : DType::F64, 0);
}

void Execution::initialize(int64_t seed) {
  const Function *function = description().function("nnc_initialize");
  if (!function || !compiled.initialize)
    throw Error("this program has no parameters to initialise");
  setScalar("seed", seed);
  Dataset nothing;
  BoundFunction bound(*this, *function, compiled.initialize, nothing);
  bound.runAgain();
}

BoundFunction::BoundFunction(Execution &execution, const Function &function, nnc_function *code,
                             const Dataset &dataset)
    : execution(execution), function(function), code(code), inputs(function.inputBytes),
      outputs(function.outputBytes) {
  for (const InputField &field : function.fields) {
    if (field.kind == InputKind::ExampleWeight) {
      weight = &field;
      continue;
    }
    const FieldData *source = dataset.field(field.name);
    if (!source)
      fail("the data has no field '%s'", field.name.c_str());
    if (field.kind == InputKind::Length) {
      if (!source->padded)
        fail("field '%s' of the data has no lengths", field.name.c_str());
      lengths.push_back({source, field.offset});
      continue;
    }
    int64_t elements = field.elementsPerExample();
    if (elementCount(source->shape) != elements)
      fail("field '%s' of the data is %s, the model takes %s", field.name.c_str(),
           describe(source->shape).c_str(),
           describe(Shape(field.shape.begin() + 1, field.shape.end())).c_str());
    copies.push_back({source, field.dtype, elements,
                      static_cast<size_t>(elements) * sizeOf(field.dtype), field.offset});
  }
}

/// All quotients of a byte by 255, correctly rounded.
template <typename T> struct ByteFractions {
  T values[256];
  constexpr ByteFractions() : values() {
    for (int i = 0; i < 256; ++i)
      values[i] = static_cast<T>(i) / static_cast<T>(255);
  }
};
static constexpr ByteFractions<float> floatFractions;
static constexpr ByteFractions<double> doubleFractions;

template <typename T>
static void scaleBytes(const char *source, char *destination, int64_t count, const T *fractions) {
  const unsigned char *from = reinterpret_cast<const unsigned char *>(source);
  T *to = reinterpret_cast<T *>(destination);
  for (int64_t i = 0; i < count; ++i)
    to[i] = fractions[from[i]];
}

/// Copies `count` elements of a field into a batch.
static void copyElements(const char *from, DType storage, char *to, DType target, int64_t count) {
  if (storage == target)
    std::memcpy(to, from, static_cast<size_t>(count) * sizeOf(target));
  else if (storage == DType::U8 && target == DType::F32)
    scaleBytes(from, to, count, floatFractions.values);
  else if (storage == DType::U8 && target == DType::F64)
    scaleBytes(from, to, count, doubleFractions.values);
  else
    convertElements(from, storage, to, target, count);
}

/// Copies an example of a padded field, and pads it with zeros.
static void copyPadded(const FieldData &field, int64_t example, char *to, DType target) {
  int64_t inner = 1, outer = 1;
  for (size_t axis = 0; axis < field.shape.size(); ++axis)
    if (axis != *field.padded)
      (axis < *field.padded ? outer : inner) *= field.shape[axis];
  int64_t given = field.length(example) * inner, row = field.shape[*field.padded] * inner;
  const char *from = field.data(example);
  size_t sourceSize = sizeOf(field.storage), targetSize = sizeOf(target);
  for (int64_t i = 0; i < outer; ++i) {
    copyElements(from, field.storage, to, target, given);
    std::memset(to + static_cast<size_t>(given) * targetSize, 0,
                static_cast<size_t>(row - given) * targetSize);
    from += static_cast<size_t>(given) * sourceSize;
    to += static_cast<size_t>(row) * targetSize;
  }
}

void BoundFunction::assemble(int64_t thread, int64_t threads) {
  int64_t batch = function.batch;
  int64_t begin = batch * thread / threads, end = batch * (thread + 1) / threads;
  for (const Copy &copy : copies) {
    const FieldData &source = *copy.source;
    for (int64_t i = begin; i < end; ++i) {
      int64_t row = rows[i < count ? i : i % count];
      char *to = inputs.data() + copy.offset + static_cast<size_t>(i) * copy.targetBytes;
      if (source.padded)
        copyPadded(source, row, to, copy.target);
      else
        copyElements(source.data(row), source.storage, to, copy.target, copy.elements);
    }
  }
  for (const LengthCopy &copy : lengths) {
    for (int64_t i = begin; i < end; ++i) {
      int32_t length = static_cast<int32_t>(copy.source->length(rows[i < count ? i : i % count]));
      std::memcpy(inputs.data() + copy.offset + static_cast<size_t>(i) * sizeof length, &length,
                  sizeof length);
    }
  }
  if (!weight)
    return;
  for (int64_t i = begin; i < end; ++i) {
    char *to = inputs.data() + weight->offset + static_cast<size_t>(i) * sizeOf(weight->dtype);
    if (weight->dtype == DType::F32)
      *reinterpret_cast<float *>(to) = i < count ? 1.0f / static_cast<float>(count) : 0.0f;
    else
      *reinterpret_cast<double *>(to) = i < count ? 1.0 / static_cast<double>(count) : 0.0;
  }
}

void BoundFunction::call(void *self, int64_t thread, int64_t threads) {
  BoundFunction &bound = *static_cast<BoundFunction *>(self);
  Execution &execution = bound.execution;
  bound.code(execution.persistentBlock.data(), execution.arena.data(), bound.inputs.data(),
             bound.outputs.data(), execution.scalars.data(), thread, threads);
}

void BoundFunction::assembleAndCall(void *self, int64_t thread, int64_t threads) {
  static_cast<BoundFunction *>(self)->assemble(thread, threads);
  nnc_barrier();
  call(self, thread, threads);
}

void BoundFunction::run(const int64_t *newRows, int64_t newCount) {
  rows = newRows;
  count = newCount;
  execution.pool.run(assembleAndCall, this);
}

void BoundFunction::runAgain() { execution.pool.run(call, this); }

} // namespace nnc::runtime
