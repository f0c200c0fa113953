// Prints the tables of `nnc build --memory` from the attributes that assign-arena and nn-recompute
// leave.
#include "compiler/driver/MemoryReport.h"

#include "compiler/memory/MemoryPlanner.h"
#include "compiler/analysis/Recomputed.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <map>

namespace nnc {

static bool isLarger(const ArenaBuffer &left, const ArenaBuffer &right) {
  return left.bytes > right.bytes;
}

std::vector<ArenaBuffer> savedBuffers(const FunctionBlocks &function) {
  std::vector<ArenaBuffer> saved;
  llvm::copy_if(function.buffers, std::back_inserter(saved),
                [](const ArenaBuffer &buffer) { return buffer.saved; });
  llvm::stable_sort(saved, isLarger);
  return saved;
}

int64_t scratchBytes(const FunctionBlocks &function) {
  llvm::SmallVector<BufferRequest> requests;
  for (const ArenaBuffer &buffer : function.buffers)
    if (!buffer.saved)
      requests.push_back({buffer.bytes, buffer.first, buffer.last});
  return largestLiveSum(requests);
}

static int64_t bytesOf(const BlockLayout &layout, llvm::StringRef kind) {
  int64_t bytes = 0;
  for (const BlockTensor &tensor : layout.tensors)
    if (tensor.kind == kind)
      bytes += tensor.bytes();
  return bytes;
}

/// Whether it is a training step.
static bool isStep(const FunctionBlocks &function) {
  return llvm::StringRef(function.symbol).starts_with("nnc_train_step");
}

int64_t plannedBytes(const ModuleBlocks &blocks) {
  const bool trains = llvm::any_of(blocks.functions, isStep);
  int64_t arena = 0;
  for (const FunctionBlocks &function : blocks.functions)
    if (isStep(function) || !trains)
      arena = std::max(arena, function.arenaBytes);
  return blocks.persistent.bytes + arena;
}

static void printRecomputation(const RecomputationReport &report, int64_t flop,
                               llvm::raw_ostream &stream) {
  stream << llvm::formatv("\nrecomputed in the backward pass: {0} bytes less to save, for {1} "
                          "operations; the step has {2} flop\n         bytes   line  name\n",
                          report.bytes, report.operations, flop);
  // Values of a line, and of a name, together: a layer is applied many times.
  std::map<std::pair<int64_t, std::string>, int64_t> sums;
  for (const RecomputationReport::Value &value : report.values)
    sums[{value.line, value.name}] += value.bytes;
  std::vector<RecomputationReport::Value> rows;
  for (const auto &[value, bytes] : sums)
    rows.push_back({value.second, value.first, bytes});
  llvm::stable_sort(rows,
                    [](const auto &left, const auto &right) { return left.bytes > right.bytes; });
  for (const RecomputationReport::Value &row : rows)
    stream << llvm::formatv("  {0,12} {1,6}  {2}\n", row.bytes, row.line, row.name);
}

static void printFunction(const FunctionBlocks &function, int64_t keptBytes,
                          const std::optional<RecomputationReport> &recomputation,
                          llvm::raw_ostream &stream) {
  std::vector<ArenaBuffer> saved = savedBuffers(function);
  int64_t savedBytes = 0;
  for (const ArenaBuffer &buffer : saved)
    savedBytes += buffer.bytes;
  auto row = [&](llvm::StringRef what, int64_t bytes, std::string remark = "") {
    std::string line = llvm::formatv("  {0,-24} {1,12}  {2}", what, bytes, remark);
    stream << llvm::StringRef(line).rtrim() << "\n";
  };
  stream << "\n" << function.symbol << ", bytes\n";
  row("batch", function.inputs.bytes);
  row("outputs", function.outputs.bytes);
  row("saved for backward", savedBytes, llvm::formatv("{0} buffers", saved.size()));
  row("scratch", scratchBytes(function),
      llvm::formatv("the most alive at once, of {0} buffers",
                    function.buffers.size() - saved.size()));
  row("largest sum alive", function.largestLiveBytes, "no arena can be smaller");
  const int64_t bufferBytes = function.arenaBytes - function.panelBytes;
  double gap = function.largestLiveBytes
                   ? 100.0 * (bufferBytes - function.largestLiveBytes) / function.largestLiveBytes
                   : 0;
  row("arena", bufferBytes, llvm::formatv("{0:F1} % above that", gap));
  if (function.panelBytes)
    row("panels", function.panelBytes, "behind it, operands packed in front of loops");
  row("total", keptBytes + function.arenaBytes, "of the arena and what is kept");
  if (recomputation)
    printRecomputation(*recomputation, function.flop, stream);
  if (function.buffers.empty())
    return;
  std::vector<ArenaBuffer> buffers = function.buffers;
  llvm::stable_sort(buffers, isLarger);
  stream << "\n         bytes       offset    alive  saved   line  name\n";
  for (const ArenaBuffer &buffer : buffers)
    stream << llvm::formatv(
        "  {0,12} {1,12} {2,8}  {3,-5} {4,6}  {5}\n", buffer.bytes, buffer.offset,
        llvm::formatv("{0}-{1}", buffer.first, buffer.last).str(), buffer.saved ? "saved" : "",
        buffer.line ? buffer.line : 0, buffer.name);
}

/// Prints the tensors that a generated sequence keeps from step to step: the number of each type.
static void printCache(const BlockLayout &cache, llvm::raw_ostream &stream) {
  llvm::MapVector<mlir::Type, std::pair<int64_t, int64_t>> byType; // number of tensors, bytes
  for (const BlockTensor &tensor : cache.tensors) {
    auto &[count, bytes] = byType[tensor.type];
    ++count;
    bytes += tensor.bytes();
  }
  stream << llvm::formatv("\ncache of a generated sequence, bytes\n  {0,-24} {1,12}\n", "total",
                          cache.bytes);
  for (const auto &[type, sum] : byType) {
    std::string name;
    llvm::raw_string_ostream(name) << sum.first << " of " << type;
    stream << llvm::formatv("  {0,-24} {1,12}\n", name, sum.second);
  }
}

void printMemoryReport(mlir::ModuleOp module, llvm::raw_ostream &stream) {
  ModuleBlocks blocks = readBlocks(module);
  stream << "kept through the run, bytes\n";
  for (auto [name, kind] : {std::pair("parameters", "parameter"),
                            {"optimizer state", "slot"},
                            {"running statistics", "state"}})
    stream << llvm::formatv("  {0,-24} {1,12}\n", name, bytesOf(blocks.persistent, kind));
  if (!blocks.cache.tensors.empty())
    printCache(blocks.cache, stream);
  bool hasStep = llvm::any_of(blocks.functions, isStep);
  for (const FunctionBlocks &function : blocks.functions)
    if (!hasStep || isStep(function))
      printFunction(function, blocks.persistent.bytes,
                    RecomputationReport::of(module.lookupSymbol(function.symbol)), stream);
}

} // namespace nnc
