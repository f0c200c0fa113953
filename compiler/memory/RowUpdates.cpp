// The part of FunctionRewriter that updates only the rows of a table that were looked up. Gradients
// are added up in the rows of the table of gradients that are looked up; the others stay undefined.
#include "compiler/analysis/RowUpdates.h"
#include "compiler/memory/FunctionRewriter.h"
#include "compiler/memory/RowEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace nnc {
namespace {

/// Emits the loops, which run on thread 0.
class RowLoops : public RowEmitter {
public:
  RowLoops(OpBuilder &builder, linalg::GenericOp op, const RowUpdate &update,
           llvm::function_ref<Value(Value)> memrefOf, llvm::function_ref<Value(Value)> scalarOf);

  void emit();

private:
  Value splat(Value scalar);
  Value isLookedUp(Value row);
  void addRows();
  void updateRows(Value all);
  Value allRows();
  Value cloneBody(Value number);
  void forEachPiece(llvm::function_ref<void(Value)> body);

  linalg::GenericOp op;
  OpOperand *gradientOperand;
  ArrayRef<Value> zeros;
  Value updates, indices, gradient, looked; // memrefs
  SmallVector<Value> inputs, outputs;
  IRMapping captured;
  Type element;
  int64_t rows, elements; // of the table
};

} // namespace

RowLoops::RowLoops(OpBuilder &builder, linalg::GenericOp op, const RowUpdate &update,
                   llvm::function_ref<Value(Value)> memrefOf,
                   llvm::function_ref<Value(Value)> scalarOf)
    : RowEmitter(builder, op.getLoc(),
                 cast<RankedTensorType>(update.gradientOperand->get().getType()).getDimSize(1)),
      op(op), gradientOperand(update.gradientOperand), zeros(update.zeros) {
  nn::ScatterAddOp sums = update.gradient;
  auto type = cast<RankedTensorType>(sums.getType());
  element = type.getElementType();
  rows = type.getDimSize(0);
  elements = type.getDimSize(1);
  updates = memrefOf(sums.getUpdates());
  indices = memrefOf(sums.getIndices());
  gradient = memrefOf(sums.getResult());
  for (Value input : op.getDpsInputs())
    inputs.push_back(isa<RankedTensorType>(input.getType()) ? memrefOf(input) : scalarOf(input));
  for (Value result : op.getResults())
    outputs.push_back(memrefOf(result));
  looked = inputs.back();
  for (Operation &inner : *op.getBlock())
    for (Value value : inner.getOperands())
      if (value.getParentBlock() != op.getBlock() && !captured.contains(value))
        captured.map(value, scalarOf(value));
}

Value RowLoops::splat(Value scalar) {
  if (lanes() == 1)
    return scalar;
  return vector::BroadcastOp::create(builder, location, laneType(scalar.getType()), scalar);
}

/// Whether the row has been looked up so far, as i1.
Value RowLoops::isLookedUp(Value row) {
  Value mark = memref::LoadOp::create(builder, location, looked, row);
  return arith::TruncIOp::create(builder, location, builder.getI1Type(), mark);
}

void RowLoops::forEachPiece(llvm::function_ref<void(Value)> body) {
  forEachLanes(elements, index(0), index(elements), [&](ValueRange place) { body(place.front()); });
}

/// Adds each row of the updates, in order, to the row where its index says, which is 0 at first.
void RowLoops::addRows() {
  forEach(cast<MemRefType>(indices.getType()).getShape(), [&](ValueRange place) {
    Value row = loadRowNumber(indices, place, rows), wasLookedUp = isLookedUp(row);
    Value noGradient = zero(element);
    forEachPiece([&](Value piece) {
      SmallVector<Value> from(place);
      from.push_back(piece);
      Value old = load(gradient, {row, piece});
      old = arith::SelectOp::create(builder, location, wasLookedUp, old, noGradient);
      Value sum = arith::AddFOp::create(builder, location, old, load(updates, from));
      store(sum, gradient, {row, piece});
    });
    Value yes = arith::ConstantOp::create(builder, location, builder.getI8IntegerAttr(1));
    memref::StoreOp::create(builder, location, yes, looked, row);
  });
}

