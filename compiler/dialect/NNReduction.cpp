// Shape functions and folders of reductions.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/NNConstants.h"
#include "compiler/dialect/NNShapes.h"
#include <cmath>

using namespace mlir;
using namespace nnc::nn;

static LogicalResult inferReduction(std::optional<Location> location, StringRef name,
                                    RankedTensorType from, ArrayRef<int64_t> dims,
                                    SmallVectorImpl<Type> &types) {
  if (failed(checkIncreasingDims(location, name, "dims", dims, from.getRank())))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < from.getRank(); ++dim)
    if (!llvm::is_contained(dims, dim))
      shape.push_back(from.getDimSize(dim));
  types.push_back(from.clone(shape));
  return success();
}

#define NN_INFER_REDUCTION(OP)                                                                     \
  LogicalResult OP::inferReturnTypes(MLIRContext *, std::optional<Location> location,              \
                                     Adaptor adaptor, SmallVectorImpl<Type> &types) {              \
    return inferReduction(location, getOperationName(),                                            \
                          cast<RankedTensorType>(adaptor.getOperand().getType()),                  \
                          adaptor.getDims(), types);                                               \
  }
NN_INFER_REDUCTION(ReduceSumOp)
NN_INFER_REDUCTION(ReduceMaxOp)
NN_INFER_REDUCTION(ReduceMinOp)
NN_INFER_REDUCTION(ReduceProdOp)
#undef NN_INFER_REDUCTION

LogicalResult ArgmaxOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                         Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto from = cast<RankedTensorType>(adaptor.getOperand().getType());
  int64_t dim = adaptor.getDim();
  if (failed(checkDim(location, getOperationName(), dim, from.getRank())))
    return failure();
  SmallVector<int64_t> shape(from.getShape());
  shape.erase(shape.begin() + dim);
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 32)));
  return success();
}

LogicalResult SoftmaxOp::verify() {
  return checkIncreasingDims(getLoc(), getOperationName(), "dims", getDims(), getType().getRank());
}

/// Merges a reduction of a reduction of the same kind into this one.
template <typename Op> static bool mergeReductions(Op op) {
  auto inner = op.getOperand().template getDefiningOp<Op>();
  if (!inner)
    return false;
  SmallVector<int64_t> dims(inner.getDims());
  SmallVector<int64_t> kept = otherDims(dims, inner.getOperand().getType().getRank());
  for (int64_t dim : op.getDims())
    dims.push_back(kept[dim]);
  llvm::sort(dims);
  op.getOperandMutable().assign(inner.getOperand());
  op.setDims(dims);
  return true;
}

/// Folds a reduction over no dimensions, of a reduction, or of a splat: `ofSplat` is applied to the
/// element and the number of elements that are reduced into one.
template <typename Op>
static OpFoldResult foldReduction(Op op, Attribute operand,
                                  function_ref<Scalar(Scalar, int64_t)> ofSplat) {
  if (op.getDims().empty())
    return op.getOperand();
  if (mergeReductions(op))
    return op.getResult();
  std::optional<Scalar> splat = readSplat(operand);
  if (!splat)
    return nullptr;
  int64_t count = op.getOperand().getType().getNumElements() / op.getType().getNumElements();
  return makeConstant(op.getType(), ofSplat(*splat, count));
}

OpFoldResult ReduceSumOp::fold(FoldAdaptor adaptor) {
  return foldReduction(*this, adaptor.getOperand(), [](Scalar x, int64_t count) {
    return Scalar{x.real * static_cast<double>(count),
                  static_cast<int64_t>(static_cast<uint64_t>(x.integer) * count)};
  });
}

OpFoldResult ReduceMaxOp::fold(FoldAdaptor adaptor) {
  return foldReduction(*this, adaptor.getOperand(), [](Scalar x, int64_t) { return x; });
}

OpFoldResult ReduceMinOp::fold(FoldAdaptor adaptor) {
  return foldReduction(*this, adaptor.getOperand(), [](Scalar x, int64_t) { return x; });
}

OpFoldResult ReduceProdOp::fold(FoldAdaptor adaptor) {
  bool isReal = isa<FloatType>(getType().getElementType());
  auto ofSplat = [&](Scalar x, int64_t count) {
    Scalar result{std::pow(x.real, static_cast<double>(count)), 1};
    // Integer powers wrap; multiplying once per bit of the count keeps that.
    uint64_t base = static_cast<uint64_t>(x.integer), power = 1;
    for (int64_t rest = count; rest > 0 && !isReal; rest /= 2, base *= base)
      power *= rest % 2 ? base : 1;
    result.integer = static_cast<int64_t>(power);
    return result;
  };
  return foldReduction(*this, adaptor.getOperand(), ofSplat);
}
