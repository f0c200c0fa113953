// Which kernels are contractions, and which element-wise kernels can be computed on the register
// tiles of the contraction whose result they read: bias, activation, dropout, an optimizer's
// update. kernels/contraction/Epilogue.h emits the legal ones.
#pragma once

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnc {

/// On a kernel that assign-arena has put right behind the contraction whose epilogue it is.
inline constexpr llvm::StringLiteral epilogueAttrName = "nn.epilogue";
/// On a contraction whose result nothing but its epilogue reads.
inline constexpr llvm::StringLiteral consumedAttrName = "nn.consumed";

/// True for a body of three arguments that computes c + a * b, in any order of operands.
bool multipliesAndAdds(mlir::Block &body);

/// True for c + a * b summed over at least one loop, with one output.
bool isContraction(mlir::linalg::LinalgOp op);

/// Why a kernel is not computed on the tiles of a contraction whose result it reads; the last four
/// depend on the order of the kernels.
enum class EpilogueObstacle {
  None,
  NoContraction,
  Sums,        // the consumer has reduction loops
  Reads,       // reads the result in several ways, or not element for element
  ElementType, // has an operand of another type that is not a scalar
  Places,      // reads or writes other places than those of the tile's elements
  Arithmetic,  // has operations without a form for vectors of a tile
  Taken,       // the contraction has another epilogue
  Elsewhere,   // is the epilogue of another contraction
  Dependent,   // needs a value computed from the contraction's result elsewhere
  Overwrites,  // would overwrite an operand that the contraction still reads
};

/// None if `consumer` can be an epilogue: parallel loops over exactly the elements of the
/// contraction's result, which is one of its operands; arithmetic on the contraction's element type
/// in between; other operands of that type, or scalars.
EpilogueObstacle epilogueObstacle(mlir::linalg::LinalgOp contraction,
                                  mlir::linalg::LinalgOp consumer);

inline bool isEpilogue(mlir::linalg::LinalgOp contraction, mlir::linalg::LinalgOp consumer) {
  return epilogueObstacle(contraction, consumer) == EpilogueObstacle::None;
}

/// The consumer's only operand that is the contraction's result; null if there is none, or several.
mlir::OpOperand *resultOperand(mlir::linalg::LinalgOp contraction, mlir::linalg::LinalgOp consumer);

/// Whether an operand is one number: of no shaped type, or of rank 0.
bool isScalar(mlir::Value value);

/// Whether a kernel is computed on the tiles of a contraction whose result it reads, or why not.
struct EpilogueDecision {
  mlir::linalg::LinalgOp contraction, consumer;
  EpilogueObstacle obstacle;
};

} // namespace nnc
