// The borders of zeros around the operands of contractions, from the operation that pads an operand
// to the loops that leave the zeros out.
#pragma once

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnc {

/// On the insertion of an image into its padded image: all elements around it are zero.
inline constexpr llvm::StringLiteral zeroBorderAttrName = "nn.zero_border";
/// On a contraction: for each of its two operands an array of 64-bit integers, empty or with two
/// numbers for each of the operand's dims. Elements whose index in a dim is not in [first, second)
/// are zero.
inline constexpr llvm::StringLiteral interiorsAttrName = "nn.interiors";

/// Where an operand is read at index i of one loop and step j of a summed one: inside of its border
/// if low <= scale * i + step * j < high.
struct Interior {
  int64_t scale = 1;
  int64_t step = 1; // positive
  int64_t low = 0, high = 0;

  bool contains(int64_t i, int64_t j) const {
    const int64_t position = scale * i + step * j;
    return low <= position && position < high;
  }
};

/// The products of a contraction vanish outside of an interior, by two of its loops.
struct LoopBorder {
  unsigned outer = 0, reduction = 0;
  Interior interior;
};

/// The borders of a contraction's loops by its `nn.interiors`; at most one for each summed loop.
llvm::SmallVector<LoopBorder, 2> zeroBorders(mlir::linalg::LinalgOp contraction);

/// Share of a contraction's products that no border of zeros makes vanish.
double shareThatCounts(mlir::linalg::LinalgOp contraction);

} // namespace nnc
