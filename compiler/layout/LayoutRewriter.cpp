// Rebuilds the operations of a function in their new orders, and inserts transpositions where an
// operation keeps its order.
#include "compiler/layout/LayoutRewriter.h"

#include "compiler/layout/BatchDims.h"
#include "compiler/dialect/NNBuilders.h"

using namespace mlir;

namespace nnc {
namespace {

class LayoutRewriter {
public:
  LayoutRewriter(func::FuncOp function, const std::function<DimOrder(Value)> &orderOf)
      : function(function), orderOf(orderOf), builder(function.getContext()) {}

  void run() {
    Block &block = function.getBody().front();
    SmallVector<Operation *> operations =
        llvm::map_to_vector(block, [](Operation &op) { return &op; });
    builder.setInsertionPointToStart(&block);
    for (BlockArgument argument : block.getArguments())
      if (isa<RankedTensorType>(argument.getType()))
        define(argument, argument, nn::consecutiveDims(typeOf(argument).getRank()));
    SmallVector<Operation *> replaced;
    for (Operation *op : operations) {
      builder.setInsertionPoint(op);
      if (rebuild(op))
        replaced.push_back(op);
      else
        keep(op);
    }
    for (Operation *op : llvm::reverse(replaced))
      op->erase();
  }

private:
  /// `value`, whose dimensions come in `order`, takes the place of `old`.
  void define(Value old, Value value, ArrayRef<int64_t> order) {
    current[old] = transposed(value, order, orderOf(old));
  }

  Value transposed(Value value, ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
    if (from == to)
      return value;
    return nn::TransposeOp::create(builder, nn::withoutName(value.getLoc()), value,
                                   nn::placesIn(from, to));
  }

  /// The replacement of `old`, with its dimensions in `order`.
  Value inOrder(Value old, ArrayRef<int64_t> order) {
    return transposed(current.lookup(old), orderOf(old), order);
  }
  Value asBefore(Value old) { return inOrder(old, nn::consecutiveDims(typeOf(old).getRank())); }

  /// The operation stays, on operands and results as before.
  void keep(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      if (isa<RankedTensorType>(operand.get().getType()))
        operand.set(asBefore(operand.get()));
    builder.setInsertionPointAfter(op);
    for (Value result : op->getResults())
      if (isa<RankedTensorType>(result.getType()))
        define(result, result, nn::consecutiveDims(typeOf(result).getRank()));
  }

  bool isMoved(Value value) const {
    return isa<RankedTensorType>(value.getType()) && !llvm::is_sorted(orderOf(value));
  }

  /// The operands of an operation that is rebuilt, as Permutable asks for them.
  class Operands : public nn::PermutedOperands {
  public:
    Operands(LayoutRewriter &rewriter, Operation *op) : rewriter(rewriter), op(op) {}
    DimOrder orderOf(unsigned number) const override {
      return rewriter.orderOf(op->getOperand(number));
    }
    Value inOrder(unsigned number, ArrayRef<int64_t> order) override {
      return rewriter.inOrder(op->getOperand(number), order);
    }

  private:
    LayoutRewriter &rewriter;
    Operation *op;
  };

  /// Builds the operation in the orders of its operands and its result; false if it has to be kept.
  bool rebuild(Operation *op) {
    if (keepsOrder(op) || op->getNumResults() != 1 ||
        (llvm::none_of(op->getOperands(), [&](Value operand) { return isMoved(operand); }) &&
         !isMoved(op->getResult(0))))
      return false;
    Operands operands(*this, op);
    DimOrder order = orderOf(op->getResult(0));
    Value result = cast<nn::Permutable>(op).buildPermuted(builder, operands, order);
    if (result)
      define(op->getResult(0), result, order);
    return result != nullptr;
  }

  func::FuncOp function;
  const std::function<DimOrder(Value)> &orderOf;
  OpBuilder builder;
  DenseMap<Value, Value> current;
};

} // namespace

void rewriteLayouts(func::FuncOp function, const std::function<DimOrder(Value)> &orderOf) {
  LayoutRewriter(function, orderOf).run();
}

} // namespace nnc
