// The pass fuse-elementwise: it decides for each operand whether its producer joins the kernel
// that reads it, and rewrites both.
#include "compiler/analysis/AttentionKernel.h"
#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/fusion/FusionRemarks.h"
#include "compiler/kernels/nest/KernelPlan.h"
#include "compiler/passes/Passes.h"
#include "compiler/analysis/Recomputed.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "compiler/passes/Passes.h.inc"

namespace {

/// How a producer becomes part of its consumer, or why they stay two kernels.
struct Decision {
  FusionObstacle obstacle = FusionObstacle::None;
  FusionKind kind = FusionKind::OnlyReader;

  Decision(FusionObstacle obstacle) : obstacle(obstacle) {}
  Decision(FusionKind kind) : kind(kind) {}
};

} // namespace

/// Cycles per element, by the figures that kernels are planned with. `byRows`: work that does not depend
/// on the innermost loops is done outside of them, so that many elements share it. An integer that follows
/// from numbers of the run, such as a position, is computed in front of all loops.
static double elementCycles(linalg::GenericOp op, bool byRows) {
  const SmallVector<int64_t> extents = op.getStaticLoopRanges();
  // The number of outer loops around each value's computation.
  DenseMap<Value, unsigned> depths;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    unsigned &depth = depths[op.getMatchingBlockArgument(&operand)];
    for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
      if (map.isFunctionOfDim(loop))
        depth = loop + 1;
  }
  double cycles = 0;
  for (Operation &operation : op.getBody()->without_terminator()) {
    auto index = dyn_cast<linalg::IndexOp>(operation);
    unsigned depth = index ? index.getDim() + 1 : 0;
    for (Value operand : operation.getOperands())
      depth = std::max(depth, depths.lookup(operand));
    for (Value result : operation.getResults())
      depths[result] = depth;
    if (isa<linalg::IndexOp, affine::AffineApplyOp, arith::IndexCastOp>(operation))
      continue;
    double ofOperation = isa<tensor::ExtractOp>(operation) ? 4 : operationCycles(&operation, 1);
    if (depth == 0 &&
        llvm::all_of(operation.getResultTypes(), [](Type type) { return type.isInteger(); }))
      continue;
    for (int64_t extent : ArrayRef(extents).drop_front(byRows ? depth : extents.size()))
      ofOperation /= static_cast<double>(std::max<int64_t>(extent, 1));
    cycles += ofOperation;
  }
  return cycles;
}

/// Whether the consumer goes through the operand row by row, so that work for a row is done once: not
/// where it sums over an outer dimension for each of an inner one.
static bool readsRowByRow(linalg::GenericOp consumer, OpOperand &operand) {
  SmallVector<utils::IteratorType> loops = consumer.getIteratorTypesArray();
  bool isSummed = false;
  for (AffineExpr place : consumer.getMatchingIndexingMap(&operand).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(place);
    const bool isReduction = dim && loops[dim.getPosition()] == utils::IteratorType::reduction;
    if (isSummed && !isReduction)
      return false;
    isSummed |= isReduction;
  }
  return true;
}

static bool onlyMoves(linalg::GenericOp op) { return op.getBody()->without_terminator().empty(); }

/// Whether a kernel takes in moves of its operands alone: reads them in another order.
static bool readsMovesOnly(linalg::GenericOp op) { return isContraction(op) || isAttention(op); }

/// Computed on the tiles of a contraction, at next to no cost.
static bool isComputedOnTiles(linalg::GenericOp op) {
  return llvm::any_of(op.getDpsInputs(), [&](Value input) {
    auto contraction = input.getDefiningOp<linalg::GenericOp>();
    return contraction && isEpilogue(contraction, op);
  });
}

/// How often each element of the operand would be computed: once, unless loops that it does not
/// depend on enclose those that it does. Work that depends on outer loops alone is done there.
static bool computedOnce(linalg::GenericOp consumer, OpOperand &operand) {
  AffineMap map = consumer.getMatchingIndexingMap(&operand);
  SmallVector<int64_t> extents = consumer.getStaticLoopRanges();
  bool missing = false;
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
    if (!map.isFunctionOfDim(dim))
      missing |= extents[dim] != 1;
    else if (missing)
      return false;
  }
  return true;
}

