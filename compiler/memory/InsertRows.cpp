// The part of FunctionRewriter that writes rows of a tensor in place, such as the row of a cache that a
// step of generation computes: the other rows keep their values, and are neither read nor written.
#include "compiler/analysis/KernelNest.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/memory/FunctionRewriter.h"
#include "compiler/memory/RowEmitter.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace nnc {
namespace {

/// An element-wise kernel whose result is another tensor but for `count` rows from `first` on.
struct RowInsertion {
  unsigned dim = 0; // of the rows
  Value first;      // in the body, computed from numbers of the run alone
  int64_t count = 1;
  OpOperand *old = nullptr;
  Value inserted; // in the body: the new element
};

/// The loop whose index a value of the body is.
std::optional<unsigned> loopOf(Value value) {
  while (true) {
    if (auto cast = value.getDefiningOp<arith::IndexCastOp>()) {
      value = cast.getIn();
    } else if (auto apply = value.getDefiningOp<affine::AffineApplyOp>()) {
      auto dim = dyn_cast<AffineDimExpr>(apply.getAffineMap().getResult(0));
      if (!dim)
        return std::nullopt;
      value = apply.getMapOperands()[dim.getPosition()];
    } else if (auto index = value.getDefiningOp<linalg::IndexOp>()) {
      return index.getDim();
    } else {
      return std::nullopt;
    }
  }
}

/// Matches `index - first <predicate> number`, where `first` is a number of the run.
std::optional<int64_t> matchComparison(linalg::GenericOp op, Value condition,
                                       arith::CmpIPredicate predicate, RowInsertion &insertion) {
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  APInt number;
  if (!compare || compare.getPredicate() != predicate ||
      !matchPattern(compare.getRhs(), m_ConstantInt(&number)))
    return std::nullopt;
  auto difference = compare.getLhs().getDefiningOp<arith::SubIOp>();
  std::optional<unsigned> dim = difference ? loopOf(difference.getLhs()) : std::nullopt;
  if (!dim)
    return std::nullopt;
  Value first = difference.getRhs();
  if (!isNumberOfRun(op, first) ||
      (insertion.first && (insertion.first != first || insertion.dim != *dim)))
    return std::nullopt;
  insertion.dim = *dim;
  insertion.first = first;
  return number.getSExtValue();
}

/// Whether the element can be computed at one place: from elements at places of the loops.
bool canCompute(linalg::GenericOp op, Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() != op.getBlock())
      return false;
    OpOperand &operand = op->getOpOperand(argument.getArgNumber());
    return op.isDpsInput(&operand) && isa<RankedTensorType>(operand.get().getType()) &&
           !argument.getType().isInteger(1) &&
           op.getMatchingIndexingMap(&operand).isProjectedPermutation();
  }
  Operation *definition = value.getDefiningOp();
  if (definition->getBlock() != op.getBlock())
    return definition->hasTrait<OpTrait::ConstantLike>();
  if (loopOf(value))
    return true;
  auto extract = dyn_cast<tensor::ExtractOp>(definition);
  if (extract)
    return !value.getType().isInteger(1) &&
           llvm::all_of(extract.getIndices(), [&](Value index) { return canCompute(op, index); });
  return definition->getNumRegions() == 0 && isPure(definition) &&
         llvm::all_of(definition->getOperands(),
                      [&](Value operand) { return canCompute(op, operand); });
}

std::optional<RowInsertion> matchRowInsertion(linalg::GenericOp op) {
  if (op.getNumReductionLoops() != 0 || op->getNumResults() != 1 ||
      !op.getIndexingMapMatchingResult(op->getResult(0)).isIdentity())
    return std::nullopt;
  auto select = op.getBlock()->getTerminator()->getOperand(0).getDefiningOp<arith::SelectOp>();
  auto old = select ? dyn_cast<BlockArgument>(select.getFalseValue()) : BlockArgument();
  if (!old || old.getOwner() != op.getBlock())
    return std::nullopt;
  RowInsertion insertion;
  insertion.old = &op->getOpOperand(old.getArgNumber());
  insertion.inserted = select.getTrueValue();
  if (!op.isDpsInput(insertion.old) || !op.getMatchingIndexingMap(insertion.old).isIdentity() ||
      !canCompute(op, insertion.inserted))
    return std::nullopt;
  Value condition = select.getCondition();
  if (std::optional<int64_t> same =
          matchComparison(op, condition, arith::CmpIPredicate::eq, insertion))
    return *same == 0 ? std::optional(insertion) : std::nullopt;
  auto both = condition.getDefiningOp<arith::AndIOp>();
  if (!both)
    return std::nullopt;
  std::optional<int64_t> low =
      matchComparison(op, both.getLhs(), arith::CmpIPredicate::sge, insertion);
  std::optional<int64_t> high =
      matchComparison(op, both.getRhs(), arith::CmpIPredicate::slt, insertion);
  if (low != 0 || !high)
    return std::nullopt;
  insertion.count = *high;
  return insertion;
}

/// Emits the loops, which run on thread 0.
class InsertionLoops : public RowEmitter {
public:
  InsertionLoops(OpBuilder &builder, linalg::GenericOp op, const RowInsertion &insertion,
                 llvm::function_ref<Value(Value)> memrefOf)
      : RowEmitter(builder, op.getLoc(), elementsAtOnce(op, insertion)), op(op),
        insertion(insertion), memrefOf(memrefOf) {}