/// Computes a value of the body that depends on numbers of the run alone.
Value RowLoops::cloneBody(Value number) {
  if (Value known = captured.lookupOrNull(number))
    return known;
  if (auto argument = dyn_cast<BlockArgument>(number)) {
    Value value = inputs[argument.getArgNumber()];
    if (isa<MemRefType>(value.getType()))
      value = memref::LoadOp::create(builder, location, value, ValueRange());
    captured.map(number, value);
    return value;
  }
  Operation *definition = number.getDefiningOp();
  for (Value operand : definition->getOperands())
    cloneBody(operand);
  return builder.clone(*definition, captured)->getResult(0);
}

/// Whether all rows change, since a number of the run is not 0 for which they would stay.
Value RowLoops::allRows() {
  Value all = arith::ConstantOp::create(builder, location, builder.getBoolAttr(false));
  for (Value number : zeros) {
    Value value = cloneBody(number);
    Value none = arith::ConstantOp::create(builder, location, builder.getZeroAttr(value.getType()));
    Value other = arith::CmpFOp::create(builder, location, arith::CmpFPredicate::UNE, value, none);
    all = arith::OrIOp::create(builder, location, all, other);
  }
  return all;
}

void RowLoops::updateRows(Value all) {
  // Scalars are loaded in front of the loops.
  for (auto [argument, input] : llvm::zip(op.getBlock()->getArguments(), op.getDpsInputOperands()))
    if (op.getMatchingIndexingMap(input).getNumResults() == 0)
      cloneBody(argument);
  auto loop = scf::ForOp::create(builder, location, index(0), index(rows), index(1));
  builder.setInsertionPointToStart(loop.getBody());
  Value row = loop.getInductionVar(), wasLookedUp = isLookedUp(row);
  auto changes = scf::IfOp::create(
      builder, location, arith::OrIOp::create(builder, location, all, wasLookedUp), false);
  builder.setInsertionPointToStart(changes.thenBlock());
  Value noGradient = zero(element);
  forEachPiece([&](Value piece) {
    IRMapping mapping;
    auto take = [&](Value value) {
      if (!mapping.contains(value))
        mapping.map(value, splat(captured.lookup(value)));
    };
    for (auto [argument, operand, input] :
         llvm::zip(op.getBlock()->getArguments(), op.getDpsInputOperands(), inputs)) {
      if (argument.use_empty())
        continue;
      if (op.getMatchingIndexingMap(operand).getNumResults() == 0) {
        take(argument);
        continue;
      }
      Value value = load(input, {row, piece});
      if (operand == gradientOperand)
        value = arith::SelectOp::create(builder, location, wasLookedUp, value, noGradient);
      mapping.map(argument, value);
    }
    for (Operation &inner : op.getBlock()->without_terminator()) {
      for (Value operand : inner.getOperands())
        if (operand.getParentBlock() != op.getBlock())
          take(operand);
      if (inner.hasTrait<OpTrait::ConstantLike>()) {
        mapping.map(inner.getResult(0), splat(builder.clone(inner)->getResult(0)));
        continue;
      }
      Operation *copy = builder.clone(inner, mapping);
      copy->getResult(0).setType(laneType(inner.getResult(0).getType()));
    }
    for (auto [value, output] :
         llvm::zip_equal(op.getBlock()->getTerminator()->getOperands(), outputs))
      store(mapping.lookup(value), output, {row, piece});
  });
}

void RowLoops::emit() {
  asOne([&] {
    addRows();
    updateRows(allRows());
  });
}

bool FunctionRewriter::rewriteRows(const KernelGroup &group) {
  auto op = dyn_cast<linalg::GenericOp>(group.back());
  if (!op || !op->hasAttr(rowUpdateAttrName))
    return false;
  std::optional<RowUpdate> update = matchRowUpdate(op);
  if (!update || group.size() != 3)
    return false;
  // Rows that are not written must be there already: results replace the old values.
  for (auto [old, result] : llvm::zip_equal(update->old, op.getResults()))
    if (memrefOf(old->get()) != memrefOf(result))
      return false;
  auto fill = cast<linalg::FillOp>(group.front());
  Location location = op.getLoc();
  Value no = arith::ConstantOp::create(kernels, location, kernels.getI8IntegerAttr(0));
  linalg::FillOp::create(kernels, location, no, memrefOf(fill.getResult(0)));
  RowLoops(
      kernels, op, *update, [&](Value tensor) { return memrefOf(tensor); },
      [&](Value scalar) { return scalarOf(scalar); })
      .emit();
  return true;
}

} // namespace nnc
