// Emits a kernel nest as planned: scf loops around vector loads, the body on vectors, and vector
// stores or accumulators. Whatever does not depend on an inner loop is emitted outside of it, so
// that the code needs little from LLVM's optimiser.
#pragma once

#include "compiler/analysis/KernelNest.h"
#include "compiler/kernels/LoopEmitter.h"
#include "compiler/kernels/nest/KernelPlan.h"

namespace nnc {

/// A thread's units of the partitioned loop: [begin, end).
struct UnitRange {
  mlir::Value begin, end;
};

/// Emits at the builder's insertion point. `range` is null where one thread does everything.
/// `initial` holds, for each reduction, the constant that its output starts from, or null where it
/// starts from the output's elements; it is ignored for other nests.
void emitKernel(mlir::OpBuilder &builder, const KernelNest &nest, const KernelPlan &plan,
                ConstantPool &constants, const UnitRange *range,
                llvm::ArrayRef<mlir::TypedAttr> initial);

} // namespace nnc
