// Emits the loops of an attention, or of its gradient: products by the generator for contractions,
// and vector code for the scores between them.
#pragma once

#include "compiler/kernels/attention/AttentionPlan.h"

namespace nnc {

/// The memory and the share of a thread.
struct AttentionThread {
  mlir::Value number, count; // null: one thread does everything
  mlir::Value scratch;       // bytes, plan.scratchBytes of them, 64-byte aligned
};

/// Emits at the builder's insertion point. Every unit is computed by one thread, in one order.
/// `plan` is that of the kernel, or of an equal one.
mlir::LogicalResult emitAttention(mlir::OpBuilder &builder, const AttentionKernelParts &parts,
                                  const AttentionPlan &plan, const TargetDescription &target,
                                  const AttentionThread &thread);

} // namespace nnc
