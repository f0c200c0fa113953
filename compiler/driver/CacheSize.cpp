// Adds up the tensors of the cache by their sizes.
#include "compiler/driver/CacheSize.h"

#include "compiler/dialect/NNBuilders.h"
#include "compiler/driver/MemoryLimit.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <unistd.h>

using namespace mlir;

namespace nnc {

namespace {

/// Tensors of the same size.
struct CacheGroup {
  int64_t tensors = 0, positions = 1, numbers = 1, bytesOfNumber = 1;
  Location of;

  int64_t bytes() const { return tensors * positions * numbers * bytesOfNumber; }
};

} // namespace

std::optional<CacheSize> cacheSize(ModuleOp module) {
  func::FuncOp step;
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr(nn::limitAttrName) && nn::rowsOfSteps(function) == 1)
      step = function;
  if (!step)
    return std::nullopt;
  using Key = std::tuple<int64_t, int64_t, int64_t>;
  llvm::MapVector<Key, CacheGroup> groups;
  for (BlockArgument argument : step.getArguments()) {
    if (nn::kindOf(argument) != nn::Kind::Cache)
      continue;
    auto type = cast<RankedTensorType>(argument.getType());
    // Values of each position have the positions first.
    CacheGroup group{0, type.getRank() > 1 ? type.getDimSize(0) : 1, 1, 1, argument.getLoc()};
    group.numbers = type.getNumElements() / group.positions;
    group.bytesOfNumber = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    groups.try_emplace({group.positions, group.numbers, group.bytesOfNumber}, group)
        .first->second.tensors++;
  }
  if (groups.empty())
    return std::nullopt;
  SmallVector<CacheGroup> sorted;
  for (auto &[key, group] : groups)
    sorted.push_back(group);
  llvm::stable_sort(sorted, [](const CacheGroup &left, const CacheGroup &right) {
    return left.bytes() > right.bytes();
  });

  CacheSize size{0, "", sorted.front().of};
  constexpr size_t mostTerms = 3;
  int64_t others = 0;
  for (auto [number, group] : llvm::enumerate(sorted)) {
    size.bytes += group.bytes();
    if (number >= mostTerms) {
      others += group.bytes();
      continue;
    }
    size.formula += llvm::formatv("{0}{1} tensor{2} x {3} position{4} x {5} numbers x {6} bytes",
                                  number ? " + " : "", group.tensors, group.tensors == 1 ? "" : "s",
                                  group.positions, group.positions == 1 ? "" : "s", group.numbers,
                                  group.bytesOfNumber)
                        .str();
  }
  if (others)
    size.formula += " + " + formatSize(others);
  return size;
}

int64_t machineMemory() { return int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE); }

} // namespace nnc
