// The body of an element-wise kernel, computed on vectors of elements or on one element. Internal to
// prologues and epilogues.
#pragma once

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace nnc {

class ElementBody {
public:
  /// `form`: the type of a vector of elements, or of one.
  ElementBody(mlir::Block &block, mlir::Type form) : block(block), form(form) {}

  /// Gives an argument, or the result of an operation that is not to be cloned, its value: of the form's
  /// shape, or a scalar that is the same for all elements.
  void set(mlir::Value of, mlir::Value value) { values[of] = value; }

  /// Clones the operations whose results are not set; returns what the body yields.
  llvm::SmallVector<mlir::Value> yielded(mlir::OpBuilder &builder, mlir::Location loc);

private:
  mlir::Value lookup(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value);

  mlir::Block &block;
  mlir::Type form;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
};

} // namespace nnc
