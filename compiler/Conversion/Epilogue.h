// Element-wise kernels that are computed on the register tiles of the contraction whose result they
// read, so that the result itself need not go through memory: bias, activation, dropout, an
// optimizer's update.
#pragma once

#include "compiler/Conversion/Contraction.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnc {

/// On a kernel that assign-arena has put right behind the contraction whose epilogue it is.
inline constexpr llvm::StringLiteral epilogueAttrName = "nn.epilogue";
/// On a contraction whose result nothing but its epilogue reads.
inline constexpr llvm::StringLiteral consumedAttrName = "nn.consumed";

/// True for c + a * b summed over at least one loop, with one output.
bool isContraction(mlir::linalg::LinalgOp op);

/// Why a kernel is not computed on the tiles of a contraction whose result it reads; the last four
/// are for whoever orders kernels to say.
enum class EpilogueObstacle {
  None,
  NoContraction,
  Sums,        // the consumer has reduction loops
  Reads,       // reads the result in several ways, or not element for element
  ElementType, // has an operand of another type that is no scalar
  Places,      // reads or writes other places than those of the tile's elements
  Arithmetic,  // has operations without a form for vectors of a tile
  Taken,       // the contraction has another epilogue
  Elsewhere,   // is the epilogue of another contraction
  Dependent,   // needs what is computed from the contraction's result elsewhere
  Overwrites,  // would overwrite what the contraction still reads
};

/// None if `consumer` can be an epilogue: parallel loops over exactly the elements of the
/// contraction's result, which is one of its operands; arithmetic on the contraction's element type
/// in between; other operands of that type, or scalars.
EpilogueObstacle epilogueObstacle(mlir::linalg::LinalgOp contraction,
                                  mlir::linalg::LinalgOp consumer);

inline bool isEpilogue(mlir::linalg::LinalgOp contraction, mlir::linalg::LinalgOp consumer) {
  return epilogueObstacle(contraction, consumer) == EpilogueObstacle::None;
}

/// Adds what `consumer` reads and writes to a matched contraction, as companions. Both ops are on
/// memrefs, and problem.usesResult is settled.
void addCompanions(mlir::linalg::LinalgOp contraction, mlir::linalg::LinalgOp consumer,
                   ContractionProblem &problem, ContractionOperands &operands);

/// The hook that computes `consumer`, after addCompanions. Scalars that the body needs are computed
/// at the builder's insertion point.
Epilogue buildEpilogue(mlir::OpBuilder &builder, mlir::linalg::LinalgOp contraction,
                       mlir::linalg::LinalgOp consumer, const ContractionProblem &problem);

} // namespace nnc
