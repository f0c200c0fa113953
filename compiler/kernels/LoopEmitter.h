// The base of the emitters of kernels: constants that stand once at the entry of a function, index
// arithmetic that folds them, and loops that are left out where they run once or never.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace nnc {

/// Constants of a function, each created once at its entry.
class ConstantPool {
public:
  explicit ConstantPool(mlir::func::FuncOp function) : entry(&function.getBody().front()) {}
  /// The pool of the function that the builder inserts into.
  explicit ConstantPool(const mlir::OpBuilder &builder);
  mlir::Value get(mlir::TypedAttr value);
  mlir::Value index(int64_t value);

private:
  mlir::Block *entry;
  llvm::DenseMap<mlir::Attribute, mlir::Value> values;
};

class LoopEmitter {
public:
  LoopEmitter(mlir::OpBuilder &builder, mlir::Location loc, ConstantPool &constants)
      : builder(builder), loc(loc), constants(constants) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;
  ConstantPool &constants;

  // Arithmetic on indices.
  mlir::Value index(int64_t value) { return constants.index(value); }
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b) { return b ? add(a, index(b)) : a; }
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, int64_t b);
  /// Largest multiple of b, a power of two, that is at most a.
  mlir::Value roundDown(mlir::Value a, int64_t b);
  mlir::Value floorDiv(mlir::Value a, mlir::Value b);
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);

  /// A vector of equal lanes.
  mlir::Value splat(mlir::Value scalar, int64_t lanes);

  /// for (i = low; i < high; i += step) body(i). No loop where it is known to run once or never.
  void forEach(mlir::Value low, mlir::Value high, int64_t step,
               llvm::function_ref<void(mlir::Value)> body);
  /// The same with values that are carried from one iteration to the next.
  llvm::SmallVector<mlir::Value>
  forEach(mlir::Value low, mlir::Value high, int64_t step, mlir::ValueRange init,
          llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);
};

} // namespace nnc
