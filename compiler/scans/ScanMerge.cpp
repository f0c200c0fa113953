// The pass nn-scan-merge: it finds scans of one form that do not depend on each other, and joins their
// blocks.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnc {
#define GEN_PASS_DEF_SCANMERGE
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

/// The invariants of a loop, weights above all, are read in each step: this much is at home in the
/// second-level cache of one core, beside what else a step reads.
constexpr int64_t mostInvariantBytes = int64_t(1) << 20;

int64_t invariantBytes(ScanOp scan) {
  int64_t bytes = 0;
  for (Value value : scan.getInvariants()) {
    auto type = cast<RankedTensorType>(value.getType());
    bytes += type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
  }
  return bytes;
}

/// Whether the scans have as many steps, in one direction, and the same carries: layers of one size.
bool areAlike(ScanOp first, ScanOp second) {
  return first.getSteps() == second.getSteps() && first.getReverse() == second.getReverse() &&
         !first.getInits().empty() && TypeRange(first.getInits()) == TypeRange(second.getInits());
}

/// Whether a later operation of the block depends on an earlier one.
bool reaches(Operation *from, Operation *to) {
  llvm::DenseSet<Operation *> seen;
  SmallVector<Operation *> work{from};
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (op == to)
      return true;
    for (Operation *user : op->getUsers())
      if (user->getBlock() == to->getBlock() && (user == to || user->isBeforeInBlock(to)) &&
          seen.insert(user).second)
        work.push_back(user);
  }
  return false;
}

SmallVector<Value> joined(ValueRange first, ValueRange second) {
  SmallVector<Value> values(first);
  llvm::append_range(values, second);
  return values;
}

/// One scan in the place of the second, with the parts of both.
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

void explain(ScanOp merged, ScanOp other) {
  remark::passed(merged.getLoc(), remark::RemarkOpts::name("Merge")
                                      .category(scanCategory)
                                      .function(merged->getParentOfType<func::FuncOp>().getName()))
      << remark::detail::LazyTextBuild{
             "Remark", [&] {
               return llvm::formatv("runs in one loop of {0} steps with another scan that does not "
                                    "depend on it",
                                    other.getSteps())
                   .str();
             }};
}

struct ScanMerge : nnc::impl::ScanMergeBase<ScanMerge> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal() || !function.getBody().hasOneBlock())
      return;
    Block &block = function.getBody().front();
    SmallVector<ScanOp> scans(block.getOps<ScanOp>());
    for (size_t second = 1; second < scans.size(); ++second)
      for (ScanOp &first : MutableArrayRef(scans).take_front(second)) {
        if (!first || !areAlike(first, scans[second]) ||
            invariantBytes(first) + invariantBytes(scans[second]) > mostInvariantBytes ||
            reaches(first, scans[second]))
          continue;
        ScanOp merged = merge(first, scans[second]);
        explain(merged, first);
        first.erase();
        scans[second].erase();
        first = {};
        scans[second] = merged;
        sortTopologically(&block);
        break;
      }
  }
};

} // namespace
