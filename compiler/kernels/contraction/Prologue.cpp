// Clones the body of a prologue for each vector, or element, that a contraction loads.
#include "compiler/kernels/contraction/Prologue.h"

#include "compiler/kernels/contraction/ElementBody.h"
#include "compiler/kernels/nest/KernelPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;

namespace nnc {

int64_t prologueCycles(linalg::LinalgOp prologue) {
  double cycles = 0;
  for (Operation &operation : prologue.getBlock()->without_terminator())
    cycles += operationCycles(&operation, 1);
  return std::llround(cycles);
}

OperandHook buildPrologue(linalg::LinalgOp prologue) {
  return [block = prologue.getBlock()](OpBuilder &builder, Location loc, Value loaded, Value,
                                       Value mask) -> Value {
    ElementBody body(*block, loaded.getType());
    body.set(block->getArgument(0), loaded);
    Value result = body.yielded(builder, loc).front();
    if (!mask)
      return result;
    // Lanes that do not exist may be summed.
    Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(result.getType()));
    return arith::SelectOp::create(builder, loc, mask, result, zero);
  };
}

} // namespace nnc
