#include "compiler/layout/BatchDims.h"

#include "compiler/dialect/NNBuilders.h"

using namespace mlir;

namespace nnc {

static int64_t rankOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getRank() : 0;
}

std::optional<int64_t> keptByReshape(nn::ReshapeOp op, int64_t dim) {
  ArrayRef<int64_t> from = op.getOperand().getType().getShape(), to = op.getType().getShape();
  if (from[dim] <= 1)
    return std::nullopt;
  int64_t before = 1, passed = 1;
  for (int64_t extent : from.take_front(dim))
    before *= extent;
  for (auto [i, extent] : llvm::enumerate(to)) {
    if (passed == before && extent == from[dim])
      return i;
    passed *= extent;
  }
  return std::nullopt;
}

bool keepsOrder(Operation *op) {
  // Random numbers are a function of the row-major index.
  if (isa<nn::RandomUniformOp, nn::RandomNormalOp, nn::GatherOp, nn::ScatterAddOp>(op))
    return true;
  if (auto constant = dyn_cast<nn::ConstantOp>(op))
    return !isa<SplatElementsAttr>(constant.getValue());
  return !isa_and_present<nn::NNDialect>(op->getDialect());
}

BatchDims::BatchDims(func::FuncOp function) {
  Block &block = function.getBody().front();
  for (BlockArgument argument : block.getArguments())
    number(argument);
  for (Operation &op : block)
    for (Value result : op.getResults())
      number(result);
  corresponding.grow(nodes);
  together.grow(nodes);
  for (Operation &op : block)
    addOperation(&op);
  corresponding.compress();
  together.compress();

  for (BlockArgument argument : block.getArguments()) {
    auto kind = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kindAttrName);
    if (!kind || (kind != "input" && kind != "example_weight") || rankOf(argument) == 0)
      continue;
    batchClasses.insert(corresponding[firstNode.lookup(argument)]);
    batch = cast<RankedTensorType>(argument.getType()).getDimSize(0);
  }

  // A group with a value whose examples meet in pairs stays, and so does an argument that only
  // contractions read: they read it where it is.
  DenseSet<unsigned> computed, seen;
  for (auto [value, first] : firstNode) {
    SmallVector<unsigned> batchNodes;
    for (unsigned node = first; node < first + rankOf(value); ++node)
      if (isBatch(node))
        batchNodes.push_back(node);
    for (unsigned node : batchNodes) {
      if (batchNodes.size() > 1)
        fixedGroups.insert(together[node]);
      if (value.getDefiningOp())
        computed.insert(together[node]);
    }
  }
  auto consider = [&](Value value) {
    std::optional<int64_t> dim = of(value);
    if (!dim)
      return;
    unsigned group = together[firstNode.lookup(value) + *dim];
    if (!seen.insert(group).second)
      return;
    if (!computed.contains(group))
      fixedGroups.insert(group);
    else if (!fixedGroups.contains(group))
      groupList.push_back(group);
  };
  llvm::for_each(block.getArguments(), consider);
  for (Operation &op : block)
    llvm::for_each(op.getResults(), consider);
}

void BatchDims::number(Value value) {
  firstNode[value] = nodes;
  nodes += rankOf(value);
}

void BatchDims::tie(Value a, int64_t aDim, Value b, int64_t bDim, Tie strength) {
  unsigned from = firstNode.lookup(a) + aDim, to = firstNode.lookup(b) + bDim;
  corresponding.join(from, to);
  if (strength == Tie::Together)
    together.join(from, to);
}

