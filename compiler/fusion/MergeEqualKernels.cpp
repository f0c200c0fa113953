// The pass merge-equal-kernels: it finds equal operations by structural hashes that include their
// bodies.
#include "compiler/analysis/StructuralHash.h"
#include "compiler/passes/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_MERGEEQUALKERNELS
#include "compiler/passes/Passes.h.inc"

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
      SmallVector<Operation *, 1> &candidates = known[structuralHash(&op)];
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
