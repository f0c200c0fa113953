// Connects the description of a contraction and its epilogue to the emitter.
#include "compiler/kernels/contraction/ContractionKernel.h"

#include "compiler/analysis/PrologueLegality.h"
#include "compiler/kernels/contraction/Epilogue.h"
#include "compiler/kernels/contraction/Prologue.h"

using namespace mlir;

namespace nnc {

/// The number of the operand that a kernel behind a contraction computes.
static unsigned operandOf(linalg::LinalgOp prologue) {
  return prologue->getAttrOfType<IntegerAttr>(prologueAttrName).getInt();
}

void addMarked(ContractionKernel &kernel, ArrayRef<linalg::LinalgOp> behind) {
  for (linalg::LinalgOp op : behind)
    if (op->hasAttr(prologueAttrName))
      kernel.prologues.push_back(op);
    else
      kernel.epilogue = op;
}

void describeKernel(ContractionKernel &kernel, bool accumulate, bool usesResult) {
  kernel.problem = *matchContraction(kernel.op);
  kernel.problem.accumulate = accumulate;
  kernel.problem.usesResult = usesResult;
  for (linalg::LinalgOp prologue : kernel.prologues)
    (operandOf(prologue) == 0 ? kernel.problem.cyclesA : kernel.problem.cyclesB) =
        prologueCycles(prologue);
  kernel.operands = {};
  kernel.operands.a = kernel.op.getDpsInputs()[0];
  kernel.operands.b = kernel.op.getDpsInputs()[1];
  if (usesResult)
    kernel.operands.c = kernel.op.getDpsInits()[0];
  if (kernel.epilogue)
    addCompanions(kernel.op, kernel.epilogue, kernel.problem, kernel.operands);
}

SmallVector<Access> operandAccesses(const ContractionKernel &kernel) {
  const ContractionOperands &operands = kernel.operands;
  SmallVector<Access> accesses{wholeAccess(operands.a, false), wholeAccess(operands.b, false)};
  if (operands.c)
    accesses.push_back(wholeAccess(operands.c, true));
  linalg::LinalgOp epilogue = kernel.epilogue;
  for (Value companion : operands.companions)
    accesses.push_back(
        wholeAccess(companion, llvm::is_contained(ValueRange(epilogue.getDpsInits()), companion)));
  if (epilogue)
    for (Value input : epilogue.getDpsInputs())
      if (auto type = dyn_cast<MemRefType>(input.getType()); type && type.getRank() == 0)
        accesses.push_back(wholeAccess(input, false));
  return accesses;
}

LogicalResult emitKernel(OpBuilder &builder, const ContractionKernel &kernel,
                         const TargetDescription &target) {
  ContractionHooks hooks;
  linalg::LinalgOp op = kernel.op;
  for (linalg::LinalgOp prologue : kernel.prologues)
    (operandOf(prologue) == 0 ? hooks.a : hooks.b) = buildPrologue(prologue);
  if (kernel.epilogue)
    hooks.epilogue = buildEpilogue(builder, op, kernel.epilogue, kernel.problem);
  return emitContraction(builder, op.getLoc(), kernel.problem, target, kernel.tiling,
                         kernel.operands, hooks);
}

} // namespace nnc