  void emit() {
    asOne([&] {
      ArrayRef<int64_t> shape = typeOfResult(op).getShape();
      Value first = arith::IndexCastOp::create(builder, location, builder.getIndexType(),
                                               valueAt(insertion.first, {}));
      Value last = arith::AddIOp::create(builder, location, first, index(insertion.count));
      SmallVector<Value> low(shape.size(), index(0)), high, step(shape.size(), index(1));
      for (int64_t extent : shape)
        high.push_back(index(extent));
      low[insertion.dim] = within(first, high[insertion.dim]);
      high[insertion.dim] = within(last, high[insertion.dim]);
      step.back() = index(lanes());
      buildNest(low, high, step, [&](ValueRange place) {
        known.clear();
        store(valueAt(insertion.inserted, place), memrefOf(op->getResult(0)), place);
      });
    });
  }

private:
  static RankedTensorType typeOfResult(linalg::GenericOp op) {
    return cast<RankedTensorType>(op->getResult(0).getType());
  }

  /// The elements of a row if it is copied: they are consecutive in memory, and nothing is computed
  /// with them. Otherwise 1.
  static int64_t elementsAtOnce(linalg::GenericOp op, const RowInsertion &insertion) {
    const unsigned last = op.getNumLoops() - 1;
    bool isCopied = false;
    if (auto argument = dyn_cast<BlockArgument>(insertion.inserted)) {
      AffineMap map = op.getMatchingIndexingMap(&op->getOpOperand(argument.getArgNumber()));
      isCopied = map.getNumResults() != 0 &&
                 map.getResults().back() == getAffineDimExpr(last, op.getContext());
    } else if (auto extract = insertion.inserted.getDefiningOp<tensor::ExtractOp>()) {
      ValueRange indices = extract.getIndices();
      auto differs = [&](Value index) { return dependsOn(op, index, last); };
      isCopied = !indices.empty() && loopOf(indices.back()) == last &&
                 llvm::none_of(indices.drop_back(), differs);
    }
    return isCopied && insertion.dim != last ? typeOfResult(op).getShape().back() : 1;
  }

  /// Whether a value of the body differs between the steps of a loop.
  static bool dependsOn(linalg::GenericOp op, Value value, unsigned loop) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return op.getMatchingIndexingMap(&op->getOpOperand(argument.getArgNumber()))
          .isFunctionOfDim(loop);
    if (std::optional<unsigned> own = loopOf(value))
      return *own == loop;
    return llvm::any_of(value.getDefiningOp()->getOperands(),
                        [&](Value operand) { return dependsOn(op, operand, loop); });
  }

  /// A number clamped to 0 ... `extent`.
  Value within(Value number, Value extent) {
    number = arith::MaxSIOp::create(builder, location, number, index(0));
    return arith::MinSIOp::create(builder, location, number, extent);
  }

  /// A value of the body at one place of the loops.
  Value valueAt(Value value, ValueRange place) {
    if (Value found = known.lookup(value))
      return found;
    Value result;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      OpOperand &operand = op->getOpOperand(argument.getArgNumber());
      SmallVector<Value> from;
      for (AffineExpr expression : op.getMatchingIndexingMap(&operand).getResults())
        from.push_back(place[cast<AffineDimExpr>(expression).getPosition()]);
      result = loadAt(operand.get(), from, place);
    } else if (std::optional<unsigned> loop = loopOf(value)) {
      result = place[*loop];
      if (!value.getType().isIndex())
        result = arith::IndexCastOp::create(builder, location, value.getType(), result);
    } else if (auto extract = value.getDefiningOp<tensor::ExtractOp>()) {
      SmallVector<Value> from;
      for (Value index : extract.getIndices())
        from.push_back(valueAt(index, place));
      result = loadAt(extract.getTensor(), from, place);
    } else {
      Operation *definition = value.getDefiningOp();
      IRMapping operands;
      for (Value operand : definition->getOperands())
        operands.map(operand, valueAt(operand, place));
      result = builder.clone(*definition, operands)->getResult(0);
    }
    return known[value] = result;
  }

  /// Several elements if the last index is that of the innermost loop.
  Value loadAt(Value tensor, ValueRange from, ValueRange place) {
    Value memref = memrefOf(tensor);
    if (!from.empty() && from.back() == place.back())
      return load(memref, from);
    return memref::LoadOp::create(builder, location, memref, from);
  }

  linalg::GenericOp op;
  const RowInsertion &insertion;
  llvm::function_ref<Value(Value)> memrefOf;
  llvm::DenseMap<Value, Value> known; // by value of the body
};

} // namespace

bool FunctionRewriter::rewriteInsertedRows(const KernelGroup &group) {
  auto op = dyn_cast<linalg::GenericOp>(group.back());
  if (!op || group.size() != 1 || op->hasAttr(loopAttrName))
    return false;
  std::optional<RowInsertion> insertion = matchRowInsertion(op);
  // The other rows must be there already.
  if (!insertion || memrefOf(insertion->old->get()) != memrefOf(op->getResult(0)))
    return false;
  InsertionLoops(kernels, op, *insertion, [&](Value tensor) { return memrefOf(tensor); }).emit();
  return true;
}

} // namespace nnc
