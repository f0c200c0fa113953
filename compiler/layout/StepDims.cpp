// Finds the dimensions of the steps and of the batch through the interface Permutable. Other layout
// rewrites keep the order of the dimensions of lookups; here lookups are rebuilt in the new order.
#include "compiler/layout/StepDims.h"

#include "compiler/dialect/NNBuilders.h"
#include "compiler/layout/BatchDims.h"
#include "compiler/layout/LayoutRewriter.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/IntEqClasses.h"

using namespace mlir;

namespace nnc {
namespace {

class StepDims : private nn::DimTies {
public:
  explicit StepDims(func::FuncOp function);

  /// The order with the dimension of the steps in front of that of the batch; the present order
  /// unless the value has exactly one of each.
  DimOrder orderOf(Value value) const;

private:
  void tie(Value a, int64_t aDim, Value b, int64_t bDim, Strength) override {
    corresponding.join(firstNode.lookup(a) + aDim, firstNode.lookup(b) + bDim);
  }
  /// The steps of which the steps of a scan are chunks: a dimension that a reshape divides or
  /// joins.
  void addUndivided(Value value) {
    if (auto divided = value.getDefiningOp<nn::ReshapeOp>())
      stepClasses.insert(corresponding[firstNode.lookup(divided.getOperand())]);
    for (Operation *user : value.getUsers())
      if (auto joined = dyn_cast<nn::ReshapeOp>(user))
        stepClasses.insert(corresponding[firstNode.lookup(joined.getResult())]);
  }
  void number(Value value) {
    firstNode[value] = nodes;
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      nodes += type.getRank();
  }

  llvm::DenseMap<Value, unsigned> firstNode; // of the nodes that stand for its dimensions
  llvm::IntEqClasses corresponding;
  llvm::DenseSet<unsigned> stepClasses, batchClasses;
  unsigned nodes = 0;
};

} // namespace

StepDims::StepDims(func::FuncOp function) {
  Block &block = function.getBody().front();
  llvm::for_each(block.getArguments(), [&](Value argument) { number(argument); });
  for (Operation &op : block)
    llvm::for_each(op.getResults(), [&](Value result) { number(result); });
  corresponding.grow(nodes);
  for (Operation &op : block)
    if (auto permutable = dyn_cast<nn::Permutable>(op))
      permutable.tieDims(*this);
  corresponding.compress();

  for (nn::ScanOp scan : block.getOps<nn::ScanOp>())
    for (ValueRange values : {ValueRange(scan.getSequences()), ValueRange(scan.getResults())})
      for (Value value : values) {
        stepClasses.insert(corresponding[firstNode.lookup(value)]);
        if (scan->hasAttr(nn::chunksAttrName))
          addUndivided(value);
      }
  for (BlockArgument argument : block.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (hasBatch(argument) && type && type.getRank() > 0)
      batchClasses.insert(corresponding[firstNode.lookup(argument)]);
  }
}

DimOrder StepDims::orderOf(Value value) const {
  DimOrder order = nn::consecutiveDims(typeOf(value).getRank());
  std::optional<int64_t> step, batch;
  unsigned first = firstNode.lookup(value);
  for (int64_t dim = 0, rank = order.size(); dim < rank; ++dim)
    for (auto [classes, found] : {std::pair(&stepClasses, &step), std::pair(&batchClasses, &batch)})
      if (classes->contains(corresponding[first + dim])) {
        if (*found)
          return order;
        *found = dim;
      }
  if (step && batch && *batch < *step)
    std::rotate(order.begin() + *batch, order.begin() + *step, order.begin() + *step + 1);
  return order;
}

/// Transposes the first dimensions of a value.
static Value buildTransposed(OpBuilder &builder, Value value, ArrayRef<int64_t> leading) {
  DimOrder order = nn::consecutiveDims(typeOf(value).getRank());
  llvm::copy(leading, order.begin());
  if (llvm::is_sorted(order))
    return value;
  return nn::TransposeOp::create(builder, nn::withoutName(value.getLoc()), value, order);
}

/// Rebuilds nn.gather or nn.scatter_add for the new order of `value`, its result or its updates.
/// The order may permute the dimensions of the indices only, and the batch dimensions among
/// themselves. The operation then stands between transpositions, which disappear when its
/// neighbours get their orders.
template <typename Op> static void rebuildLookup(Op op, Value value, const StepDims &steps) {
  DimOrder order = steps.orderOf(value);
  size_t rank = typeOf(op.getIndices()).getRank(), batches = op.getBatchDims();
  ArrayRef<int64_t> leading = ArrayRef(order).take_front(rank), batch = leading.take_front(batches);
  SmallVector<int64_t> sorted(batch);
  llvm::sort(sorted);
  if (llvm::is_sorted(order) || sorted != nn::consecutiveDims(batches) ||
      ArrayRef(order).drop_front(rank) != ArrayRef(nn::consecutiveDims(order.size() - rank, rank)))
    return;
  OpBuilder builder(op);
  Value indices = buildTransposed(builder, op.getIndices(), leading), result;
  bool isGather = std::is_same_v<Op, nn::GatherOp>;
  Value operand = buildTransposed(builder, op->getOperand(0), isGather ? batch : leading);
  if constexpr (std::is_same_v<Op, nn::GatherOp>)
    result = nn::GatherOp::create(builder, op.getLoc(), operand, indices, batches);
  else
    result =
        nn::ScatterAddOp::create(builder, op.getLoc(), operand, indices, batches, op.getSize());
  ArrayRef<int64_t> moved = isGather ? leading : batch;
  SmallVector<int64_t> inverse = nn::placesIn(moved, nn::consecutiveDims(moved.size()));
  op.replaceAllUsesWith(buildTransposed(builder, result, inverse));
  op.erase();
}

void putStepsFirst(func::FuncOp function) {
  Block &block = function.getBody().front();
  if (block.getOps<nn::ScanOp>().empty())
    return;
  StepDims lookups(function);
  for (Operation &op : llvm::make_early_inc_range(block))
    if (auto gather = dyn_cast<nn::GatherOp>(op))
      rebuildLookup(gather, gather.getResult(), lookups);
    else if (auto scatter = dyn_cast<nn::ScatterAddOp>(op))
      rebuildLookup(scatter, scatter.getUpdates(), lookups);
  StepDims steps(function);
  rewriteLayouts(function, [&](Value value) { return steps.orderOf(value); });
}

} // namespace nnc
