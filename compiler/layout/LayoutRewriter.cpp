#include "compiler/layout/LayoutRewriter.h"

#include "compiler/layout/BatchDims.h"
#include "compiler/dialect/NNBuilders.h"

using namespace mlir;

namespace nnc {
namespace {

RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// Where a dimension comes in an order.
int64_t place(ArrayRef<int64_t> order, int64_t dim) {
  return llvm::find(order, dim) - order.begin();
}

SmallVector<int64_t> places(ArrayRef<int64_t> order, ArrayRef<int64_t> dims) {
  return llvm::map_to_vector(dims, [&](int64_t dim) { return place(order, dim); });
}

SmallVector<int64_t> sortedPlaces(ArrayRef<int64_t> order, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> sorted = places(order, dims);
  llvm::sort(sorted);
  return sorted;
}

/// A list with one entry for each dimension, in another order.
SmallVector<int64_t> inOrderOf(ArrayRef<int64_t> order, ArrayRef<int64_t> list) {
  return llvm::map_to_vector(order, [&](int64_t dim) { return list[dim]; });
}

RankedTensorType inOrderOf(ArrayRef<int64_t> order, RankedTensorType type) {
  return type.clone(inOrderOf(order, type.getShape()));
}

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
  /// `value`, whose dimensions come in `order`, is what takes the place of `old`.
  void define(Value old, Value value, ArrayRef<int64_t> order) {
    current[old] = transposed(value, order, orderOf(old));
  }

  Value transposed(Value value, ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
    if (from == to)
      return value;
    return nn::TransposeOp::create(builder, nn::withoutName(value.getLoc()), value,
                                   places(from, to));
  }

  /// What takes the place of `old`, with the dimensions in `order`.
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

  /// Builds the operation in the orders of its operands and its result; false if it has to be kept.
  bool rebuild(Operation *op) {
    if (keepsOrder(op) || op->getNumResults() != 1 ||
        (llvm::none_of(op->getOperands(), [&](Value operand) { return isMoved(operand); }) &&
         !isMoved(op->getResult(0))))
      return false;
    if (op->hasTrait<OpTrait::Elementwise>() ||
        isa<nn::ConstantOp, nn::IotaOp, nn::ConcatOp, nn::ReverseOp, nn::SliceOp, nn::PadOp>(op))
      return rebuildPositionwise(op), true;
    if (isa<nn::ReduceSumOp, nn::ReduceMaxOp, nn::ReduceMinOp, nn::ReduceProdOp>(op))
      return rebuildReduction(op), true;
    if (auto broadcast = dyn_cast<nn::BroadcastOp>(op))
      return rebuildBroadcast(broadcast), true;
    if (auto transpose = dyn_cast<nn::TransposeOp>(op))
      return rebuildTranspose(transpose), true;
    if (auto contract = dyn_cast<nn::ContractOp>(op))
      return rebuildContract(contract), true;
    if (auto argmax = dyn_cast<nn::ArgmaxOp>(op))
      return rebuildArgmax(argmax), true;
    if (auto windows = dyn_cast<nn::WindowsOp>(op))
      return rebuildWindows(windows);
    if (auto overlap = dyn_cast<nn::OverlapAddOp>(op))
      return rebuildOverlapAdd(overlap);
    if (auto reshape = dyn_cast<nn::ReshapeOp>(op))
      return rebuildReshape(reshape);
    return false;
  }

  /// Operations with the same dimensions in operands and result: all take the order of the result.
  void rebuildPositionwise(Operation *op) {
    DimOrder order = orderOf(op->getResult(0));
    OperationState state(op->getLoc(), op->getName());
    for (Value operand : op->getOperands())
      state.operands.push_back(inOrder(operand, order));
    RankedTensorType type = inOrderOf(order, typeOf(op->getResult(0)));
    state.addTypes(type);
    state.addAttributes(op->getAttrs());
    auto setList = [&](StringRef name, ArrayRef<int64_t> list) {
      state.attributes.set(name, builder.getDenseI64ArrayAttr(list));
    };
    if (auto constant = dyn_cast<nn::ConstantOp>(op))
      state.attributes.set("value", cast<SplatElementsAttr>(constant.getValue()).resizeSplat(type));
    if (auto iota = dyn_cast<nn::IotaOp>(op))
      state.attributes.set("dim", builder.getI64IntegerAttr(place(order, iota.getDim())));
    if (auto concat = dyn_cast<nn::ConcatOp>(op))
      state.attributes.set("dim", builder.getI64IntegerAttr(place(order, concat.getDim())));
    if (auto reverse = dyn_cast<nn::ReverseOp>(op))
      setList("dims", sortedPlaces(order, reverse.getDims()));
    if (auto slice = dyn_cast<nn::SliceOp>(op)) {
      setList("offsets", inOrderOf(order, slice.getOffsets()));
      setList("sizes", inOrderOf(order, slice.getSizes()));
      setList("strides", inOrderOf(order, slice.getStrides()));
    }
    if (auto pad = dyn_cast<nn::PadOp>(op)) {
      setList("low", inOrderOf(order, pad.getLow()));
      setList("high", inOrderOf(order, pad.getHigh()));
    }
    define(op->getResult(0), builder.create(state)->getResult(0), order);
  }

