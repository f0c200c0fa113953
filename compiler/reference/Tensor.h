// A tensor of the reference evaluator: a shape and its elements in row-major order, plain and slow.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <vector>

namespace nnc::reference {

/// Elements are held as `double` if the type is a float (f32 numbers exactly) and as `int64_t` if
/// it is an integer or i1; the other vector is empty.
struct Tensor {
  explicit Tensor(mlir::RankedTensorType type);

  /// The value of a constant.
  static Tensor fromAttribute(mlir::ElementsAttr attribute);

  bool isFloat() const { return mlir::isa<mlir::FloatType>(type.getElementType()); }
  int64_t size() const { return type.getNumElements(); }
  llvm::ArrayRef<int64_t> shape() const { return type.getShape(); }

  /// Stores a number rounded to the element type, or the low bits of an integer.
  void setReal(int64_t index, double value);
  void setInteger(int64_t index, int64_t value);
  /// Copies an element of a tensor of the same element type.
  void copy(int64_t index, const Tensor &from, int64_t fromIndex);

  mlir::RankedTensorType type;
  std::vector<double> reals;
  std::vector<int64_t> integers;
};

/// Row `row` of a tensor, as a tensor of `type`.
Tensor rowOf(const Tensor &tensor, mlir::RankedTensorType type, int64_t row);

/// How far apart neighbours along each dimension are, in row-major order.
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> shape);

/// Row-major position of an index.
int64_t linearIndex(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> index);

/// Calls `visit` with every index of a shape and its row-major position, in order.
void forEachIndex(llvm::ArrayRef<int64_t> shape,
                  llvm::function_ref<void(llvm::ArrayRef<int64_t> index, int64_t position)> visit);

/// Prints the type and the elements in nested brackets: 9 significant digits in f32, 12 in f64.
void print(llvm::raw_ostream &stream, const Tensor &tensor);

} // namespace nnc::reference
