// Reading and making the values of nn.constant element by element; used by the folders.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace nnc::nn {

/// One element: `real` for floats (f32 numbers exactly), `integer` for integers and i1 (0 or 1).
struct Scalar {
  double real = 0;
  int64_t integer = 0;
};

/// `value` as an element of this type; integers are truncated towards zero.
Scalar makeScalar(mlir::Type elementType, double value);

/// A constant tensor with equal elements, rounded to the element type.
mlir::DenseElementsAttr makeConstant(mlir::RankedTensorType type, Scalar splat);

/// The value of all elements of a constant with equal elements (or only one).
std::optional<Scalar> readSplat(mlir::Attribute constant);

/// Applies an element-wise function to constants: all of them splats, or of few elements. Returns
/// null if an operand is not such a constant.
mlir::Attribute
foldElementwise(mlir::RankedTensorType resultType, llvm::ArrayRef<mlir::Attribute> operands,
                llvm::function_ref<Scalar(llvm::ArrayRef<Scalar> operands)> function);

/// The element-wise functions on floats that fold one constant operand.
mlir::Attribute foldUnaryFloat(mlir::RankedTensorType resultType, mlir::Attribute operand,
                               double (*function)(double));

} // namespace nnc::nn
