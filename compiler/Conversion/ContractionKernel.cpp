#include "compiler/Conversion/ContractionKernel.h"

#include "compiler/Conversion/Epilogue.h"

using namespace mlir;

namespace nnc {

void describeKernel(ContractionKernel &kernel, bool accumulate, bool usesResult) {
  kernel.problem = *matchContraction(kernel.op);
  kernel.problem.accumulate = accumulate;
  kernel.problem.usesResult = usesResult;
  kernel.operands = {};
  kernel.operands.a = kernel.op.getDpsInputs()[0];
  kernel.operands.b = kernel.op.getDpsInputs()[1];
  if (usesResult)
    kernel.operands.c = kernel.op.getDpsInits()[0];
  if (kernel.epilogue)
    addCompanions(kernel.op, kernel.epilogue, kernel.problem, kernel.operands);
}

LogicalResult emitKernel(OpBuilder &builder, const ContractionKernel &kernel,
                         const TargetDescription &target) {
  ContractionHooks hooks;
  linalg::LinalgOp op = kernel.op;
  if (kernel.epilogue)
    hooks.epilogue = buildEpilogue(builder, op, kernel.epilogue, kernel.problem);
  return emitContraction(builder, op.getLoc(), kernel.problem, target, kernel.tiling,
                         kernel.operands, hooks);
}

} // namespace nnc
