// The pass split-reductions: it chooses the loop to split and the number of pieces, and builds the
// partial results and their combination.
#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/kernels/nest/KernelPlan.h"
#include "compiler/conversion/NNToLinalg.h"
#include "compiler/passes/Passes.h"
#include "compiler/analysis/Recomputed.h"

#include <limits>

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_SPLITREDUCTIONS
#include "compiler/passes/Passes.h.inc"

/// Pieces that a reduction is split into, at most, and at least for it to be worth it. They depend
/// on the shape alone, so that the order of summation does not depend on the number of threads.
static constexpr int64_t mostPieces = 64, leastPieces = 8;
/// Results that are enough to occupy the threads without splitting the work on each: as rows, each
/// of which a thread sums alone, and as the lanes of vectors.
static constexpr int64_t enoughRows = 16, enoughLanes = 256;

/// The same for contractions, and how many elements of either operand they read for each partial
/// result.
static constexpr int64_t mostContractionPieces = 16, readsPerPartialResult = 12;

namespace {

/// The loop to split and into how many pieces.
struct Split {
  unsigned loop;
  int64_t pieces;
};

} // namespace

/// Whether vectors will run along a summed loop: the one that is contiguous in the first input.
static bool sumsAlongLanes(linalg::GenericOp op) {
  AffineMap map = op.getIndexingMapsArray().front();
  if (map.getNumResults() == 0)
    return true;
  unsigned loop = cast<AffineDimExpr>(map.getResults().back()).getPosition();
  return op.getIteratorTypesArray()[loop] == utils::IteratorType::reduction;
}

static std::optional<Split> chooseSplit(linalg::GenericOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  int64_t results = 1, reduced = 1;
  for (auto [extent, iterator] : llvm::zip(extents, op.getIteratorTypesArray()))
    (iterator == utils::IteratorType::parallel ? results : reduced) *= extent;
  double cycles = double(results) * reduced / 16 * 2;
  if (results >= (sumsAlongLanes(op) ? enoughRows : enoughLanes) ||
      cycles < 4 * TargetDescription::leastSharedCycles)
    return std::nullopt;
  // Pieces of the first summed loop are the furthest apart in memory.
  for (auto [loop, iterator] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (iterator != utils::IteratorType::reduction)
      continue;
    for (int64_t pieces = mostPieces; pieces >= leastPieces; --pieces)
      if (extents[loop] % pieces == 0)
        return Split{unsigned(loop), pieces};
  }
  return std::nullopt;
}

/// The same for a contraction with few results for the bytes that it reads, such as the gradient of
/// a convolution by its weights: threads that share the results all read both operands, and threads
/// that share the sums read elements that they have computed themselves.
static std::optional<Split> chooseContractionSplit(linalg::GenericOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  int64_t products = 1, results = 1, read = std::numeric_limits<int64_t>::max();
  for (auto [extent, iterator] : llvm::zip(extents, op.getIteratorTypesArray())) {
    products *= extent;
    if (iterator == utils::IteratorType::parallel)
      results *= extent;
  }
  for (Value input : op.getDpsInputs())
    read = std::min(read, cast<RankedTensorType>(input.getType()).getNumElements());
  if (static_cast<double>(products) / 32 < 16 * TargetDescription::leastSharedCycles)
    return std::nullopt;
  for (auto [loop, iterator] : llvm::enumerate(op.getIteratorTypesArray())) {
    // One operand has the loop as a dim of its own.
    auto isDim = [&](AffineMap map) {
      return llvm::is_contained(map.getResults(), getAffineDimExpr(loop, op.getContext()));
    };
    if (iterator != utils::IteratorType::reduction || extents[loop] == 1 ||
        llvm::none_of(op.getIndexingMapsArray(), isDim))
      continue;
    // An even number, since two threads are the least that share.
    for (int64_t pieces = mostContractionPieces; pieces >= 2; pieces -= 2)
      if (extents[loop] % pieces == 0 && results * pieces * readsPerPartialResult <= read)
        return Split{unsigned(loop), pieces};
    return std::nullopt;
  }
  return std::nullopt;
}

