// The pass mark-zero-borders: it finds the insertion that pads an operand and writes its interior
// on the contraction.
#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/passes/Passes.h"
#include "compiler/analysis/ZeroBorders.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_MARKZEROBORDERS
#include "compiler/passes/Passes.h.inc"

/// As interiorsAttrName has it; empty if nothing is known.
static SmallVector<int64_t> interiorOf(Value operand) {
  auto insertion = operand.getDefiningOp<tensor::InsertSliceOp>();
  if (!insertion || !insertion->hasAttr(zeroBorderAttrName))
    return {};
  SmallVector<int64_t> interior;
  for (auto [offset, size] :
       llvm::zip_equal(insertion.getStaticOffsets(), insertion.getStaticSizes())) {
    interior.push_back(offset);
    interior.push_back(offset + size);
  }
  return interior;
}

namespace {

struct MarkZeroBordersPass : impl::MarkZeroBordersBase<MarkZeroBordersPass> {
  void runOnOperation() override {
    Builder builder(&getContext());
    getOperation()->walk([&](linalg::GenericOp op) {
      if (!isContraction(op))
        return;
      SmallVector<int64_t> first = interiorOf(op.getDpsInputs()[0]),
                           second = interiorOf(op.getDpsInputs()[1]);
      if (!first.empty() || !second.empty())
        op->setAttr(interiorsAttrName,
                    builder.getArrayAttr({builder.getDenseI64ArrayAttr(first),
                                          builder.getDenseI64ArrayAttr(second)}));
    });
  }
};

} // namespace
} // namespace nnc