  /// The order of what a reduction of `operand` over `dims` leaves.
  DimOrder reducedOrder(Value operand, ArrayRef<int64_t> dims) {
    SmallVector<int64_t> kept = nn::otherDims(dims, typeOf(operand).getRank());
    DimOrder order;
    for (int64_t dim : orderOf(operand))
      if (!llvm::is_contained(dims, dim))
        order.push_back(place(kept, dim));
    return order;
  }

  void rebuildReduction(Operation *op) {
    Value operand = op->getOperand(0), result = op->getResult(0);
    auto dims = op->getAttrOfType<DenseI64ArrayAttr>("dims");
    DimOrder order = reducedOrder(operand, dims);
    OperationState state(op->getLoc(), op->getName());
    state.addOperands(current.lookup(operand));
    state.addTypes(inOrderOf(order, typeOf(result)));
    state.addAttribute("dims", builder.getDenseI64ArrayAttr(sortedPlaces(orderOf(operand), dims)));
    define(result, builder.create(state)->getResult(0), order);
  }

  void rebuildArgmax(nn::ArgmaxOp op) {
    Value operand = op.getOperand();
    int64_t dim = op.getDim();
    define(op,
           nn::ArgmaxOp::create(builder, op.getLoc(), current.lookup(operand),
                                place(orderOf(operand), dim)),
           reducedOrder(operand, dim));
  }

  /// The dimensions of the operand come in the order that they have in the result.
  void rebuildBroadcast(nn::BroadcastOp op) {
    DimOrder order = orderOf(op), operandOrder;
    SmallVector<int64_t> dims;
    for (auto [i, dim] : llvm::enumerate(order))
      if (const auto *at = llvm::find(op.getDims(), dim); at != op.getDims().end()) {
        operandOrder.push_back(at - op.getDims().begin());
        dims.push_back(i);
      }
    Value operand = inOrder(op.getOperand(), operandOrder);
    define(op,
           nn::BroadcastOp::create(builder, op.getLoc(), inOrderOf(order, op.getType()), operand,
                                   dims),
           order);
  }

  void rebuildTranspose(nn::TransposeOp op) {
    DimOrder order = orderOf(op), operandOrder = inOrderOf(order, op.getPermutation());
    Value operand = op.getOperand();
    define(op,
           nn::TransposeOp::create(builder, op.getLoc(), current.lookup(operand),
                                   places(orderOf(operand), operandOrder)),
           order);
  }

  void rebuildContract(nn::ContractOp op) {
    Value lhs = op.getLhs(), rhs = op.getRhs();
    DimOrder order = orderOf(op);
    define(op,
           nn::ContractOp::create(builder, op.getLoc(), current.lookup(lhs), current.lookup(rhs),
                                  inOrderOf(orderOf(lhs), op.getLhsLabels()),
                                  inOrderOf(orderOf(rhs), op.getRhsLabels()),
                                  inOrderOf(order, op.getResultLabels())),
           order);
  }

  /// The order of windows over an image: offsets in a window come last.
  static DimOrder windowOrder(ArrayRef<int64_t> imageOrder, int64_t offsets) {
    DimOrder order(imageOrder);
    llvm::append_range(order, nn::consecutiveDims(offsets, imageOrder.size()));
    return order;
  }

  bool rebuildWindows(nn::WindowsOp op) {
    Value operand = op.getOperand();
    SmallVector<int64_t> dims = places(orderOf(operand), op.getDims());
    if (!llvm::is_sorted(dims))
      return false;
    define(op,
           nn::WindowsOp::create(builder, op.getLoc(), current.lookup(operand), dims, op.getSizes(),
                                 op.getStrides(), op.getDilations()),
           windowOrder(orderOf(operand), dims.size()));
    return true;
  }

  bool rebuildOverlapAdd(nn::OverlapAddOp op) {
    DimOrder order = orderOf(op);
    SmallVector<int64_t> dims = places(order, op.getDims());
    if (!llvm::is_sorted(dims))
      return false;
    Value operand = inOrder(op.getOperand(), windowOrder(order, dims.size()));
    define(op,
           nn::OverlapAddOp::create(builder, op.getLoc(), operand, dims, op.getExtents(),
                                    op.getStrides(), op.getDilations()),
           order);
    return true;
  }

  /// Possible where one dimension that the reshape keeps has come last on both sides.
  bool rebuildReshape(nn::ReshapeOp op) {
    DimOrder from = orderOf(op.getOperand()), to = orderOf(op);
    if (from.empty() || to.empty() || keptByReshape(op, from.back()) != to.back() ||
        !llvm::is_sorted(ArrayRef(from).drop_back()) || !llvm::is_sorted(ArrayRef(to).drop_back()))
      return false;
    define(op,
           nn::ReshapeOp::create(builder, op.getLoc(), inOrderOf(to, op.getType()),
                                 current.lookup(op.getOperand())),
           to);
    return true;
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
