// Evaluates conditions of indices and constants by the reference evaluator.
#include "compiler/driver/EmptyMasks.h"

#include "compiler/dialect/NN.h"
#include "compiler/reference/Evaluate.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace nnc {

/// Elements of all values that a condition is computed from, at most: larger ones are not looked at.
static constexpr int64_t mostElements = 1 << 20;

/// The tensor that broadcasts repeat.
static Value withoutBroadcasts(Value value) {
  while (auto broadcast = value.getDefiningOp<nn::BroadcastOp>())
    value = broadcast.getOperand();
  return value;
}

/// Whether a condition is false everywhere, whatever the inputs are; also false if that would take long
/// to find out.
static bool isNeverTrue(Value condition) {
  llvm::SetVector<Operation *> needed;
  SmallVector<Value> work{condition};
  int64_t elements = 0;
  while (!work.empty()) {
    Operation *definition = work.pop_back_val().getDefiningOp();
    if (!definition ||
        !isa<nn::ConstantOp, nn::IotaOp, nn::CompareOp, nn::AndOp, nn::OrOp, nn::NotOp,
             nn::BroadcastOp, nn::AddOp, nn::SubOp, nn::MulOp, nn::NegOp>(definition))
      return false;
    if (!needed.insert(definition))
      continue;
    elements += cast<RankedTensorType>(definition->getResult(0).getType()).getNumElements();
    if (elements > mostElements)
      return false;
    llvm::append_range(work, definition->getOperands());
  }
  SmallVector<Operation *> order = needed.takeVector();
  llvm::sort(order, [](Operation *left, Operation *right) { return left->isBeforeInBlock(right); });
  llvm::DenseMap<Value, reference::Tensor> values;
  for (Operation *op : order) {
    auto results = reference::evaluateOp(*op, [&](Value operand) -> const reference::Tensor & {
      return values.find(operand)->second;
    });
    if (failed(results))
      return false;
    values.try_emplace(op->getResult(0), std::move(results->front()));
  }
  return llvm::none_of(values.find(condition)->second.integers, [](int64_t kept) { return kept; });
}

std::optional<Location> findEmptyMask(ModuleOp module) {
  std::optional<Location> found;
  module.walk([&](nn::SoftmaxOp softmax) {
    auto masked = softmax.getOperand().getDefiningOp<nn::SelectOp>();
    DenseFPElementsAttr otherwise;
    if (!masked || !matchPattern(withoutBroadcasts(masked.getOperand(2)), m_Constant(&otherwise)) ||
        !otherwise.isSplat() || !otherwise.getSplatValue<APFloat>().isNegInfinity() ||
        !isNeverTrue(withoutBroadcasts(masked.getCondition())))
      return WalkResult::advance();
    found = softmax.getLoc();
    return WalkResult::interrupt();
  });
  return found;
}

} // namespace nnc