/// Every operand is read through dims alone, and every output accumulated by an operation with a
/// neutral element.
static bool canSplit(linalg::GenericOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1 || op.hasIndexSemantics() ||
      !llvm::all_of(op.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return false;
  Operation *combiner = op.getBody()->getTerminator()->getOperand(0).getDefiningOp();
  Value old = op.getBody()->getArguments().back();
  return combiner && combiner->getNumOperands() == 2 && old.hasOneUse() &&
         llvm::is_contained(combiner->getOperands(), old) && arith::getNeutralElement(combiner);
}

/// Dim `dim` becomes two: the number of the piece, and the index in the piece.
static Value splitDim(OpBuilder &builder, Location location, Value tensor, unsigned dim,
                      int64_t pieces) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] /= pieces;
  shape.insert(shape.begin() + dim, pieces);
  SmallVector<ReassociationIndices> groups(type.getRank());
  int64_t next = 0;
  for (unsigned i = 0; i < groups.size(); ++i)
    for (int64_t count = i == dim ? 2 : 1; count > 0; --count)
      groups[i].push_back(next++);
  return tensor::ExpandShapeOp::create(builder, location, type.clone(shape), tensor, groups);
}

/// Partial results, one more dim in front of the result's, then their combination into the op's
/// initial value.
static void split(IRRewriter &rewriter, linalg::GenericOp op, Split split) {
  Location location = op.getLoc();
  MLIRContext *context = op.getContext();
  rewriter.setInsertionPoint(op);
  unsigned loops = op.getNumLoops();
  // Old loop i is new loop i, but the split loop is the piece's number, and a loop in the piece
  // comes last.
  const AffineExpr oldLoop = getAffineDimExpr(split.loop, context),
                   inPiece = getAffineDimExpr(loops, context);
  const AffineExpr step = oldLoop * (op.getStaticLoopRanges()[split.loop] / split.pieces) + inPiece;
  SmallVector<AffineMap> maps;
  SmallVector<Value> inputs;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    SmallVector<AffineExpr> positions;
    Value tensor = input->get();
    for (auto [dim, position] : llvm::enumerate(map.getResults())) {
      if (position == oldLoop) {
        positions.append({oldLoop, inPiece});
        tensor = splitDim(rewriter, location, tensor, dim, split.pieces);
      } else {
        positions.push_back(position.replace(oldLoop, step));
      }
    }
    maps.push_back(AffineMap::get(loops + 1, 0, positions, context));
    inputs.push_back(tensor);
  }
  OpOperand &init = op.getDpsInitsMutable()[0];
  auto type = cast<RankedTensorType>(init.get().getType());
  SmallVector<AffineExpr> written{getAffineDimExpr(split.loop, context)};
  llvm::append_range(written, op.getMatchingIndexingMap(&init).getResults());
  maps.push_back(AffineMap::get(loops + 1, 0, written, context));
  SmallVector<int64_t> partialShape{split.pieces};
  llvm::append_range(partialShape, type.getShape());
  auto partialType = type.clone(partialShape);
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  iterators[split.loop] = utils::IteratorType::parallel;
  iterators.push_back(utils::IteratorType::reduction);

  Operation *combiner = op.getBody()->getTerminator()->getOperand(0).getDefiningOp();
  Value start = buildFilled(rewriter, location, partialType, *arith::getNeutralElement(combiner));
  auto partial = linalg::GenericOp::create(rewriter, location, TypeRange{partialType}, inputs,
                                           ValueRange{start}, maps, iterators);
  rewriter.cloneRegionBefore(op.getRegion(), partial.getRegion(), partial.getRegion().begin());

  int64_t rank = partialType.getRank();
  AffineMap all = rewriter.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> finalIterators(rank, utils::IteratorType::parallel);
  finalIterators[0] = utils::IteratorType::reduction;
  auto whole = linalg::GenericOp::create(
      rewriter, location, TypeRange{type}, ValueRange{partial.getResult(0)}, ValueRange{init.get()},
      ArrayRef<AffineMap>{all, all.dropResult(0)}, finalIterators,
      [&](OpBuilder &builder, Location inner, ValueRange arguments) {
        OperationState state(inner, combiner->getName(), {arguments[1], arguments[0]},
                             {type.getElementType()}, combiner->getAttrs());
        linalg::YieldOp::create(builder, inner, builder.create(state)->getResult(0));
      });
  rewriter.replaceOp(op, whole.getResults());
}

namespace {

struct SplitReductionsPass : impl::SplitReductionsBase<SplitReductionsPass> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> worklist;
    getOperation()->walk([&](linalg::GenericOp op) { worklist.push_back(op); });
    RecomputedListener recomputed;
    IRRewriter rewriter(&getContext(), &recomputed);
    for (linalg::GenericOp op : worklist)
      if (std::optional<Split> choice = isContraction(op) ? chooseContractionSplit(op)
                                        : canSplit(op)    ? chooseSplit(op)
                                                          : std::nullopt)
        split(rewriter, op, *choice);
  }
};

} // namespace
} // namespace nnc
