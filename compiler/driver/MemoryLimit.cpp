// Parses sizes, and tries the levels of recomputation from the least work to the most.
#include "compiler/driver/MemoryLimit.h"

#include "compiler/passes/Passes.h"
#include "compiler/driver/MemoryReport.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;

namespace nnc {

std::optional<int64_t> parseSize(llvm::StringRef text) {
  size_t end = text.find_first_not_of("0123456789.");
  llvm::StringRef digits = text.take_front(end), unit = text.drop_front(digits.size());
  double factor = llvm::StringSwitch<double>(unit)
                      .Cases({"", "B"}, 1)
                      .Case("KB", 1e3)
                      .Case("MB", 1e6)
                      .Case("GB", 1e9)
                      .Case("KiB", 0x1p10)
                      .Case("MiB", 0x1p20)
                      .Case("GiB", 0x1p30)
                      .Default(0);
  double number = 0;
  if (digits.empty() || digits.getAsDouble(number) || number * factor < 1 ||
      number * factor >= 0x1p62)
    return std::nullopt;
  return int64_t(number * factor);
}

std::string formatSize(int64_t bytes) {
  llvm::StringRef unit = "bytes";
  double factor = 1;
  for (auto [name, size] : {std::pair("KB", 1e3), {"MB", 1e6}, {"GB", 1e9}})
    if (double(bytes) >= size) {
      unit = name;
      factor = size;
    }
  if (factor == 1)
    return llvm::formatv("{0} {1}", bytes, unit);
  return llvm::formatv("{0:F2} {1}", std::ceil(double(bytes) / factor * 100) / 100, unit);
}

/// From the least work to the most: element-wise arithmetic, reductions, contractions that sum over
/// little, all contractions. The more parts the forward pass has, the more is saved between them,
/// and the less is alive while one of them is computed again.
static SmallVector<RecomputationLevel> recomputationLevels() {
  SmallVector<RecomputationLevel> levels{{}};
  for (int64_t operationsPerByte : {2, 32, 512, 1 << 20})
    for (int64_t segments : {1, 16, 12, 8, 6, 4, 3, 2})
      levels.push_back({operationsPerByte, segments});
  return levels;
}

FailureOr<MemoryFit> fitMemory(
    ModuleOp module, int64_t limit, const LoweringOptions &options,
    llvm::function_ref<LogicalResult(ModuleOp, llvm::function_ref<void(OpPassManager &)>)> run) {
  MemoryFit fit;
  for (const RecomputationLevel &level : recomputationLevels()) {
    OwningOpRef<ModuleOp> trial = module.clone();
    if (failed(run(*trial, [&](OpPassManager &passes) {
          buildRecomputation(passes, level);
          buildLinalgPipeline(passes, options);
          passes.addPass(createAssignArena());
        })))
      return failure();
    int64_t bytes = plannedBytes(readBlocks(*trial));
    if (fit.smallestBytes == 0 || bytes < fit.smallestBytes)
      fit.smallestBytes = bytes;
    if (bytes <= limit) {
      fit.level = level;
      break;
    }
  }
  return fit;
}

} // namespace nnc
