// Finds the dimensions that correspond to the batch, and joins values into groups through the
// interface Permutable.
#include "compiler/layout/BatchDims.h"

#include "compiler/dialect/ExampleStates.h"
#include "compiler/dialect/NNBuilders.h"

using namespace mlir;

namespace nnc {

static int64_t rankOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getRank() : 0;
}

bool keepsOrder(Operation *op) {
  auto permutable = dyn_cast<nn::Permutable>(op);
  return !permutable || permutable.keepsOrder();
}

bool hasBatch(BlockArgument argument) {
  auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (function->hasAttr(nn::stepsAttrName))
    return false; // of one example
  std::optional<nn::Kind> kind = nn::kindOf(argument);
  if (kind == nn::Kind::Input || kind == nn::Kind::ExampleWeight)
    return true;
  return nn::isExampleState(function.getArgAttrDict(argument.getArgNumber()));
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
    if (auto permutable = dyn_cast<nn::Permutable>(op))
      permutable.tieDims(*this);
  corresponding.compress();
  together.compress();

  for (BlockArgument argument : block.getArguments()) {
    if (!hasBatch(argument) || rankOf(argument) == 0)
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

void BatchDims::tie(Value a, int64_t aDim, Value b, int64_t bDim, Strength strength) {
  unsigned from = firstNode.lookup(a) + aDim, to = firstNode.lookup(b) + bDim;
  corresponding.join(from, to);
  if (strength == Strength::Together)
    together.join(from, to);
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
