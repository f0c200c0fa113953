// The arithmetic of an attention's body on a vector of scores along the keys.
#pragma once

#include "compiler/kernels/attention/AttentionPlan.h"
#include "compiler/kernels/contraction/ContractionVector.h"

namespace nnc {

/// Emits the scalars of the body that are the same for all scores.
llvm::DenseMap<mlir::Value, mlir::Value> bodyInvariants(contraction::VectorEmitter &emit,
                                                        const AttentionKernelParts &parts,
                                                        const AttentionOperands &operands);

/// Emits values of the body for scores of one row and `lanes` keys that follow each other.
class ScoreBody {
public:
  /// `loopIndices`: the index of each loop; of the keys that of the first lane. `count` lanes exist.
  /// `isInside`: the bounds of the keys leave none of these scores out.
  ScoreBody(contraction::VectorEmitter &emit, const AttentionKernelParts &parts,
            const AttentionOperands &operands,
            const llvm::DenseMap<mlir::Value, mlir::Value> &invariants,
            llvm::ArrayRef<mlir::Value> loopIndices, int64_t count, bool isInside)
      : emit(emit), parts(parts), operands(operands), loopIndices(loopIndices), count(count),
        isInside(isInside), known(invariants) {}

  /// Gives a value of the body; `vector` has the lanes of the scores.
  void set(mlir::Value value, mlir::Value vector) { known[value] = vector; }
  /// The value for the lanes, as a vector.
  mlir::Value get(mlir::Value value);

private:
  /// A vector, or a scalar that is the same for all lanes.
  mlir::Value compute(mlir::Value value);
  mlir::Value loadExtra(mlir::BlockArgument argument);
  /// A linear form of the indices of the loops, of each lane's key.
  mlir::Value lanesOf(mlir::Value form, mlir::Type type);
  bool holdsInside(mlir::Value condition);

  contraction::VectorEmitter &emit;
  const AttentionKernelParts &parts;
  const AttentionOperands &operands;
  llvm::ArrayRef<mlir::Value> loopIndices;
  int64_t count;
  bool isInside;
  llvm::DenseMap<mlir::Value, mlir::Value> known;
};

} // namespace nnc
