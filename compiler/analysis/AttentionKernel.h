// The form that an attention has as a kernel: a linalg.generic whose body has one term of each of its
// sums, marked by an attribute.
//
// Its loops are, in order, those of the batch, of rows, of keys, the inner one and the column. The
// inputs are queries, keys and values, in a gradient then the result, the logarithms of sums and the
// cotangent, and the extras. In the body, the product of query and key stands for its sum, the score,
// and so do the other products of two inputs; each output is the sum, from 0, of a term over the loops
// that it does not have. Of the exponentials, that is the sum whose logarithm the output is.
#pragma once

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace nnc {

/// On such a kernel: a dictionary with the numbers of batch loops and of row loops, and the bounds of
/// the keys. Without it, the kernel would compute something else.
inline constexpr llvm::StringLiteral attentionAttrName = "nn.attention";

inline bool isAttention(mlir::Operation *kernel) { return kernel->hasAttr(attentionAttrName); }

/// The parts of an attention's kernel, on tensors or on memory.
struct AttentionKernelParts {
  /// The inputs by number; the last three are those of a gradient.
  enum Input : unsigned { Queries, Keys, Values, Result, Logsumexp, Cotangent };
  mlir::linalg::GenericOp op;
  bool isGradient = false;
  unsigned batchLoops = 0, rowLoops = 0;
  /// Keys behind row index + last, and in front of row index + first, are left out.
  std::optional<int64_t> first, last;
  /// In the body, or null: keys behind row index + this integer, a number of the run, are left out as
  /// well.
  mlir::Value lastOfRun;
  /// In the body: the score, and what the block makes of it.
  mlir::Value score, changed;
  /// The factor of the weight; null if there is none.
  mlir::Value factor;
  /// In the body of a gradient: the cotangents of these.
  mlir::Value ofScore, ofChanged;

  unsigned rowLoop() const { return batchLoops + rowLoops - 1; } // the innermost one
  unsigned keyLoop() const { return batchLoops + rowLoops; }
  unsigned innerLoop() const { return keyLoop() + 1; }
  unsigned columnLoop() const { return keyLoop() + 2; }
  /// The number of the first extra among the inputs.
  unsigned firstExtra() const { return isGradient ? Cotangent + 1 : Values + 1; }
  llvm::SmallVector<int64_t> extents() const {
    return mlir::linalg::GenericOp(op).getStaticLoopRanges();
  }
};

/// Reads the parts of a kernel with the attribute.
AttentionKernelParts readAttention(mlir::Operation *kernel);

/// The scores within the bounds.
int64_t keptScores(const AttentionKernelParts &parts);

/// Multiplications and additions of the products, of the scores that are within the bounds.
int64_t attentionFlops(const AttentionKernelParts &parts);

} // namespace nnc
