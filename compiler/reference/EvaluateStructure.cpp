// Constants, operations on shapes, gather, scatter_add and random numbers of the evaluator. Each
// says for every element of the result where it comes from.
#include "compiler/dialect/NNRandom.h"
#include "compiler/reference/EvaluateOps.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace nnc::nn;
using namespace nnc::reference;

/// Fills the result with elements of the operand: `source` gives the index of each.
static void
permuteElements(const Tensor &operand, Tensor &result,
                llvm::function_ref<SmallVector<int64_t>(ArrayRef<int64_t> index)> source) {
  forEachIndex(result.shape(), [&](ArrayRef<int64_t> index, int64_t position) {
    result.copy(position, operand, linearIndex(operand.shape(), source(index)));
  });
}

static void iota(IotaOp op, Tensor &result) {
  forEachIndex(result.shape(), [&](ArrayRef<int64_t> index, int64_t position) {
    int64_t value = index[op.getDim()];
    result.isFloat() ? result.setReal(position, static_cast<double>(value))
                     : result.setInteger(position, value);
  });
}

static void pad(PadOp op, const Tensor &operand, Tensor &result) {
  double value = op.getValue().convertToDouble();
  for (int64_t i = 0; i < result.size(); ++i)
    result.isFloat() ? result.setReal(i, value) : result.setInteger(i, static_cast<int64_t>(value));
  forEachIndex(operand.shape(), [&](ArrayRef<int64_t> index, int64_t position) {
    SmallVector<int64_t> target;
    for (auto [dim, i] : llvm::enumerate(index))
      target.push_back(i + op.getLow()[dim]);
    result.copy(linearIndex(result.shape(), target), operand, position);
  });
}

static void concat(ConcatOp op, Operands operands, Tensor &result) {
  int64_t offset = 0;
  for (const Tensor *operand : operands) {
    forEachIndex(operand->shape(), [&](ArrayRef<int64_t> index, int64_t position) {
      SmallVector<int64_t> target(index);
      target[op.getDim()] += offset;
      result.copy(linearIndex(result.shape(), target), *operand, position);
    });
    offset += operand->shape()[op.getDim()];
  }
}

/// For every element of the tensor of shape `[batch..., index..., rest...]`, calls `visit` with its
/// position and the index into the data `[batch..., n, rest...]` that it belongs to.
static void
forEachLookup(ArrayRef<int64_t> shape, const Tensor &indices, int64_t batchDims, int64_t n,
              llvm::function_ref<void(int64_t position, ArrayRef<int64_t> dataIndex)> visit) {
  forEachIndex(shape, [&](ArrayRef<int64_t> index, int64_t position) {
    ArrayRef<int64_t> lookup = index.take_front(indices.type.getRank());
    int64_t found = indices.integers[linearIndex(indices.shape(), lookup)];
    SmallVector<int64_t> dataIndex(index.take_front(batchDims));
    dataIndex.push_back(std::clamp<int64_t>(found, 0, n - 1));
    llvm::append_range(dataIndex, index.drop_front(lookup.size()));
    visit(position, dataIndex);
  });
}

static void gather(GatherOp op, const Tensor &operand, const Tensor &indices, Tensor &result) {
  forEachLookup(result.shape(), indices, op.getBatchDims(), operand.shape()[op.getBatchDims()],
                [&](int64_t position, ArrayRef<int64_t> dataIndex) {
                  result.copy(position, operand, linearIndex(operand.shape(), dataIndex));
                });
}

static void scatterAdd(ScatterAddOp op, const Tensor &updates, const Tensor &indices,
                       Tensor &result) {
  std::vector<double> sums(result.size(), 0.0);
  forEachLookup(updates.shape(), indices, op.getBatchDims(), op.getSize(),
                [&](int64_t position, ArrayRef<int64_t> dataIndex) {
                  int64_t target = linearIndex(result.shape(), dataIndex);
                  if (updates.isFloat())
                    sums[target] += updates.reals[position];
                  else
                    result.setInteger(target,
                                      static_cast<int64_t>(uint64_t(result.integers[target]) +
                                                           uint64_t(updates.integers[position])));
                });
  for (int64_t i = 0; updates.isFloat() && i < result.size(); ++i)
    result.setReal(i, sums[i]);
}

/// Which element of an image an element of its windows is; the index of either begins with the
/// image's dimensions.
struct WindowPlaces {
  template <typename Op>
  WindowPlaces(Op op, int64_t rank)
      : rank(rank), dims(op.getDims()), strides(op.getStrides()), dilations(op.getDilations()) {}

