// Finds the dimensions of the steps and of the batch through the interface Permutable.
#include "compiler/layout/StepDims.h"

#include "compiler/dialect/NNBuilders.h"

using namespace mlir;

namespace nnc {

StepDims::StepDims(func::FuncOp function) {
  Block &block = function.getBody().front();
  if (block.getOps<nn::ScanOp>().empty())
    return;
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
      for (Value value : values)
        stepClasses.insert(corresponding[firstNode.lookup(value)]);
  for (BlockArgument argument : block.getArguments()) {
    std::optional<nn::Kind> kind = nn::kindOf(argument);
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if ((kind == nn::Kind::Input || kind == nn::Kind::ExampleWeight) && type && type.getRank() > 0)
      batchClasses.insert(corresponding[firstNode.lookup(argument)]);
  }
}

void StepDims::number(Value value) {
  firstNode[value] = nodes;
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    nodes += type.getRank();
}

void StepDims::tie(Value a, int64_t aDim, Value b, int64_t bDim, Strength) {
  corresponding.join(firstNode.lookup(a) + aDim, firstNode.lookup(b) + bDim);
}

nn::DimOrder StepDims::orderOf(Value value) const {
  nn::DimOrder order = nn::consecutiveDims(cast<RankedTensorType>(value.getType()).getRank());
  std::optional<int64_t> step, batch;
  unsigned first = firstNode.lookup(value);
  for (int64_t dim : nn::consecutiveDims(order.size()))
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

} // namespace nnc
