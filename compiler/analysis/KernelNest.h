// A linalg op on memrefs with static layouts seen as a loop nest over linear addresses: every
// operand and every use of a loop index is an offset plus a stride per loop. Loops that all of them
// run through contiguously are collapsed into one, so that the emitted code does not depend
// on the ranks of tensors.
#pragma once

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

namespace nnc {

/// offset + sum over dimensions of stride * index.
struct LinearForm {
  int64_t offset = 0;
  llvm::SmallVector<int64_t> strides;
};

/// Adds scale * expression to `form`; fails if the expression is not linear in the dims, or
/// overflows.
llvm::LogicalResult accumulate(mlir::AffineExpr expression, int64_t scale, LinearForm &form);

/// A loop of the nest.
struct NestDimension {
  int64_t extent = 1;
  bool reduction = false;
};

/// An operand of the op; positions count elements of `memory`, a rank-1 memref. A scalar operand
/// has no memory, and `memref` is its value.
struct NestOperand {
  mlir::Value memref;
  mlir::Value memory;
  mlir::BlockArgument argument;
  mlir::Type elementType;
  LinearForm form;
  /// The memory beyond the last element, up to the next multiple of 64 bytes, belongs to this
  /// tensor, and the tensor starts at such a multiple.
  bool padded = false;
};

/// An operation of the body whose result is a linear form of the loop indices.
struct NestIndex {
  mlir::Operation *operation;
  LinearForm form;
};

/// An output that is accumulated: new = combiner(old, value).
struct NestReduction {
  mlir::Operation *combiner;
  mlir::Value value;
  /// Operation whose result is `value` if it is a product to be fused with the sum, else null.
  mlir::Operation *product = nullptr;
};

struct KernelNest {
  mlir::linalg::LinalgOp op;
  llvm::SmallVector<NestDimension> dimensions;
  llvm::SmallVector<NestOperand> inputs;
  llvm::SmallVector<NestOperand> outputs;
  llvm::SmallVector<NestIndex> indices;
  /// The body without terminator, index arithmetic, combiners and fused products, in order.
  llvm::SmallVector<mlir::Operation *> body;
  /// One per output if every output is a recognised reduction; empty for a nest without reduction
  /// loops, and for one whose outputs have to be updated in memory at every step.
  llvm::SmallVector<NestReduction> reductions;

  bool hasReductionLoops() const;
  const LinearForm *indexForm(mlir::Value value) const;
  int64_t iterations() const;
};

/// Rank-1 views of whole allocations, so that every kernel addresses memory with one index. Caches
/// one view per allocation; views are created right behind the definition of their source.
class FlatMemory {
public:
  struct Location {
    mlir::Value memory;
    int64_t offset;
    bool padded;
  };
  /// Fails on memrefs without static shape and layout.
  mlir::FailureOr<Location> locate(mlir::Value memref);

private:
  llvm::DenseMap<mlir::Value, mlir::Value> views;
};

/// Fails, without a message, on an op that is not such a nest (dynamic shapes, maps that are not
/// linear).
mlir::FailureOr<KernelNest> describeNest(mlir::linalg::LinalgOp op, FlatMemory &memory);

/// Whether a value of the body is an integer that a scalar of the run, such as a position, gives.
bool isNumberOfRun(mlir::linalg::GenericOp op, mlir::Value value);

} // namespace nnc