void BatchDims::addOperation(Operation *op) {
  if (op->getNumResults() != 1)
    return;
  Value result = op->getResult(0);
  // One operand's dimensions one after the other, at those of the result that are listed.
  auto tieAll = [&](Value operand, ArrayRef<int64_t> from, ArrayRef<int64_t> to, Tie strength) {
    for (auto [a, b] : llvm::zip_equal(from, to))
      tie(operand, a, result, b, strength);
  };
  auto all = [](Value value) { return nn::consecutiveDims(rankOf(value)); };

  if (op->hasTrait<OpTrait::Elementwise>() ||
      isa<nn::SliceOp, nn::PadOp, nn::ConcatOp, nn::ReverseOp>(op)) {
    for (Value operand : op->getOperands())
      tieAll(operand, all(operand), all(result), Tie::Together);
  } else if (auto broadcast = dyn_cast<nn::BroadcastOp>(op)) {
    tieAll(broadcast.getOperand(), all(broadcast.getOperand()), broadcast.getDims(), Tie::Together);
  } else if (isa<nn::ReduceSumOp, nn::ReduceMaxOp, nn::ReduceMinOp, nn::ReduceProdOp>(op)) {
    auto dims = op->getAttrOfType<DenseI64ArrayAttr>("dims");
    Value operand = op->getOperand(0);
    tieAll(operand, nn::otherDims(dims, rankOf(operand)), all(result), Tie::Together);
  } else if (auto argmax = dyn_cast<nn::ArgmaxOp>(op)) {
    Value operand = argmax.getOperand();
    tieAll(operand, nn::otherDims(argmax.getDim(), rankOf(operand)), all(result), Tie::Together);
  } else if (auto transpose = dyn_cast<nn::TransposeOp>(op)) {
    tieAll(transpose.getOperand(), transpose.getPermutation(), all(result), Tie::Together);
  } else if (isa<nn::WindowsOp, nn::OverlapAddOp>(op)) {
    Value operand = op->getOperand(0);
    auto windowed = op->getAttrOfType<DenseI64ArrayAttr>("dims");
    SmallVector<int64_t> others =
        nn::otherDims(windowed, std::min(rankOf(operand), rankOf(result)));
    tieAll(operand, others, others, Tie::Together);
  } else if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
    for (int64_t dim : all(reshape.getOperand()))
      if (std::optional<int64_t> kept = keptByReshape(reshape, dim))
        tie(reshape.getOperand(), dim, result, *kept, Tie::Together);
  } else if (auto contract = dyn_cast<nn::ContractOp>(op)) {
    ArrayRef<int64_t> lhs = contract.getLhsLabels(), rhs = contract.getRhsLabels();
    for (auto [dim, label] : llvm::enumerate(contract.getResultLabels())) {
      if (const auto *at = llvm::find(lhs, label); at != lhs.end())
        tie(contract.getLhs(), at - lhs.begin(), result, dim, Tie::Corresponds);
      if (const auto *at = llvm::find(rhs, label); at != rhs.end())
        tie(contract.getRhs(), at - rhs.begin(), result, dim, Tie::Corresponds);
    }
    for (auto [dim, label] : llvm::enumerate(lhs))
      if (const auto *at = llvm::find(rhs, label); at != rhs.end())
        tie(contract.getLhs(), dim, contract.getRhs(), at - rhs.begin(), Tie::Corresponds);
  } else if (auto gather = dyn_cast<nn::GatherOp>(op)) {
    int64_t indexRank = rankOf(gather.getIndices());
    for (int64_t dim = 0; dim < indexRank; ++dim)
      tie(gather.getIndices(), dim, result, dim, Tie::Corresponds);
    for (int64_t dim = indexRank; dim < rankOf(result); ++dim)
      tie(gather.getOperand(), dim - indexRank + gather.getBatchDims() + 1, result, dim,
          Tie::Corresponds);
    for (int64_t dim = 0; dim < int64_t(gather.getBatchDims()); ++dim)
      tie(gather.getOperand(), dim, result, dim, Tie::Corresponds);
  } else if (auto scatter = dyn_cast<nn::ScatterAddOp>(op)) {
    int64_t indexRank = rankOf(scatter.getIndices()), batchDims = scatter.getBatchDims();
    for (int64_t dim = 0; dim < indexRank; ++dim)
      tie(scatter.getIndices(), dim, scatter.getUpdates(), dim, Tie::Corresponds);
    for (int64_t dim = 0; dim < batchDims; ++dim)
      tie(scatter.getUpdates(), dim, result, dim, Tie::Corresponds);
    for (int64_t dim = batchDims + 1; dim < rankOf(result); ++dim)
      tie(scatter.getUpdates(), dim - batchDims - 1 + indexRank, result, dim, Tie::Corresponds);
  }
}

std::optional<int64_t> BatchDims::of(Value value) const {
  auto first = firstNode.find(value);
  if (first == firstNode.end())
    return std::nullopt;
  std::optional<int64_t> found;
  for (int64_t dim = 0; dim < rankOf(value); ++dim)
    if (isBatch(first->second + dim)) {
      if (found)
        return std::nullopt;
      found = dim;
    }
  return found;
}

std::optional<unsigned> BatchDims::groupOf(Value value) const {
  std::optional<int64_t> dim = of(value);
  if (!dim)
    return std::nullopt;
  unsigned group = together[firstNode.lookup(value) + *dim];
  if (fixedGroups.contains(group))
    return std::nullopt;
  return group;
}

} // namespace nnc
