// Shape functions and verifiers of constants, operations on shapes, gather and scatter_add.
#include "compiler/dialect/NNShapes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nnc::nn;

LogicalResult nnc::nn::checkIncreasingDims(std::optional<Location> location, StringRef operation,
                                           StringRef what, ArrayRef<int64_t> dims, int64_t rank) {
  int64_t previous = -1;
  for (int64_t dim : dims) {
    if (dim < 0 || dim >= rank)
      return reportOpError(location, operation, "has dimension ", dim, " in `", what,
                           "`, which is not in [0, ", rank, ")");
    if (dim <= previous)
      return reportOpError(location, operation, "has dimension ", dim, " after ", previous, " in `",
                           what, "`; they must increase");
    previous = dim;
  }
  return success();
}

LogicalResult nnc::nn::checkOnePerDim(std::optional<Location> location, StringRef operation,
                                      StringRef what, ArrayRef<int64_t> list, int64_t rank) {
  if (static_cast<int64_t>(list.size()) != rank)
    return reportOpError(location, operation, "has ", list.size(), " entries in `", what, "` for ",
                         rank, " dimensions");
  return success();
}

LogicalResult nnc::nn::checkDim(std::optional<Location> location, StringRef operation, int64_t dim,
                                int64_t rank) {
  if (dim < 0 || dim >= rank)
    return reportOpError(location, operation, "has dimension ", dim, ", which is not in [0, ", rank,
                         ")");
  return success();
}

LogicalResult ConstantOp::verify() {
  if (!isa<DenseElementsAttr>(getValue()))
    return emitOpError("has elements that are not listed: ") << getValue();
  return success();
}

LogicalResult IotaOp::verify() {
  return checkDim(getLoc(), getOperationName(), getDim(), getType().getRank());
}

LogicalResult BroadcastOp::verify() {
  RankedTensorType from = getOperand().getType(), to = getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("changes the element type from ")
           << from.getElementType() << " to " << to.getElementType();
  if (failed(checkOnePerDim(getLoc(), getOperationName(), "dims", getDims(), from.getRank())) ||
      failed(checkIncreasingDims(getLoc(), getOperationName(), "dims", getDims(), to.getRank())))
    return failure();
  for (auto [i, dim] : llvm::enumerate(getDims()))
    if (from.getDimSize(i) != to.getDimSize(dim))
      return emitOpError("maps dimension ")
             << i << " of " << from.getDimSize(i) << " elements to dimension " << dim << " of "
             << to.getDimSize(dim);
  return success();
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = getOperand().getType(), to = getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("changes the element type from ")
           << from.getElementType() << " to " << to.getElementType();
  if (from.getNumElements() != to.getNumElements())
    return emitOpError("turns ") << from.getNumElements() << " elements into "
                                 << to.getNumElements();
  return success();
}

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                            Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto from = cast<RankedTensorType>(adaptor.getOperand().getType());
  ArrayRef<int64_t> permutation = adaptor.getPermutation();
  if (failed(
          checkOnePerDim(location, getOperationName(), "permutation", permutation, from.getRank())))
    return failure();
  llvm::SmallBitVector seen(from.getRank());
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation) {
    if (dim < 0 || dim >= from.getRank() || seen.test(dim))
      return reportOpError(location, getOperationName(), "has [", permutation,
                           "], which is not a permutation of ", from.getRank(), " dimensions");
    seen.set(dim);
    shape.push_back(from.getDimSize(dim));
  }
  types.push_back(from.clone(shape));
  return success();
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                        Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto from = cast<RankedTensorType>(adaptor.getOperand().getType());
  ArrayRef<int64_t> offsets = adaptor.getOffsets(), sizes = adaptor.getSizes(),
                    strides = adaptor.getStrides();
  StringRef name = getOperationName();
  if (failed(checkOnePerDim(location, name, "offsets", offsets, from.getRank())) ||
      failed(checkOnePerDim(location, name, "sizes", sizes, from.getRank())) ||
      failed(checkOnePerDim(location, name, "strides", strides, from.getRank())))
    return failure();
  for (int64_t dim = 0; dim < from.getRank(); ++dim) {
    int64_t offset = offsets[dim], size = sizes[dim], stride = strides[dim];
    if (offset < 0 || size < 1 || stride < 1)
      return reportOpError(location, name, "takes ", size, " elements from ", offset,
                           " in steps of ", stride, " of dimension ", dim,
                           "; the offset must be at least 0, size and stride at least 1");
    uint64_t last = llvm::SaturatingMultiplyAdd<uint64_t>(size - 1, stride, offset);
    if (last >= uint64_t(from.getDimSize(dim)))
      return reportOpError(location, name, "reads element ", offset, " + (", size, " - 1) * ",
                           stride, " = ", last, " of dimension ", dim, ", which has ",
                           from.getDimSize(dim), " elements");
  }
  types.push_back(from.clone(sizes));
  return success();
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                      Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto from = cast<RankedTensorType>(adaptor.getOperand().getType());
  ArrayRef<int64_t> low = adaptor.getLow(), high = adaptor.getHigh();
  StringRef name = getOperationName();
  if (failed(checkOnePerDim(location, name, "low", low, from.getRank())) ||
      failed(checkOnePerDim(location, name, "high", high, from.getRank())))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < from.getRank(); ++dim) {
    if (std::min(low[dim], high[dim]) < 0 || std::max(low[dim], high[dim]) > largestTensorBytes)
      return reportOpError(location, name, "adds ", low[dim], " and ", high[dim],
                           " elements to dimension ", dim, "; neither may be negative or above ",
                           largestTensorBytes);
    shape.push_back(low[dim] + from.getDimSize(dim) + high[dim]);
  }
  types.push_back(from.clone(shape));
  return success();
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                         Adaptor adaptor, SmallVectorImpl<Type> &types) {
  StringRef name = getOperationName();
  if (adaptor.getInputs().empty())
    return reportOpError(location, name, "has no input");
  auto first = cast<RankedTensorType>(adaptor.getInputs().front().getType());
  int64_t dim = adaptor.getDim();
  if (failed(checkDim(location, name, dim, first.getRank())))
    return failure();
  SmallVector<int64_t> shape(first.getShape());
  shape[dim] = 0;
  for (auto [i, input] : llvm::enumerate(adaptor.getInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getElementType() != first.getElementType() || type.getRank() != first.getRank())
      return reportOpError(location, name, "joins ", first, " and ", type);
    for (int64_t other = 0; other < first.getRank(); ++other)
      if (other != dim && type.getDimSize(other) != first.getDimSize(other))
        return reportOpError(location, name, "joins along dimension ", dim, ", but dimension ",
                             other, " has ", first.getDimSize(other), " elements in input 0 and ",
                             type.getDimSize(other), " in input ", i);
    shape[dim] += type.getDimSize(dim);
  }
  types.push_back(first.clone(shape));
  return success();
}

