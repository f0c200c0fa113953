// Checks the loops, operands and operations of a kernel for the form of a prologue.
#include "compiler/analysis/PrologueLegality.h"

#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/analysis/ZeroBorders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace nnc {

OpOperand *prologueOperand(linalg::LinalgOp kernel) {
  if (kernel.getNumReductionLoops() != 0 || kernel.getNumDpsInputs() != 1 ||
      kernel->getNumResults() != 1 || !kernel->getResult(0).hasOneUse())
    return nullptr;
  OpOperand &read = *kernel.getDpsInputOperands().front();
  OpOperand &written = kernel.getDpsInitsMutable()[0];
  auto type = cast<RankedTensorType>(kernel->getResult(0).getType());
  // Updates overwrite arguments, and never the result of a kernel.
  if (read.get().getType() != type || !isa<FloatType>(type.getElementType()) ||
      !read.get().getDefiningOp<linalg::LinalgOp>() ||
      !kernel.getMatchingIndexingMap(&read).isIdentity() ||
      !kernel.getMatchingIndexingMap(&written).isIdentity() ||
      kernel.payloadUsesValueFromOperand(&written))
    return nullptr;
  for (Operation &operation : kernel.getBlock()->without_terminator())
    if (!isa<arith::ConstantOp>(operation) &&
        (!OpTrait::hasElementwiseMappableTraits(&operation) ||
         !llvm::all_of(operation.getResultTypes(), llvm::IsaPred<FloatType, IntegerType>)))
      return nullptr;
  OpOperand &use = *kernel->getResult(0).use_begin();
  auto contraction = dyn_cast<linalg::LinalgOp>(use.getOwner());
  return contraction && contraction->getBlock() == kernel->getBlock() &&
                 isContraction(contraction) && contraction.isDpsInput(&use) &&
                 contraction.getMatchingIndexingMap(&use).isProjectedPermutation() &&
                 !contraction->hasAttr(interiorsAttrName)
             ? &use
             : nullptr;
}

SmallVector<linalg::LinalgOp, 2> prologuesOf(linalg::LinalgOp contraction) {
  SmallVector<linalg::LinalgOp, 2> prologues;
  for (OpOperand *operand : contraction.getDpsInputOperands())
    if (auto kernel = operand->get().getDefiningOp<linalg::LinalgOp>();
        kernel && kernel->hasAttr(prologueAttrName) && prologueOperand(kernel) == operand)
      prologues.push_back(kernel);
  return prologues;
}

} // namespace nnc
