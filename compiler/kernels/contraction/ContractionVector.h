// Building blocks of vector code for one element type, width and target: loads and stores of part
// of a vector, multiply-add, transposition, sums over lanes.
#pragma once

#include "compiler/kernels/LoopEmitter.h"
#include "compiler/target/TargetDescription.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace nnc::contraction {

class VectorEmitter : public LoopEmitter {
public:
  VectorEmitter(mlir::OpBuilder &builder, mlir::Location loc, ConstantPool &constants,
                const TargetDescription &target, mlir::FloatType elementType, int64_t lanes);

  const TargetDescription &target;
  mlir::FloatType elementType;
  const int64_t lanes;
  mlir::VectorType vectorType;

  /// The memory behind a memref of static strides as one dim that starts at its first element, long
  /// enough for every position; a scratch memref of i8 is viewed as elements.
  mlir::Value flatten(mlir::Value memref);

  mlir::Value zero();
  /// Constant vector of i1, the first `count` true.
  mlir::Value mask(int64_t count);
  mlir::Value insert(mlir::Value scalar, mlir::Value vector, int64_t lane);
  mlir::Value loadScalar(mlir::Value memref, mlir::Value offset);
  /// `count` elements `stride` apart; the lanes behind them are zero.
  mlir::Value load(mlir::Value memref, mlir::Value offset, int64_t count, int64_t stride = 1);
  void store(mlir::Value vector, mlir::Value memref, mlir::Value offset, int64_t count,
             int64_t stride = 1);

  mlir::Value sum(mlir::Value a, mlir::Value b);
  /// a * b + c.
  mlir::Value multiplyAdd(mlir::Value a, mlir::Value b, mlir::Value c);
  /// Rows of a lanes x lanes matrix -> its columns.
  llvm::SmallVector<mlir::Value> transpose(llvm::ArrayRef<mlir::Value> rows);
  using Combine = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;
  /// Lane i of the result has the lanes of vectors[i], combined in pairs; at most `lanes` vectors.
  mlir::Value reduceLanes(llvm::ArrayRef<mlir::Value> vectors, Combine combine);
  /// The same with sums.
  mlir::Value sumLanes(llvm::ArrayRef<mlir::Value> vectors) {
    return reduceLanes(vectors, [this](mlir::Value a, mlir::Value b) { return sum(a, b); });
  }

private:
  /// The vector itself, which LLVM does not look behind.
  mlir::Value fence(mlir::Value vector);
  mlir::Value shuffle(mlir::Value a, mlir::Value b, llvm::ArrayRef<int64_t> lanes);
  llvm::SmallVector<mlir::Value> transposeBlocks(llvm::ArrayRef<mlir::Value> rows, int64_t block);
};

} // namespace nnc::contraction