LogicalResult ReverseOp::verify() {
  return checkIncreasingDims(getLoc(), getOperationName(), "dims", getDims(), getType().getRank());
}

/// Checks that the first `batchDims` dimensions of both types exist and agree.
static LogicalResult checkBatchDims(std::optional<Location> location, StringRef name,
                                    int64_t batchDims, RankedTensorType type,
                                    RankedTensorType indices) {
  if (batchDims > type.getRank() || batchDims > indices.getRank())
    return reportOpError(location, name, "has ", batchDims, " batch dimensions, but operands ",
                         type, " and ", indices);
  for (int64_t dim = 0; dim < batchDims; ++dim)
    if (type.getDimSize(dim) != indices.getDimSize(dim))
      return reportOpError(location, name, "has batch dimension ", dim, " of ",
                           type.getDimSize(dim), " elements in the data and ",
                           indices.getDimSize(dim), " in the indices");
  return success();
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                         Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto from = cast<RankedTensorType>(adaptor.getOperand().getType());
  auto indices = cast<RankedTensorType>(adaptor.getIndices().getType());
  int64_t batchDims = adaptor.getBatchDims();
  if (failed(checkBatchDims(location, getOperationName(), batchDims, from, indices)))
    return failure();
  if (batchDims >= from.getRank())
    return reportOpError(location, getOperationName(), "has ", batchDims,
                         " batch dimensions and so no dimension of ", from, " to look up in");
  SmallVector<int64_t> shape(indices.getShape());
  llvm::append_range(shape, from.getShape().drop_front(batchDims + 1));
  types.push_back(from.clone(shape));
  return success();
}

LogicalResult ScatterAddOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                             Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto updates = cast<RankedTensorType>(adaptor.getUpdates().getType());
  auto indices = cast<RankedTensorType>(adaptor.getIndices().getType());
  int64_t batchDims = adaptor.getBatchDims();
  if (failed(checkBatchDims(location, getOperationName(), batchDims, updates, indices)))
    return failure();
  if (updates.getShape().take_front(indices.getRank()) != indices.getShape())
    return reportOpError(location, getOperationName(), "has updates ", updates,
                         ", whose shape does not begin with that of the indices, ", indices);
  SmallVector<int64_t> shape(indices.getShape().take_front(batchDims));
  shape.push_back(adaptor.getSize());
  llvm::append_range(shape, updates.getShape().drop_front(indices.getRank()));
  types.push_back(updates.clone(shape));
  return success();
}