static int64_t elements(Value tensor) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  return type ? type.getNumElements() : 1;
}

/// Nothing in the consumer, or between it and the users of the producer's result, is out of order
/// if both become one.
static bool othersComeLater(linalg::GenericOp producer, linalg::GenericOp consumer) {
  for (Operation *user : producer->getUsers()) {
    // A captured tensor is read at any place, when all of it is there.
    Operation *inBlock = consumer->getBlock()->findAncestorOpInBlock(*user);
    if (inBlock == consumer ? user != consumer : inBlock->isBeforeInBlock(consumer))
      return false;
  }
  return true;
}

/// The producer's iteration whose result each iteration of the consumer reads.
static AffineMap iterationRead(linalg::GenericOp consumer, OpOperand &operand) {
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  AffineMap written = producer.getIndexingMapMatchingResult(cast<OpResult>(operand.get()));
  return inversePermutation(written).compose(consumer.getMatchingIndexingMap(&operand));
}

/// Whether each iteration of the consumer reads one iteration of the producer, whose loops become
/// the consumer's.
static bool readsInOneWay(linalg::GenericOp consumer, linalg::GenericOp producer) {
  AffineMap iteration;
  for (OpOperand &operand : consumer->getOpOperands()) {
    if (operand.get().getDefiningOp() != producer)
      continue;
    if (!producer.getIndexingMapMatchingResult(cast<OpResult>(operand.get())).isPermutation())
      return false;
    AffineMap read = iterationRead(consumer, operand);
    if (iteration && read != iteration)
      return false;
    iteration = read;
  }
  return true;
}

/// The kernel whose result the operand is; null if there is none in the consumer's block.
static linalg::GenericOp producerOf(linalg::GenericOp consumer, OpOperand &operand) {
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  return producer && producer->getBlock() == consumer->getBlock() ? producer : linalg::GenericOp();
}

static Decision decide(linalg::GenericOp consumer, OpOperand &operand) {
  linalg::GenericOp producer = producerOf(consumer, operand);
  if (producer.getNumReductionLoops() != 0)
    return FusionObstacle::Reduction;
  if (!consumer.isDpsInput(&operand))
    return FusionObstacle::Destination;
  if (!producer.getIndexingMapMatchingResult(cast<OpResult>(operand.get())).isPermutation())
    return FusionObstacle::ComputedPlace;
  // Captured tensors are read element by element; no map says where.
  bool single = operand.get().hasOneUse() && producer->getNumResults() == 1;

  AffineMap read = consumer.getMatchingIndexingMap(&operand);
  // foldMove makes moves part of a contraction's operand.
  if (readsMovesOnly(consumer))
    return FusionObstacle::Contraction;
  // Readers of windows compose with them; the operand of windows is computed, and put in order,
  // once.
  if (onlyMoves(consumer) && readsWindows(read))
    return FusionObstacle::Windows;
  double cycles = elementCycles(producer, readsRowByRow(consumer, operand));
  if (cycles + elementCycles(consumer, /*byRows=*/true) > maximumElementCycles ||
      producer->getNumOperands() + consumer->getNumOperands() > maximumOperands)
    return FusionObstacle::Size;
  bool cheap = cycles <= 2;
  if (!cheap && !computedOnce(consumer, operand))
    return FusionObstacle::Repeated;
  if (single)
    return FusionKind::OnlyReader;

  // Computing twice pays if reading the producer's operands costs no more than reading its result.
  int64_t size = elements(operand.get()), large = 0;
  for (Value input : producer.getDpsInputs())
    large += elements(input) == size && size > 1;
  bool light =
      (large == 0 ? cycles <= 16 : cycles <= 6 && large <= 1) && producer->getNumResults() == 1;
  bool onTiles = isComputedOnTiles(producer);
  bool searches = producer.getBody()
                      ->walk([](tensor::ExtractOp) { return WalkResult::interrupt(); })
                      .wasInterrupted();
  if (light && !onTiles && !searches)
    return FusionKind::ComputedAgain;
  if (consumer.getNumReductionLoops() == 0 && read.isPermutation() &&
      consumer.getStaticLoopRanges() == producer.getStaticLoopRanges() &&
      readsInOneWay(consumer, producer))
    return othersComeLater(producer, consumer) ? Decision(FusionKind::SeveralResults)
                                               : FusionObstacle::Order;
  return !light    ? FusionObstacle::Readers
         : onTiles ? FusionObstacle::Tiles
                   : FusionObstacle::Searches;
}

