// Derives the bytes that each operand of a planned kernel covers, and the thread that touches each
// of them.
#include "compiler/kernels/nest/KernelAccesses.h"

using namespace mlir;

namespace nnc {

/// How the threads share the elements that an operand's form runs through.
static Ownership ownershipOf(const KernelNest &nest, const KernelPlan &plan,
                             const NestOperand &operand, int64_t blockOffset) {
  unsigned shared = plan.order[*plan.partitionLoop];
  int64_t stride = operand.form.strides[shared];
  int64_t period = stride * nest.dimensions[shared].extent;
  if (stride <= 0)
    return {};
  // The elements of one iteration of the shared loop must lie within its stride, up to whole
  // periods.
  int64_t span = 0;
  for (auto [dimension, other] : llvm::enumerate(operand.form.strides)) {
    if (dimension == shared)
      continue;
    if (other < 0)
      return {};
    if (other % period != 0)
      span += other * (nest.dimensions[dimension].extent - 1);
  }
  if (span >= stride)
    return {};
  int64_t bytes = elementBytes(operand.elementType);
  Ownership result;
  result.kind = Ownership::Units;
  result.base = blockOffset + operand.form.offset * bytes;
  result.unitBytes = stride * plan.unitSize * bytes;
  result.units = plan.partitionUnits;
  result.periodBytes = period * bytes;
  return result;
}

SmallVector<Access> kernelAccesses(const KernelNest &nest, const KernelPlan &plan,
                                   bool partitioned) {
  SmallVector<Access> accesses;
  auto add = [&](const NestOperand &operand, bool write) {
    if (!operand.memory)
      return; // a scalar
    auto [block, offset] = blockOf(operand.memory);
    int64_t low = operand.form.offset, high = operand.form.offset;
    for (auto [dimension, stride] : llvm::zip(nest.dimensions, operand.form.strides))
      (stride < 0 ? low : high) += stride * (dimension.extent - 1);
    int64_t bytes = elementBytes(operand.elementType);
    Access access{block, offset + low * bytes, offset + (high + 1) * bytes, write, {}};
    if (!partitioned)
      access.ownership.kind = Ownership::FirstThread;
    else
      access.ownership = ownershipOf(nest, plan, operand, offset);
    accesses.push_back(access);
  };
  for (const NestOperand &input : nest.inputs)
    add(input, false);
  for (const NestOperand &output : nest.outputs)
    add(output, true);
  for (Operation *operation : nest.body)
    operation->walk([&](memref::LoadOp load) {
      Access access = wholeAccess(load.getMemRef(), false);
      if (!partitioned)
        access.ownership.kind = Ownership::FirstThread;
      accesses.push_back(access);
    });
  return accesses;
}

} // namespace nnc
