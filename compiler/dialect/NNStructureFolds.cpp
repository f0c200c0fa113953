// Folders of constants and operations on shapes. Chains of one kind are merged into one operation.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/NNConstants.h"

using namespace mlir;
using namespace nnc::nn;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

/// A constant with equal elements in another shape; null if it is none.
static Attribute foldSplat(Attribute operand, RankedTensorType type) {
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(operand))
    if (readSplat(operand))
      return elements.resizeSplat(type);
  return nullptr;
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (auto inner = getOperand().getDefiningOp<BroadcastOp>()) {
    SmallVector<int64_t> dims;
    for (int64_t dim : inner.getDims())
      dims.push_back(getDims()[dim]);
    getOperandMutable().assign(inner.getOperand());
    setDims(dims);
    return getResult();
  }
  return foldSplat(adaptor.getOperand(), getType());
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (auto inner = getOperand().getDefiningOp<ReshapeOp>()) {
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getOperand()))
    return elements.reshape(getType());
  return nullptr;
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::is_sorted(getPermutation()))
    return getOperand();
  if (auto inner = getOperand().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> permutation;
    for (int64_t dim : getPermutation())
      permutation.push_back(inner.getPermutation()[dim]);
    getOperandMutable().assign(inner.getOperand());
    setPermutation(permutation);
    return getResult();
  }
  return foldSplat(adaptor.getOperand(), getType());
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (auto inner = getOperand().getDefiningOp<SliceOp>()) {
    SmallVector<int64_t> offsets, strides;
    for (int64_t dim = 0; dim < getType().getRank(); ++dim) {
      offsets.push_back(inner.getOffsets()[dim] + getOffsets()[dim] * inner.getStrides()[dim]);
      strides.push_back(getStrides()[dim] * inner.getStrides()[dim]);
    }
    getOperandMutable().assign(inner.getOperand());
    setOffsets(offsets);
    setStrides(strides);
    return getResult();
  }
  return foldSplat(adaptor.getOperand(), getType());
}

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  Attribute padded = foldSplat(adaptor.getOperand(), getType());
  if (padded && padded == makeConstant(getType(), makeScalar(getType().getElementType(),
                                                             getValue().convertToDouble())))
    return padded;
  return nullptr;
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 ? getInputs().front() : Value();
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  if (llvm::all_of(getDims(), [&](int64_t dim) { return getType().getDimSize(dim) == 1; }))
    return getOperand();
  if (auto inner = getOperand().getDefiningOp<ReverseOp>()) {
    // Reversing a dimension twice leaves it as it is.
    SmallVector<int64_t> dims;
    for (int64_t dim = 0; dim < getType().getRank(); ++dim)
      if (llvm::is_contained(getDims(), dim) != llvm::is_contained(inner.getDims(), dim))
        dims.push_back(dim);
    getOperandMutable().assign(inner.getOperand());
    setDims(dims);
    return getResult();
  }
  return foldSplat(adaptor.getOperand(), getType());
}
