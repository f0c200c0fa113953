// Element access with rounding to the element type, row-major index arithmetic, and the printed
// form of tensors.
#include "compiler/reference/Tensor.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;
using namespace nnc::reference;

Tensor::Tensor(RankedTensorType type) : type(type) {
  if (isFloat())
    reals.resize(size());
  else
    integers.resize(size());
}

Tensor Tensor::fromAttribute(ElementsAttr attribute) {
  Tensor tensor(cast<RankedTensorType>(attribute.getType()));
  if (tensor.isFloat()) {
    for (auto [i, value] : llvm::enumerate(attribute.getValues<APFloat>())) {
      APFloat wide = value;
      bool losesInfo;
      wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      tensor.reals[i] = wide.convertToDouble();
    }
  } else {
    for (auto [i, value] : llvm::enumerate(attribute.getValues<APInt>()))
      tensor.setInteger(i, value.getSExtValue());
  }
  return tensor;
}

void Tensor::setReal(int64_t index, double value) {
  reals[index] =
      type.getElementType().isF32() ? static_cast<double>(static_cast<float>(value)) : value;
}

void Tensor::setInteger(int64_t index, int64_t value) {
  switch (type.getElementTypeBitWidth()) {
  case 1:
    integers[index] = value & 1;
    break;
  case 32:
    integers[index] = static_cast<int32_t>(value);
    break;
  default:
    integers[index] = value;
  }
}

void Tensor::copy(int64_t index, const Tensor &from, int64_t fromIndex) {
  if (isFloat())
    reals[index] = from.reals[fromIndex];
  else
    integers[index] = from.integers[fromIndex];
}

SmallVector<int64_t> nnc::reference::rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t dim = static_cast<int64_t>(shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * shape[dim + 1];
  return strides;
}

int64_t nnc::reference::linearIndex(ArrayRef<int64_t> shape, ArrayRef<int64_t> index) {
  int64_t position = 0;
  for (auto [extent, i] : llvm::zip_equal(shape, index))
    position = position * extent + i;
  return position;
}

void nnc::reference::forEachIndex(ArrayRef<int64_t> shape,
                                  function_ref<void(ArrayRef<int64_t>, int64_t)> visit) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  SmallVector<int64_t> index(shape.size(), 0);
  for (int64_t position = 0; position < count; ++position) {
    visit(index, position);
    for (int64_t dim = static_cast<int64_t>(shape.size()) - 1; dim >= 0; --dim) {
      if (++index[dim] < shape[dim])
        break;
      index[dim] = 0;
    }
  }
}

static void printElements(llvm::raw_ostream &stream, const Tensor &tensor, size_t dim,
                          int64_t &position) {
  if (dim == tensor.shape().size()) {
    if (!tensor.isFloat())
      stream << tensor.integers[position];
    else if (std::isnan(tensor.reals[position]))
      stream << "nan";
    else
      stream << llvm::format("%.*g", tensor.type.getElementType().isF32() ? 9 : 12,
                             tensor.reals[position]);
    ++position;
    return;
  }
  stream << '[';
  for (int64_t i = 0; i < tensor.shape()[dim]; ++i) {
    if (i > 0)
      stream << ", ";
    printElements(stream, tensor, dim + 1, position);
  }
  stream << ']';
}

Tensor nnc::reference::rowOf(const Tensor &tensor, RankedTensorType type, int64_t row) {
  Tensor result(type);
  for (int64_t i = 0; i < result.size(); ++i)
    result.copy(i, tensor, row * result.size() + i);
  return result;
}

void nnc::reference::print(llvm::raw_ostream &stream, const Tensor &tensor) {
  int64_t position = 0;
  stream << tensor.type << ' ';
  printElements(stream, tensor, 0, position);
}