  SmallVector<int64_t> operator()(ArrayRef<int64_t> index) const {
    SmallVector<int64_t> source(index.take_front(rank));
    for (auto [i, dim] : llvm::enumerate(dims))
      source[dim] = index[dim] * strides[i] + index[rank + i] * dilations[i];
    return source;
  }

  int64_t rank;
  ArrayRef<int64_t> dims, strides, dilations;
};

static void overlapAdd(OverlapAddOp op, const Tensor &operand, Tensor &result) {
  std::vector<double> sums(result.size(), 0.0);
  const WindowPlaces places(op, result.shape().size());
  forEachIndex(operand.shape(), [&](ArrayRef<int64_t> index, int64_t position) {
    sums[linearIndex(result.shape(), places(index))] += operand.reals[position];
  });
  for (int64_t i = 0; i < result.size(); ++i)
    result.setReal(i, sums[i]);
}

static double uniform(Operands operands, int64_t stream, int64_t index) {
  uint64_t key = randomKey(static_cast<uint64_t>(operands[0]->integers.front()),
                           static_cast<uint64_t>(operands[1]->integers.front()),
                           static_cast<uint64_t>(stream));
  return uniformFromBits(randomBits(key, static_cast<uint32_t>(index)));
}

static double normal(Operands operands, int64_t stream, int64_t index) {
  double u = uniform(operands, stream, index) + 0x1p-24;
  double v = uniform(operands, stream + (int64_t(1) << 32), index);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v);
}

bool nnc::reference::evaluateStructure(Operation *op, Operands operands, Tensor &result) {
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    result = Tensor::fromAttribute(constant.getValue());
  } else if (auto iotaOp = dyn_cast<IotaOp>(op)) {
    iota(iotaOp, result);
  } else if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    permuteElements(*operands[0], result, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> source;
      for (int64_t dim : broadcast.getDims())
        source.push_back(index[dim]);
      return source;
    });
  } else if (isa<ReshapeOp>(op)) {
    for (int64_t i = 0; i < result.size(); ++i)
      result.copy(i, *operands[0], i);
  } else if (auto transpose = dyn_cast<TransposeOp>(op)) {
    permuteElements(*operands[0], result, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> source(index.size());
      for (auto [i, dim] : llvm::enumerate(transpose.getPermutation()))
        source[dim] = index[i];
      return source;
    });
  } else if (auto slice = dyn_cast<SliceOp>(op)) {
    permuteElements(*operands[0], result, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> source;
      for (auto [dim, i] : llvm::enumerate(index))
        source.push_back(slice.getOffsets()[dim] + i * slice.getStrides()[dim]);
      return source;
    });
  } else if (auto reverse = dyn_cast<ReverseOp>(op)) {
    permuteElements(*operands[0], result, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> source(index);
      for (int64_t dim : reverse.getDims())
        source[dim] = result.shape()[dim] - 1 - index[dim];
      return source;
    });
  } else if (auto windows = dyn_cast<WindowsOp>(op)) {
    permuteElements(*operands[0], result, WindowPlaces(windows, operands[0]->shape().size()));
  } else if (auto overlap = dyn_cast<OverlapAddOp>(op)) {
    overlapAdd(overlap, *operands[0], result);
  } else if (auto padOp = dyn_cast<PadOp>(op)) {
    pad(padOp, *operands[0], result);
  } else if (auto concatOp = dyn_cast<ConcatOp>(op)) {
    concat(concatOp, operands, result);
  } else if (auto gatherOp = dyn_cast<GatherOp>(op)) {
    gather(gatherOp, *operands[0], *operands[1], result);
  } else if (auto scatterOp = dyn_cast<ScatterAddOp>(op)) {
    scatterAdd(scatterOp, *operands[0], *operands[1], result);
  } else if (auto uniformOp = dyn_cast<RandomUniformOp>(op)) {
    for (int64_t i = 0; i < result.size(); ++i)
      result.setReal(i, uniform(operands, uniformOp.getStream(), i));
  } else if (auto normalOp = dyn_cast<RandomNormalOp>(op)) {
    for (int64_t i = 0; i < result.size(); ++i)
      result.setReal(i, normal(operands, normalOp.getStream(), i));
  } else if (isa<BatchCountOp>(op)) {
    result.setReal(0, 1);
  } else {
    return false;
  }
  return true;
}
