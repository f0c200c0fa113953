// Reductions and contractions of the evaluator.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/reference/EvaluateOps.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

using namespace mlir;
using namespace nnc::nn;
using namespace nnc::reference;

/// Calls `combine(resultIndex, operandIndex)` for every element of the operand, in order.
static void reduce(const Tensor &operand, ArrayRef<int64_t> dims, const Tensor &result,
                   llvm::function_ref<void(int64_t, int64_t)> combine) {
  SmallVector<int64_t> kept = otherDims(dims, operand.type.getRank());
  forEachIndex(operand.shape(), [&](ArrayRef<int64_t> index, int64_t position) {
    SmallVector<int64_t> resultIndex;
    for (int64_t dim : kept)
      resultIndex.push_back(index[dim]);
    combine(linearIndex(result.shape(), resultIndex), position);
  });
}

static void reduceExtremum(const Tensor &operand, ArrayRef<int64_t> dims, Tensor &result,
                           bool isMax) {
  unsigned width = operand.type.getElementTypeBitWidth();
  double worstReal = std::numeric_limits<double>::infinity() * (isMax ? -1 : 1);
  int64_t worstInteger =
      (isMax ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width)).getSExtValue();
  for (int64_t i = 0; i < result.size(); ++i)
    operand.isFloat() ? result.setReal(i, worstReal) : result.setInteger(i, worstInteger);
  reduce(operand, dims, result, [&](int64_t to, int64_t from) {
    if (operand.isFloat()) {
      double value = operand.reals[from], best = result.reals[to];
      bool better = isMax ? value > best : value < best;
      if (std::isnan(value) || (!std::isnan(best) && better))
        result.setReal(to, value);
    } else {
      int64_t value = operand.integers[from], best = result.integers[to];
      result.setInteger(to, isMax ? std::max(value, best) : std::min(value, best));
    }
  });
}

/// Sums and products are accumulated in f64 and rounded once.
static void reduceArithmetic(const Tensor &operand, ArrayRef<int64_t> dims, Tensor &result,
                             bool isSum) {
  if (operand.isFloat()) {
    std::vector<double> totals(result.size(), isSum ? 0.0 : 1.0);
    reduce(operand, dims, result, [&](int64_t to, int64_t from) {
      totals[to] = isSum ? totals[to] + operand.reals[from] : totals[to] * operand.reals[from];
    });
    for (int64_t i = 0; i < result.size(); ++i)
      result.setReal(i, totals[i]);
    return;
  }
  std::vector<uint64_t> totals(result.size(), isSum ? 0 : 1);
  reduce(operand, dims, result, [&](int64_t to, int64_t from) {
    uint64_t value = static_cast<uint64_t>(operand.integers[from]);
    totals[to] = isSum ? totals[to] + value : totals[to] * value;
  });
  for (int64_t i = 0; i < result.size(); ++i)
    result.setInteger(i, static_cast<int64_t>(totals[i]));
}

static void argmax(ArgmaxOp op, const Tensor &operand, Tensor &result) {
  std::vector<int64_t> best(result.size(), -1);
  reduce(operand, {static_cast<int64_t>(op.getDim())}, result, [&](int64_t to, int64_t from) {
    bool greater =
        best[to] < 0 || (operand.isFloat() ? operand.reals[from] > operand.reals[best[to]]
                                           : operand.integers[from] > operand.integers[best[to]]);
    if (greater)
      best[to] = from;
  });
  int64_t stride = rowMajorStrides(operand.shape())[op.getDim()];
  for (int64_t i = 0; i < result.size(); ++i)
    result.setInteger(i, best[i] / stride % operand.shape()[op.getDim()]);
}

/// To the sum at place i: element i of both operands, each by its own step.
static void addProducts(const double *left, int64_t leftStep, const double *right,
                        int64_t rightStep, MutableArrayRef<double> sums) {
  if (leftStep == 0 && rightStep == 1) {
    const double factor = *left;
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] += factor * right[i];
    return;
  }
  for (int64_t i = 0, count = sums.size(); i < count; ++i)
    sums[i] += left[i * leftStep] * right[i * rightStep];
}

static void contract(ContractOp op, const Tensor &lhs, const Tensor &rhs, Tensor &result) {
  // The step of each label in each operand; 0 in an operand that does not have it.
  std::map<int64_t, int64_t> extents, lhsSteps, rhsSteps;
  auto addOperand = [&](ArrayRef<int64_t> labels, const Tensor &operand,
                        std::map<int64_t, int64_t> &steps) {
    SmallVector<int64_t> strides = rowMajorStrides(operand.shape());
    for (auto [dim, label] : llvm::enumerate(labels)) {
      extents[label] = operand.shape()[dim];
      steps[label] = strides[dim];
    }
  };
  addOperand(op.getLhsLabels(), lhs, lhsSteps);
  addOperand(op.getRhsLabels(), rhs, rhsSteps);

  SmallVector<int64_t> summedShape, lhsSummedSteps, rhsSummedSteps;
  for (auto [label, extent] : extents)
    if (!llvm::is_contained(op.getResultLabels(), label)) {
      summedShape.push_back(extent);
      lhsSummedSteps.push_back(lhsSteps[label]);
      rhsSummedSteps.push_back(rhsSteps[label]);
    }
  // The sum's terms by their offsets from the first one: the same for every element of the result.
  std::vector<std::pair<int64_t, int64_t>> terms;
  forEachIndex(summedShape, [&](ArrayRef<int64_t> index, int64_t) {
    int64_t left = 0, right = 0;
    for (auto [i, at] : llvm::enumerate(index)) {
      left += at * lhsSummedSteps[i];
      right += at * rhsSummedSteps[i];
    }
    terms.emplace_back(left, right);
  });
  // The sums of a row side by side, which is many times as fast and changes the order of none.
  ArrayRef<int64_t> labels = op.getResultLabels(), shape = result.shape();
  int64_t row = 1, lhsStep = 0, rhsStep = 0;
  if (!shape.empty()) {
    row = shape.back();
    lhsStep = lhsSteps[labels.back()];
    rhsStep = rhsSteps[labels.back()];
    shape = shape.drop_back();
  }
  std::vector<double> sums(row);
  forEachIndex(shape, [&](ArrayRef<int64_t> index, int64_t position) {
    const double *left = lhs.reals.data(), *right = rhs.reals.data();
    for (auto [i, at] : llvm::enumerate(index)) {
      left += at * lhsSteps[labels[i]];
      right += at * rhsSteps[labels[i]];
    }
    std::fill(sums.begin(), sums.end(), 0.0);
    for (auto [leftOffset, rightOffset] : terms)
      addProducts(left + leftOffset, lhsStep, right + rightOffset, rhsStep, sums);
    for (int64_t i = 0; i < row; ++i)
      result.setReal(position * row + i, sums[i]);
  });
}

