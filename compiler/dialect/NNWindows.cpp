// Shape functions of windows and of their adjoint.
#include "compiler/dialect/NNShapes.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace nnc::nn;

/// Checks the attributes of both operations that describe windows.
static LogicalResult checkWindows(std::optional<Location> location, StringRef name,
                                  ArrayRef<int64_t> dims, int64_t rank, ArrayRef<int64_t> sizes,
                                  ArrayRef<int64_t> strides, ArrayRef<int64_t> dilations) {
  if (failed(checkIncreasingDims(location, name, "dims", dims, rank)))
    return failure();
  int64_t count = dims.size();
  if (failed(checkOnePerDim(location, name, "sizes", sizes, count)) ||
      failed(checkOnePerDim(location, name, "strides", strides, count)) ||
      failed(checkOnePerDim(location, name, "dilations", dilations, count)))
    return failure();
  for (int64_t i = 0; i < count; ++i)
    if (sizes[i] < 1 || strides[i] < 1 || dilations[i] < 1)
      return reportOpError(location, name, "has windows of ", sizes[i], " elements, stride ",
                           strides[i], " and dilation ", dilations[i], " along dimension ", dims[i],
                           "; each must be at least 1");
  return success();
}

/// The elements from the first of a window to its last.
static int64_t reachOf(int64_t size, int64_t dilation) {
  uint64_t reach = llvm::SaturatingMultiplyAdd<uint64_t>(size - 1, dilation, 1);
  return std::min<uint64_t>(reach, std::numeric_limits<int64_t>::max());
}

/// How many positions a window has along a dimension of `extent` elements; 0 if it does not fit.
static int64_t positions(int64_t extent, int64_t size, int64_t stride, int64_t dilation) {
  int64_t reach = reachOf(size, dilation);
  return reach > extent ? 0 : (extent - reach) / stride + 1;
}

LogicalResult WindowsOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                          Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto from = cast<RankedTensorType>(adaptor.getOperand().getType());
  StringRef name = getOperationName();
  ArrayRef<int64_t> dims = adaptor.getDims(), sizes = adaptor.getSizes();
  if (failed(checkWindows(location, name, dims, from.getRank(), sizes, adaptor.getStrides(),
                          adaptor.getDilations())))
    return failure();
  SmallVector<int64_t> shape(from.getShape());
  for (auto [i, dim] : llvm::enumerate(dims)) {
    shape[dim] = positions(from.getDimSize(dim), sizes[i], adaptor.getStrides()[i],
                           adaptor.getDilations()[i]);
    if (shape[dim] == 0)
      return reportOpError(location, name, "has windows that reach over ",
                           reachOf(sizes[i], adaptor.getDilations()[i]),
                           " elements, but dimension ", dim, " has ", from.getDimSize(dim));
  }
  llvm::append_range(shape, sizes);
  types.push_back(from.clone(shape));
  return success();
}

LogicalResult OverlapAddOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                             Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto from = cast<RankedTensorType>(adaptor.getOperand().getType());
  StringRef name = getOperationName();
  ArrayRef<int64_t> dims = adaptor.getDims(), extents = adaptor.getExtents();
  int64_t count = dims.size();
  if (from.getRank() < 2 * count)
    return reportOpError(location, name, "has windows along ", count, " dimensions of ", from,
                         ", which has too few dimensions for that");
  ArrayRef<int64_t> sizes = from.getShape().take_back(count);
  if (failed(checkWindows(location, name, dims, from.getRank() - count, sizes, adaptor.getStrides(),
                          adaptor.getDilations())) ||
      failed(checkOnePerDim(location, name, "extents", extents, count)))
    return failure();
  SmallVector<int64_t> shape(from.getShape().drop_back(count));
  for (auto [i, dim] : llvm::enumerate(dims)) {
    int64_t expected =
        positions(extents[i], sizes[i], adaptor.getStrides()[i], adaptor.getDilations()[i]);
    if (shape[dim] != expected)
      return reportOpError(location, name, "has ", shape[dim], " positions along dimension ", dim,
                           ", but ", extents[i], " elements have ", expected);
    shape[dim] = extents[i];
  }
  types.push_back(from.clone(shape));
  return success();
}
