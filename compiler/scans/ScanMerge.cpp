// The pass nn-scan-merge: it finds independent scans with equal steps and carries, and joins their
// blocks.
#include "compiler/analysis/BlockLayout.h"
#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"
#include "compiler/target/TargetDescription.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/FormatVariadic.h"

#include <map>

namespace nnc {
#define GEN_PASS_DEF_SCANMERGE
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

int64_t invariantBytes(ScanOp scan) {
  int64_t bytes = 0;
  for (Value value : scan.getInvariants())
    bytes += bytesOf(cast<RankedTensorType>(value.getType()));
  return bytes;
}

/// Whether the scans have as many steps, in one direction, and the same carries: layers of one
/// size.
bool areAlike(ScanOp first, ScanOp second) {
  return !first->hasAttr(chunksAttrName) && !second->hasAttr(chunksAttrName) &&
         first.getSteps() == second.getSteps() && first.getReverse() == second.getReverse() &&
         !first.getInits().empty() && TypeRange(first.getInits()) == TypeRange(second.getInits());
}

/// The scans of a block by their level: how many scans each depends on, one behind the other, at
/// most. Scans of one level are independent of each other.
std::map<int64_t, SmallVector<ScanOp>> scansByLevel(Block &block) {
  std::map<int64_t, SmallVector<ScanOp>> scans;
  llvm::DenseMap<Operation *, int64_t> levels;
  for (Operation &op : block) {
    int64_t level = 0;
    for (Value operand : op.getOperands())
      if (Operation *producer = operand.getDefiningOp())
        level = std::max(level, levels.at(producer) + isa<ScanOp>(producer));
    levels[&op] = level;
    if (auto scan = dyn_cast<ScanOp>(op))
      scans[level].push_back(scan);
  }
  return scans;
}

SmallVector<Value> joined(ValueRange first, ValueRange second) {
  SmallVector<Value> values(first);
  llvm::append_range(values, second);
  return values;
}

/// Builds one scan with the operands and results of both in the place of the second.
ScanOp merge(ScanOp first, ScanOp second) {
  OpBuilder builder(second);
  auto merged = ScanOp::create(
      builder, FusedLoc::get(builder.getContext(), {first.getLoc(), second.getLoc()}),
      first.getSteps(), first.getReverse(), joined(first.getSequences(), second.getSequences()),
      joined(first.getInits(), second.getInits()),
      joined(first.getInvariants(), second.getInvariants()),
      [&](OpBuilder &inner, Location location, ArrayRef<BlockArgument> rows,
          ArrayRef<BlockArgument> carries, ArrayRef<BlockArgument> invariants) {
        SmallVector<Value> next, emits;
        for (ScanOp scan : {first, second}) {
          IRMapping mapping;
          auto take = [&](ArrayRef<BlockArgument> &arguments, ArrayRef<BlockArgument> old) {
            mapping.map(old, arguments.take_front(old.size()));
            arguments = arguments.drop_front(old.size());
          };
          take(rows, scan.getSequenceArguments());
          take(carries, scan.getCarryArguments());
          take(invariants, scan.getInvariantArguments());
          for (Operation &op : scan.getBlock()->without_terminator())
            inner.clone(op, mapping);
          for (Value value : scan.getYield().getCarries())
            next.push_back(mapping.lookup(value));
          for (Value value : scan.getYield().getEmits())
            emits.push_back(mapping.lookup(value));
        }
        YieldOp::create(inner, location, next, emits);
      });
  size_t carry = 0, emit = 0;
  for (ScanOp scan : {first, second}) {
    for (Value trace : scan.getTraces())
      trace.replaceAllUsesWith(merged.getTraces()[carry++]);
    for (Value rows : scan.getEmits())
      rows.replaceAllUsesWith(merged.getEmits()[emit++]);
  }
  return merged;
}

void explain(ScanOp merged) {
  remark::passed(merged.getLoc(), remark::RemarkOpts::name("Merge")
                                      .category(scanCategory)
                                      .function(merged->getParentOfType<func::FuncOp>().getName()))
      << remark::detail::LazyTextBuild{
             "Remark", [&] {
               return llvm::formatv("runs in one loop of {0} steps with another scan that does not "
                                    "depend on it",
                                    merged.getSteps())
                   .str();
             }};
}

/// Merges scans of one level whose invariants, mostly weights, have at most `mostBytes` together.
/// True if any were.
bool mergeIn(SmallVector<ScanOp> scans, int64_t mostBytes) {
  bool changed = false;
  for (size_t second = 1; second < scans.size(); ++second)
    for (ScanOp &first : MutableArrayRef(scans).take_front(second)) {
      if (!first || !areAlike(first, scans[second]) ||
          invariantBytes(first) + invariantBytes(scans[second]) > mostBytes)
        continue;
      ScanOp merged = merge(first, scans[second]);
      explain(merged);
      first.erase();
      scans[second].erase();
      first = {};
      scans[second] = merged;
      changed = true;
      break;
    }
  return changed;
}

struct ScanMerge : nnc::impl::ScanMergeBase<ScanMerge> {
  using ScanMergeBase::ScanMergeBase;

  void runOnOperation() override {
    std::string error;
    std::optional<TargetDescription> target = describeTarget(targetCpu, "", error);
    if (!target) {
      getOperation().emitError() << error;
      return signalPassFailure();
    }
    // Each step reads all invariants: so many stay in the cache of one core beside its other
    // values.
    const int64_t mostBytes = target->l2Bytes * 3 / 4;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal() || !function.getBody().hasOneBlock())
        continue;
      Block &block = function.getBody().front();
      bool changed = false;
      for (auto &[level, scans] : scansByLevel(block))
        changed |= mergeIn(scans, mostBytes);
      // Users of the first of two scans may stand in front of both.
      if (changed)
        sortTopologically(&block);
    }
  }
};

} // namespace
