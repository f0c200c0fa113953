// Shape functions of reductions and contractions.
#include "compiler/Dialect/NNShapes.h"
#include "llvm/ADT/DenseMap.h"

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
  if (from.getDimSize(dim) < 1)
    return reportOpError(location, getOperationName(),
                         "asks for the maximum of a dimension of no elements");
  SmallVector<int64_t> shape(from.getShape());
  shape.erase(shape.begin() + dim);
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 32)));
  return success();
}

LogicalResult ContractOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                           Adaptor adaptor, SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  auto lhs = cast<RankedTensorType>(adaptor.getLhs().getType());
  auto rhs = cast<RankedTensorType>(adaptor.getRhs().getType());
  if (lhs.getElementType() != rhs.getElementType())
    return reportOpError(location, name, "multiplies ", lhs.getElementType(), " by ",
                         rhs.getElementType());

  // The extent of each label and where it was first seen.
  struct Extent {
    int64_t size;
    StringRef side;
    int64_t dim;
  };
  llvm::DenseMap<int64_t, Extent> extents;
  auto addOperand = [&](StringRef side, RankedTensorType type,
                        ArrayRef<int64_t> labels) -> LogicalResult {
    if (static_cast<int64_t>(labels.size()) != type.getRank())
      return reportOpError(location, name, "has ", labels.size(), " labels [", labels, "] for ",
                           side, " ", type);
    for (auto [dim, label] : llvm::enumerate(labels)) {
      if (label < 0)
        return reportOpError(location, name, "has the negative label ", label);
      if (llvm::is_contained(labels.take_front(dim), label))
        return reportOpError(location, name, "has label ", label, " twice in [", labels, "] of ",
                             side);
      int64_t size = type.getDimSize(dim);
      auto [known, isNew] =
          extents.try_emplace(label, Extent{size, side, static_cast<int64_t>(dim)});
      if (!isNew && known->second.size != size)
        return reportOpError(location, name, "has label ", label, " for ", known->second.size,
                             " elements (dimension ", known->second.dim, " of ", known->second.side,
                             ") and for ", size, " (dimension ", dim, " of ", side, ")");
    }
    return success();
  };
  if (failed(addOperand("lhs", lhs, adaptor.getLhsLabels())) ||
      failed(addOperand("rhs", rhs, adaptor.getRhsLabels())))
    return failure();

  ArrayRef<int64_t> resultLabels = adaptor.getResultLabels();
  SmallVector<int64_t> shape;
  for (auto [dim, label] : llvm::enumerate(resultLabels)) {
    auto known = extents.find(label);
    if (known == extents.end())
      return reportOpError(location, name, "has label ", label,
                           " in the result, which no operand has");
    if (llvm::is_contained(resultLabels.take_front(dim), label))
      return reportOpError(location, name, "has label ", label, " twice in [", resultLabels,
                           "] of the result");
    shape.push_back(known->second.size);
  }
  types.push_back(lhs.clone(shape));
  return success();
}
