// Parses sizes, and tries the levels of recomputation, and of chunks, from the least work to the
// most.
#include "compiler/driver/MemoryLimit.h"

#include "compiler/dialect/NN.h"
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

/// The steps of the longest scan that is differentiated; 0 without one.
static int64_t longestScan(ModuleOp module) {
  int64_t most = 0;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal() && !function.getBody().front().getOps<nn::GradientOp>().empty())
      for (nn::ScanOp scan : function.getBody().front().getOps<nn::ScanOp>())
        most = std::max<int64_t>(most, scan.getSteps());
  return most;
}

/// The steps of the chunks to try for scans of so many steps. The larger ones first, since each
/// chunk costs time; a saved value for each step of a chunk and each chunk takes the least memory
/// with chunks of about the square root, or less where a step saves more than the carries.
static SmallVector<int64_t> chunksOf(int64_t steps) {
  SmallVector<int64_t> chunks;
  const double root = std::sqrt(double(steps));
  for (double factor : {4.0, 2.0, 1.0, 0.5})
    if (auto chunk = int64_t(std::llround(root * factor)); chunk >= 2 && 2 * chunk <= steps)
      chunks.push_back(chunk);
  return chunks;
}

/// From the least work to the most: element-wise arithmetic, loops in chunks, reductions,
/// contractions that sum over little, all contractions. The more parts the forward pass has, the
/// more is saved between them, and the less is alive while one of them is computed again.
static SmallVector<MemoryLevel> memoryLevels(int64_t longestScan) {
  const SmallVector<int64_t> chunks = chunksOf(longestScan);
  SmallVector<MemoryLevel> levels{{}};
  const int64_t least = defaultRecomputation.operationsPerByte;
  for (int64_t operationsPerByte : {least, int64_t(32), int64_t(512), int64_t(1 << 20)}) {
    for (int64_t segments : {1, 16, 12, 8, 6, 4, 3, 2})
      levels.push_back({{operationsPerByte, segments}, 0});
    for (int64_t chunk : chunks) {
      if (operationsPerByte == least)
        levels.push_back({{}, chunk});
      levels.push_back({{operationsPerByte, 1}, chunk});
    }
  }
  return levels;
}

FailureOr<MemoryFit> fitMemory(
    ModuleOp module, int64_t limit, LoweringOptions options,
    llvm::function_ref<LogicalResult(ModuleOp, llvm::function_ref<void(OpPassManager &)>)> run) {
  MemoryFit fit;
  llvm::SmallDenseMap<int64_t, OwningOpRef<ModuleOp>> optimized; // by steps of the chunks
  for (const MemoryLevel &level : memoryLevels(longestScan(module))) {
    options.memory = {{}, level.chunk};
    OwningOpRef<ModuleOp> &start = optimized[level.chunk];
    if (!start) {
      start = module.clone();
      if (failed(run(*start, [&](OpPassManager &passes) {
            buildGradPipeline(passes, options);
            buildOptPipeline(passes, options);
          })))
        return failure();
    }
    OwningOpRef<ModuleOp> trial = start->clone();
    if (failed(run(*trial, [&](OpPassManager &passes) {
          buildRecomputation(passes, level.recomputation);
          buildLinalgPipeline(passes, options);
          buildMemoryPlan(passes, options);
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
