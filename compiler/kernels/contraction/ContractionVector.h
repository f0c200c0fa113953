// Building blocks of vector code for one element type, width and target: loads and stores of part
// of a vector, multiply-add, transposition, sums over lanes. Constants are emitted once, before the
// kernel.
#pragma once

#include "compiler/target/TargetDescription.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace nnc::contraction {

class VectorEmitter {
public:
  /// Constants are placed at the builder's present insertion point.
  VectorEmitter(mlir::OpBuilder &builder, mlir::Location loc, const TargetDescription &target,
                mlir::FloatType elementType, int64_t lanes);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  const TargetDescription &target;
  mlir::FloatType elementType;
  const int64_t lanes;
  mlir::VectorType vectorType;

  // Index arithmetic; folds what is constant.
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b) { return b ? add(a, index(b)) : a; }
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, int64_t b);
  /// Largest multiple of b, a power of two, that is at most a.
  mlir::Value roundDown(mlir::Value a, int64_t b);
  mlir::Value floorDiv(mlir::Value a, mlir::Value b);
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);

  /// for (i = low; i < high; i += step) body(i). No loop where it is known to run once or never.
  void forEach(mlir::Value low, mlir::Value high, int64_t step,
               llvm::function_ref<void(mlir::Value)> body);
  /// The same with values that are carried from one iteration to the next.
  llvm::SmallVector<mlir::Value>
  forEach(mlir::Value low, mlir::Value high, int64_t step, mlir::ValueRange init,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);

  /// The memory behind a memref of static strides as one dim that starts at its first element, long
  /// enough for every position; a scratch memref of i8 is viewed as elements.
  mlir::Value flatten(mlir::Value memref);

  mlir::Value zero();
  /// Constant vector of i1, the first `count` true.
  mlir::Value mask(int64_t count);
  mlir::Value splat(mlir::Value scalar);
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
  /// Lane i of the result is the sum of the lanes of vectors[i]; at most `lanes` vectors.
  mlir::Value sumLanes(llvm::ArrayRef<mlir::Value> vectors);

private:
  mlir::Value constant(mlir::TypedAttr attribute);
  /// The vector itself, which LLVM does not look behind.
  mlir::Value fence(mlir::Value vector);
  mlir::Value shuffle(mlir::Value a, mlir::Value b, llvm::ArrayRef<int64_t> lanes);
  llvm::SmallVector<mlir::Value> transposeBlocks(llvm::ArrayRef<mlir::Value> rows, int64_t block);

  mlir::Operation *anchor = nullptr;
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
};

} // namespace nnc::contraction
