// Element-wise kernels that are computed on the register tiles of the contraction whose result they
// read, so that the result itself need not go through memory: bias, activation, dropout, an
// optimizer's update.
#pragma once

#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/kernels/contraction/Contraction.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnc {

/// Adds the tensors that `consumer` reads and writes to a matched contraction, as companions. Both
/// ops are on memrefs, and problem.usesResult is settled.
void addCompanions(mlir::linalg::LinalgOp contraction, mlir::linalg::LinalgOp consumer,
                   ContractionProblem &problem, ContractionOperands &operands);

/// The hook that computes `consumer`, after addCompanions. Scalars that the body needs are computed
/// at the builder's insertion point.
Epilogue buildEpilogue(mlir::OpBuilder &builder, mlir::linalg::LinalgOp contraction,
                       mlir::linalg::LinalgOp consumer, const ContractionProblem &problem);

} // namespace nnc