static void softmax(SoftmaxOp op, const Tensor &x, Tensor &result) {
  const double least = -std::numeric_limits<double>::infinity();
  SmallVector<int64_t> shape;
  for (int64_t dim : otherDims(op.getDims(), x.type.getRank()))
    shape.push_back(x.shape()[dim]);
  Tensor reduced(x.type.clone(shape));
  std::vector<double> greatest(reduced.type.getNumElements(), least), sums(greatest.size(), 0.0);
  reduce(x, op.getDims(), reduced, [&](int64_t to, int64_t from) {
    if (std::isnan(x.reals[from]) || x.reals[from] > greatest[to])
      greatest[to] = x.reals[from];
  });
  auto exponential = [&](int64_t row, int64_t at) {
    return x.reals[at] == least ? 0.0 : std::exp(x.reals[at] - greatest[row]);
  };
  reduce(x, op.getDims(), reduced,
         [&](int64_t to, int64_t from) { sums[to] += exponential(to, from); });
  reduce(x, op.getDims(), reduced, [&](int64_t to, int64_t from) {
    result.setReal(from, sums[to] == 0 ? 0.0 : exponential(to, from) / sums[to]);
  });
}

static void cumulativeSum(CumulativeSumOp op, const Tensor &x, Tensor &result) {
  int64_t step = rowMajorStrides(x.shape())[op.getDim()];
  std::vector<double> reals = x.reals;
  std::vector<uint64_t> integers(x.integers.begin(), x.integers.end());
  forEachIndex(x.shape(), [&](ArrayRef<int64_t> index, int64_t position) {
    bool isFirst = index[op.getDim()] == 0;
    if (x.isFloat())
      result.setReal(position, reals[position] += isFirst ? 0 : reals[position - step]);
    else
      result.setInteger(position, integers[position] += isFirst ? 0 : integers[position - step]);
  });
}

static void argsort(ArgsortOp op, const Tensor &x, Tensor &result) {
  int64_t extent = x.shape()[op.getDim()], step = rowMajorStrides(x.shape())[op.getDim()];
  auto isLess = [&](int64_t a, int64_t b) {
    if (!x.isFloat())
      return x.integers[a] < x.integers[b];
    return x.reals[a] < x.reals[b] || (std::isnan(x.reals[b]) && !std::isnan(x.reals[a]));
  };
  forEachIndex(x.shape(), [&](ArrayRef<int64_t> index, int64_t first) {
    if (index[op.getDim()] != 0)
      return;
    std::vector<int64_t> places(extent);
    std::iota(places.begin(), places.end(), 0);
    std::stable_sort(places.begin(), places.end(), [&](int64_t a, int64_t b) {
      return isLess(first + a * step, first + b * step);
    });
    for (auto [rank, place] : llvm::enumerate(places))
      result.setInteger(first + int64_t(rank) * step, place);
  });
}

bool nnc::reference::evaluateReduction(Operation *op, Operands operands, Tensor &result) {
  if (auto sum = dyn_cast<ReduceSumOp>(op))
    return reduceArithmetic(*operands[0], sum.getDims(), result, true), true;
  if (auto product = dyn_cast<ReduceProdOp>(op))
    return reduceArithmetic(*operands[0], product.getDims(), result, false), true;
  if (auto maximum = dyn_cast<ReduceMaxOp>(op))
    return reduceExtremum(*operands[0], maximum.getDims(), result, true), true;
  if (auto minimum = dyn_cast<ReduceMinOp>(op))
    return reduceExtremum(*operands[0], minimum.getDims(), result, false), true;
  if (auto argmaxOp = dyn_cast<ArgmaxOp>(op))
    return argmax(argmaxOp, *operands[0], result), true;
  if (auto softmaxOp = dyn_cast<SoftmaxOp>(op))
    return softmax(softmaxOp, *operands[0], result), true;
  if (auto sums = dyn_cast<CumulativeSumOp>(op))
    return cumulativeSum(sums, *operands[0], result), true;
  if (auto argsortOp = dyn_cast<ArgsortOp>(op))
    return argsort(argsortOp, *operands[0], result), true;
  if (auto contractOp = dyn_cast<ContractOp>(op))
    return contract(contractOp, *operands[0], *operands[1], result), true;
  return false;
}