/// Whether no element is read more often than windows overlap: nothing is broadcast.
static bool readsEveryLoop(AffineMap map) {
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
    if (!map.isFunctionOfDim(dim))
      return false;
  return true;
}

/// Runs through a summed loop from its end where that makes a reversed operand a plain one: the
/// other operands' maps then say so, and every loop still has its extent from somewhere.
static void reverseLoops(linalg::GenericOp contraction, MutableArrayRef<AffineMap> maps) {
  MLIRContext *context = contraction.getContext();
  SmallVector<int64_t> extents = contraction.getStaticLoopRanges();
  for (auto [loop, iterator] : llvm::enumerate(contraction.getIteratorTypesArray())) {
    AffineExpr dim = getAffineDimExpr(loop, context),
               last = getAffineConstantExpr(extents[loop] - 1, context);
    auto isReversed = [&](AffineExpr position) {
      return simplifyAffineExpr(position + dim, maps[0].getNumDims(), 0) == last;
    };
    if (iterator != utils::IteratorType::reduction || llvm::none_of(maps, [&](AffineMap map) {
          return llvm::any_of(map.getResults(), isReversed);
        }))
      continue;
    for (AffineMap &map : maps)
      map = simplifyAffineMap(map.replace(dim, last - dim, map.getNumDims(), 0));
  }
}

/// The operand that `move` copies, if it does nothing else and its result lies in the order of its
/// loops; else null.
static OpOperand *movedOperand(linalg::GenericOp move) {
  if (!move || !onlyMoves(move) || move.getNumResults() != 1)
    return nullptr;
  auto moved = dyn_cast<BlockArgument>(move.getBody()->getTerminator()->getOperand(0));
  if (!moved || moved.getOwner() != move.getBody())
    return nullptr;
  OpOperand &source = move->getOpOperand(moved.getArgNumber());
  AffineMap written = move.getIndexingMapMatchingResult(move->getResult(0));
  return move.isDpsInput(&source) && written.isIdentity() ? &source : nullptr;
}

/// Sets `maps` to those by which the contraction would read the operand of the move that produces
/// `operand`; else returns the obstacle.
static FusionObstacle composeMove(linalg::GenericOp contraction, OpOperand &operand,
                                  SmallVectorImpl<AffineMap> &maps) {
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  OpOperand *source = movedOperand(producer);
  if (!source)
    return FusionObstacle::Contraction;
  AffineMap map = producer.getMatchingIndexingMap(source);
  if (!readsEveryLoop(map))
    return FusionObstacle::Broadcast;
  maps = contraction.getIndexingMapsArray();
  AffineMap &read = maps[operand.getOperandNumber()];
  // Elements under windows are read many times: putting them in the order that is asked for pays.
  if (readsWindows(read) && map.isPermutation() &&
      map.getResults().back() != getAffineDimExpr(map.getNumDims() - 1, map.getContext()))
    return FusionObstacle::MoveOrder;
  read = map.compose(read);
  // The block of an attention reads the indices of its loops, which keep their directions.
  if (isAttention(contraction))
    return read.isProjectedPermutation() ? FusionObstacle::None : FusionObstacle::Contraction;
  reverseLoops(contraction, maps);
  return inversePermutation(concatAffineMaps(maps, map.getContext())) ? FusionObstacle::None
                                                                      : FusionObstacle::LoopExtents;
}

