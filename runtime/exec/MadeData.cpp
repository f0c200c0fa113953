// Implements bindMadeData(): a call computes one example, on one thread.
#include "runtime/exec/MadeData.h"

#include "runtime/exec/ThreadPool.h"
#include "runtime/support/Error.h"
#include "runtime/support/Tensor.h"

#include <cstring>
#include <memory>
#include <string_view>

namespace nnc::runtime {

namespace {

constexpr std::string_view symbolPrefix = "nnc_made_";

class MadeFunction {
public:
  MadeFunction(const Description &description, const Function &function, const DataBlock &block,
               const DataSplit &split)
      : code(function.code), arena((function.arenaBytes + 63) / 64 * 64 + function.threadBytes),
        outputs(function.outputBytes), scalars(description.scalarBytes) {
    for (const DataField &field : block.fields) {
      const OutputValue *value = function.value(OutputKind::Prediction, field.name);
      if (!value || value->dtype != field.dtype || value->shape != field.shape)
        fail("data '%s': its %s split is not made with the field '%s'", block.name.c_str(),
             split.name.c_str(), field.name.c_str());
      copies.push_back(
          {value->offset, static_cast<size_t>(elementCount(field.shape)) * sizeOf(field.dtype)});
    }
    // The splits differ, and none has the numbers of a training step.
    const int64_t instance = split.name == "train" ? 1 : split.name == "test" ? 2 : 3;
    const int64_t seed = (instance << 32) + split.seed;
    if (const Scalar *scalar = description.scalar("seed"))
      std::memcpy(scalars.data() + scalar->offset, &seed, sizeof seed);
    if (const Scalar *scalar = description.scalar("step"))
      step = scalars.data() + scalar->offset;
  }

  void make(int64_t example, const std::vector<char *> &fields) {
    if (step)
      std::memcpy(step, &example, sizeof example);
    ThreadPool::runAlone(call, this);
    for (size_t i = 0; i < copies.size(); ++i)
      std::memcpy(fields[i], outputs.data() + copies[i].offset, copies[i].bytes);
  }

private:
  static void call(void *self, int64_t thread, int64_t threads) {
    MadeFunction &made = *static_cast<MadeFunction *>(self);
    made.code(nullptr, made.arena.data(), nullptr, made.outputs.data(), made.scalars.data(), thread,
              threads);
  }

  struct Copy {
    size_t offset, bytes;
  };
  nnc_function *code;
  AlignedBuffer arena, outputs, scalars;
  std::vector<Copy> copies;
  char *step = nullptr;
};

} // namespace

void bindMadeData(Description &description) {
  for (const Function &function : description.functions) {
    if (!function.symbol.starts_with(symbolPrefix))
      continue;
    for (DataBlock &block : description.data)
      for (DataSplit &split : block.splits)
        if (split.reader == "made" && block.name == function.data &&
            function.symbol.substr(symbolPrefix.size()).starts_with(split.name)) {
          auto made = std::make_shared<MadeFunction>(description, function, block, split);
          split.make = [made](int64_t example, const std::vector<char *> &fields) {
            made->make(example, fields);
          };
        }
  }
}

} // namespace nnc::runtime
