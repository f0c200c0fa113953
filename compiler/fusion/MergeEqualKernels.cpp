#include "compiler/passes/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/CSE.h"

#include "llvm/ADT/Hashing.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_MERGEEQUALKERNELS
#include "compiler/passes/Passes.h.inc"

/// A hash of the operation, its operands and its regions. Values of a region count by their number
/// in it, so that equal regions have equal hashes.
static llvm::hash_code hashOf(Operation *op) {
  DenseMap<Value, unsigned> inner;
  auto number = [&](Value value) { inner.try_emplace(value, inner.size()); };
  auto hashOperand = [&](Value value) {
    auto found = inner.find(value);
    return found == inner.end() ? hash_value(value) : llvm::hash_value(found->second);
  };
  llvm::hash_code hash = OperationEquivalence::computeHash(
      op, OperationEquivalence::directHashValue, OperationEquivalence::ignoreHashValue,
      OperationEquivalence::IgnoreLocations);
  for (Region &region : op->getRegions())
    for (Block &block : region) {
      llvm::for_each(block.getArguments(), number);
      for (Operation &operation : block) {
        hash = llvm::hash_combine(
            hash, OperationEquivalence::computeHash(&operation, hashOperand,
                                                    OperationEquivalence::ignoreHashValue,
                                                    OperationEquivalence::IgnoreLocations));
        llvm::for_each(operation.getResults(), number);
      }
    }
  return hash;
}

namespace {

struct MergeEqualKernelsPass : impl::MergeEqualKernelsBase<MergeEqualKernelsPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(getOperation());
    llvm::DenseMap<size_t, SmallVector<Operation *, 1>> known; // by hash
    for (Operation &op : llvm::make_early_inc_range(getOperation().getBody().front())) {
      if (isOpTriviallyDead(&op)) {
        rewriter.eraseOp(&op);
        continue;
      }
      if (isa<linalg::LinalgOp>(op))
        eliminateCommonSubExpressions(rewriter, dominance, &op);
      if (!isMemoryEffectFree(&op) || op.hasTrait<OpTrait::IsTerminator>())
        continue;
      SmallVector<Operation *, 1> &candidates = known[hashOf(&op)];
      auto *equal = llvm::find_if(candidates, [&](Operation *other) {
        return OperationEquivalence::isEquivalentTo(&op, other,
                                                    OperationEquivalence::IgnoreLocations);
      });
      if (equal == candidates.end())
        candidates.push_back(&op);
      else
        rewriter.replaceOp(&op, (*equal)->getResults());
    }
  }
};

} // namespace
} // namespace nnc