/// Lets a contraction read the operand of a permutation, reversal or windows directly, by index
/// arithmetic in the kernel. Null if there is no such operand.
static linalg::GenericOp foldMove(IRRewriter &rewriter, linalg::GenericOp contraction,
                                  FusionRemarks &remarks) {
  for (OpOperand *operand : contraction.getDpsInputOperands()) {
    linalg::GenericOp producer = producerOf(contraction, *operand);
    SmallVector<AffineMap> maps;
    if (!producer || composeMove(contraction, *operand, maps) != FusionObstacle::None)
      continue;
    remarks.recordMove(producer, contraction);
    rewriter.modifyOpInPlace(contraction, [&] {
      operand->set(movedOperand(producer)->get());
      contraction.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    if (producer->use_empty())
      rewriter.eraseOp(producer);
    return contraction;
  }
  return {};
}

/// The maps by which `consumer` would read the inputs of the producer of `operand`.
static SmallVector<AffineMap> mapsAfterFusion(linalg::GenericOp consumer, OpOperand &operand) {
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  AffineMap loops = iterationRead(consumer, operand);
  SmallVector<AffineMap> maps;
  for (OpOperand &other : consumer->getOpOperands())
    if (&other != &operand)
      maps.push_back(consumer.getMatchingIndexingMap(&other));
  for (OpOperand *input : producer.getDpsInputOperands())
    maps.push_back(producer.getMatchingIndexingMap(input).compose(loops));
  return maps;
}

/// Replaces `op` by one with other inputs; the caller makes the arguments of its body agree.
static linalg::GenericOp withInputs(IRRewriter &rewriter, linalg::GenericOp op, ValueRange inputs,
                                    ArrayRef<AffineMap> maps) {
  rewriter.setInsertionPoint(op);
  auto replaced = linalg::GenericOp::create(rewriter, op.getLoc(), op.getResultTypes(), inputs,
                                            op.getDpsInits(), maps, op.getIteratorTypesArray());
  replaced->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  replaced.getRegion().takeBody(op.getRegion());
  rewriter.replaceOp(op, replaced);
  return replaced;
}

/// `op` with one more input, which its body does not read: the input's shape gives the extents of
/// those loops that none of `maps` runs through alone.
static linalg::GenericOp addLoopExtents(IRRewriter &rewriter, linalg::GenericOp op,
                                        ArrayRef<AffineMap> maps) {
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> dims;
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  for (auto [loop, extent] : llvm::enumerate(extents)) {
    AffineExpr dim = rewriter.getAffineDimExpr(loop);
    if (llvm::any_of(maps,
                     [&](AffineMap map) { return llvm::is_contained(map.getResults(), dim); }))
      continue;
    dims.push_back(dim);
    shape.push_back(extent);
  }
  rewriter.setInsertionPoint(op);
  SmallVector<Value> inputs = op.getDpsInputs();
  inputs.push_back(tensor::EmptyOp::create(rewriter, op.getLoc(), shape, rewriter.getI8Type()));
  const unsigned position = op.getNumDpsInputs();
  SmallVector<AffineMap> own = op.getIndexingMapsArray();
  own.insert(own.begin() + position,
             AffineMap::get(extents.size(), 0, dims, rewriter.getContext()));
  linalg::GenericOp extended = withInputs(rewriter, op, inputs, own);
  extended.getBody()->insertArgument(position, rewriter.getI8Type(), extended.getLoc());
  return extended;
}

/// Reads each input once that the kernel reads twice in the same way, and merges the operations
/// that become equal. Fusion brings the inputs of both kernels: a producer that stays among them
/// twice would be taken in twice, and so would its own producers, a number of times exponential in
/// the length of the chain. Returns the kernel that takes the place of `op`.
static linalg::GenericOp mergeEqualParts(IRRewriter &rewriter, linalg::GenericOp op) {
  // The generators tell operands apart by their number.
  if (readsMovesOnly(op))
    return op;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  DenseMap<std::pair<Value, AffineMap>, BlockArgument> known;
  llvm::BitVector dropped(op->getNumOperands());
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    BlockArgument argument = op.getMatchingBlockArgument(input);
    auto [found, isNew] = known.try_emplace({input->get(), map}, argument);
    if (isNew) {
      inputs.push_back(input->get());
      maps.push_back(map);
      continue;
    }
    rewriter.replaceAllUsesWith(argument, found->second);
    dropped.set(argument.getArgNumber());
  }
  // Without an input in common the two bodies have nothing in common.
  if (dropped.none())
    return op;
  for (OpOperand &output : op.getDpsInitsMutable())
    maps.push_back(op.getMatchingIndexingMap(&output));
  op = withInputs(rewriter, op, inputs, maps);
  op.getBody()->eraseArguments(dropped);
  DominanceInfo dominance(op);
  eliminateCommonSubExpressions(rewriter, dominance, op);
  return op;
}

/// Makes the kernel that the operand reads part of the one that reads it; null where upstream
/// refuses.
static linalg::GenericOp join(IRRewriter &rewriter, OpOperand &operand, FusionKind kind,
                              FusionRemarks &remarks) {
  auto consumer = cast<linalg::GenericOp>(operand.getOwner());
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  linalg::GenericOp original = producer;
  rewriter.setInsertionPoint(consumer);
  if (kind == FusionKind::ComputedAgain) {
    Operation *copy = rewriter.clone(*producer);
    operand.set(copy->getResult(cast<OpResult>(operand.get()).getResultNumber()));
    producer = cast<linalg::GenericOp>(copy);
  }
  FailureOr<linalg::ElementwiseOpFusionResult> fused =
      linalg::fuseElementwiseOps(rewriter, &operand);
  if (failed(fused))
    return {};
  // A recomputed consumer must stay apart from its original, so it keeps the mark. A consumer in
  // the backward pass that takes in a recomputed producer has no equal in the forward pass and
  // needs no mark.
  if (Attribute recomputed = consumer->getAttr(recomputedAttrName))
    fused->fusedOp->setAttr(recomputedAttrName, recomputed);
  remarks.recordFusion(original, consumer, cast<linalg::GenericOp>(fused->fusedOp), kind);
  // A consumer that reads the producer through several operands goes on reading it: never itself.
  for (auto [old, value] : fused->replacements)
    rewriter.replaceUsesWithIf(old, value,
                               [&](OpOperand &use) { return use.getOwner() != fused->fusedOp; });
  rewriter.eraseOp(consumer);
  if (producer != original)
    rewriter.eraseOp(producer);
  return mergeEqualParts(rewriter, cast<linalg::GenericOp>(fused->fusedOp));
}

/// The first operand of `consumer` that reads a result of `producer` and can be fused; null if
/// there is none.
static OpOperand *operandFrom(linalg::GenericOp consumer, linalg::GenericOp producer) {
  for (OpOperand *input : consumer.getDpsInputOperands())
    if (input->get().getDefiningOp() == producer && linalg::areElementwiseOpsFusable(input))
      return input;
  return nullptr;
}

/// Fuses one producer into `consumer` and returns the kernel that takes its place; null if none
/// fits.
static linalg::GenericOp fuseOne(IRRewriter &rewriter, linalg::GenericOp consumer,
                                 FusionRemarks &remarks) {
  if (readsMovesOnly(consumer))
    return foldMove(rewriter, consumer, remarks);
  for (OpOperand *operand : consumer.getDpsInputOperands()) {
    linalg::GenericOp producer = producerOf(consumer, *operand);
    if (!producer)
      continue;
    Decision decision = decide(consumer, *operand);
    if (decision.obstacle != FusionObstacle::None)
      continue;
    // Upstream refuses where no operand would be left that says how often a loop runs.
    if (SmallVector<AffineMap> maps = mapsAfterFusion(consumer, *operand);
        !inversePermutation(concatAffineMaps(maps, rewriter.getContext())))
      return addLoopExtents(rewriter, consumer, maps);
    if (!linalg::areElementwiseOpsFusable(operand))
      continue;
    linalg::GenericOp fused = join(rewriter, *operand, decision.kind, remarks);
    if (!fused)
      continue;
    // The kernel computes by now what else it reads of the producer: joined again, the two
    // computations are merged, and nothing is read.
    while (OpOperand *again = decision.kind == FusionKind::ComputedAgain
                                  ? nullptr
                                  : operandFrom(fused, producer)) {
      linalg::GenericOp merged = join(rewriter, *again, decision.kind, remarks);
      if (!merged)
        break;
      fused = merged;
    }
    if (producer->use_empty())
      rewriter.eraseOp(producer);
    return fused;
  }
  return {};
}

/// Why the operand's producer has stayed a kernel of its own.
static FusionObstacle whyKept(linalg::GenericOp consumer, OpOperand &operand) {
  Decision decision = decide(consumer, operand);
  SmallVector<AffineMap> maps;
  if (decision.obstacle == FusionObstacle::Contraction)
    return composeMove(consumer, operand, maps);
  // Without an obstacle of ours, upstream has refused.
  return decision.obstacle == FusionObstacle::None ? FusionObstacle::Unsupported
                                                   : decision.obstacle;
}

namespace {

/// Makes the terminator use all results of attentions for a while. Upstream's patterns drop results
/// without a use, but those of an attention are told apart by their numbers.
class UsedResults {
public:
  explicit UsedResults(Operation *function)
      : terminator(function->getRegion(0).front().getTerminator()),
        returned(terminator->getNumOperands()) {
    for (Operation &op : *terminator->getBlock())
      if (isAttention(&op))
        terminator->insertOperands(terminator->getNumOperands(), op.getResults());
  }
  void release() { terminator->eraseOperands(returned, terminator->getNumOperands() - returned); }

private:
  Operation *terminator;
  unsigned returned; // operands of its own
};

struct FuseElementwisePass : impl::FuseElementwiseBase<FuseElementwisePass> {
  void runOnOperation() override {
    // Upstream's patterns fold splat constants into bodies and drop destinations that are not read;
    // which kernels become one is decided here.
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, [](OpOperand *) { return false; });
    RecomputedListener recomputed;
    UsedResults used(getOperation());
    GreedyRewriteConfig config;
    config.setListener(&recomputed);
    // Every region has one block.
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    used.release();

    // Producers first: by the time a consumer is looked at, its operands are as fused as they get.
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::GenericOp> worklist;
    getOperation()->walk([&](linalg::GenericOp op) { worklist.push_back(op); });
    FusionRemarks remarks(getOperation());
    DenseSet<Operation *> erased;
    struct Listener : RewriterBase::Listener {
      DenseSet<Operation *> &erased;
      FusionRemarks &remarks;
      Listener(DenseSet<Operation *> &erased, FusionRemarks &remarks)
          : erased(erased), remarks(remarks) {}
      // For good: an operation created at the address of an erased one is not in the worklist.
      void notifyOperationErased(Operation *operation) override {
        erased.insert(operation);
        remarks.forget(operation);
      }
      void notifyOperationReplaced(Operation *operation, Operation *replacement) override {
        remarks.recordReplacement(operation, replacement);
      }
      void notifyOperationReplaced(Operation *operation, ValueRange replacement) override {
        remarks.recordReplacement(operation, replacement.front().getDefiningOp());
      }
    } listener(erased, remarks);
    rewriter.setListener(&listener);
    for (linalg::GenericOp op : worklist) {
      if (erased.contains(op))
        continue;
      op = mergeEqualParts(rewriter, op);
      while (linalg::GenericOp fused = fuseOne(rewriter, op, remarks))
        op = fused;
    }
    remarks.emit(whyKept, [](linalg::GenericOp op) { return elementCycles(op, /*byRows=*/true); });
  }
};

} // namespace
} // namespace nnc
