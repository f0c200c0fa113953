// nn-simplify: canonicalisation, CSE, and patterns that move work to smaller tensors.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Passes.h"
#include "compiler/transforms/Patterns.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

namespace nnc {
#define GEN_PASS_DEF_SIMPLIFY
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

/// Applies an element-wise operation whose operands are broadcasts of one kind, or constants with
/// equal elements, to their sources.
struct SinkBroadcast : OpTraitRewritePattern<OpTrait::Elementwise> {
  using OpTraitRewritePattern::OpTraitRewritePattern;

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_present<NNDialect>(op->getDialect()) || op->getNumResults() != 1)
      return failure();
    BroadcastOp model;
    for (Value operand : op->getOperands()) {
      auto broadcast = operand.getDefiningOp<BroadcastOp>();
      if (!broadcast) {
        if (!matchSplat(operand))
          return failure();
        continue;
      }
      if (model &&
          (model.getDims() != broadcast.getDims() ||
           model.getOperand().getType().getShape() != broadcast.getOperand().getType().getShape()))
        return failure();
      model = broadcast;
    }
    if (!model)
      return failure();

    ArrayRef<int64_t> shape = model.getOperand().getType().getShape();
    OperationState state(op->getLoc(), op->getName());
    for (Value operand : op->getOperands()) {
      if (auto broadcast = operand.getDefiningOp<BroadcastOp>())
        state.operands.push_back(broadcast.getOperand());
      else
        state.operands.push_back(buildSplat(rewriter, operand.getLoc(),
                                            cast<RankedTensorType>(operand.getType()).clone(shape),
                                            *matchSplat(operand)));
    }
    state.addAttributes(op->getAttrs());
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    state.addTypes(type.clone(shape));
    Value small = rewriter.create(state)->getResult(0);
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, type, small, model.getDims());
    return success();
  }
};

/// Reduces the source of a broadcast. A sum over repetitions is a multiple; a maximum or minimum of
/// equal elements is that element.
template <typename Op> struct ReduceBroadcast : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    auto broadcast = op.getOperand().template getDefiningOp<BroadcastOp>();
    if (!broadcast)
      return failure();
    Location location = withoutName(op.getLoc());
    int64_t repetitions = 1;
    for (int64_t dim : op.getDims())
      if (!llvm::is_contained(broadcast.getDims(), dim))
        repetitions *= broadcast.getType().getDimSize(dim);

    // Dimensions of the source that are reduced, and where the others go in the result.
    SmallVector<int64_t> kept = otherDims(op.getDims(), broadcast.getType().getRank());
    SmallVector<int64_t> sourceDims, resultDims;
    for (auto [i, dim] : llvm::enumerate(broadcast.getDims())) {
      if (llvm::is_contained(op.getDims(), dim))
        sourceDims.push_back(i);
      else
        resultDims.push_back(llvm::find(kept, dim) - kept.begin());
    }
    Value value = Op::create(rewriter, location, broadcast.getOperand(), sourceDims);
    if (std::is_same_v<Op, ReduceSumOp> && repetitions != 1) {
      Term sum(rewriter, location, value);
      value = sum * static_cast<double>(repetitions);
    }
    rewriter.replaceOp(op, buildBroadcast(rewriter, location, value, resultDims, op.getType()));
    return success();
  }
};

/// A sum of products with a broadcast factor is a contraction: the broadcast need not be made.
struct SumOfProduct : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceSumOp op, PatternRewriter &rewriter) const override {
    auto product = op.getOperand().getDefiningOp<MulOp>();
    if (!product || !isa<FloatType>(op.getType().getElementType()) ||
        !(product.getLhs().getDefiningOp<BroadcastOp>() ||
          product.getRhs().getDefiningOp<BroadcastOp>()))
      return failure();
    int64_t rank = product.getType().getRank();
    SmallVector<int64_t> labels = consecutiveDims(rank);
    rewriter.replaceOpWithNewOp<ContractOp>(op, product.getLhs(), product.getRhs(), labels, labels,
                                            otherDims(op.getDims(), rank));
    return success();
  }
};

/// Whether both factors of a contraction have all of these dimensions of its result.
bool bothFactorsHave(ContractOp product, ArrayRef<int64_t> dims) {
  return llvm::all_of(dims, [&](int64_t dim) {
    int64_t label = product.getResultLabels()[dim];
    return llvm::is_contained(product.getLhsLabels(), label) &&
           llvm::is_contained(product.getRhsLabels(), label);
  });
}

/// A sum over dimensions that both factors of a contraction have is another of its sums. The
/// gradient of weights that are applied at each step of a sequence has this form.
struct SumOfContraction : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceSumOp op, PatternRewriter &rewriter) const override {
    auto product = op.getOperand().getDefiningOp<ContractOp>();
    if (!product || !product->hasOneUse() || !bothFactorsHave(product, op.getDims()))
      return failure();
    SmallVector<int64_t> kept;
    for (auto [dim, label] : llvm::enumerate(product.getResultLabels()))
      if (!llvm::is_contained(op.getDims(), static_cast<int64_t>(dim)))
        kept.push_back(label);
    rewriter.replaceOpWithNewOp<ContractOp>(op, product.getLhs(), product.getRhs(),
                                            product.getLhsLabels(), product.getRhsLabels(), kept);
    return success();
  }
};

/// The sum of an addition with such a contraction is the addition of two sums. The gradient of
/// weights that are applied twice in each step has this form.
struct SumOfSum : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceSumOp op, PatternRewriter &rewriter) const override {
    auto sum = op.getOperand().getDefiningOp<AddOp>();
    if (!sum || !sum->hasOneUse() ||
        llvm::none_of(sum->getOperands(), [&](Value term) { return isContraction(op, term); }))
      return failure();
    Location location = withoutName(op.getLoc());
    Value lhs = ReduceSumOp::create(rewriter, location, sum.getLhs(), op.getDims());
    Value rhs = ReduceSumOp::create(rewriter, location, sum.getRhs(), op.getDims());
    rewriter.replaceOpWithNewOp<AddOp>(op, lhs, rhs);
    return success();
  }

private:
  static bool isContraction(ReduceSumOp op, Value term) {
    auto product = term.getDefiningOp<ContractOp>();
    return product && product->hasOneUse() && bothFactorsHave(product, op.getDims());
  }
};

/// The sum of tensors padded with zeros to places side by side is their concatenation. The gradient
/// of `split` has this form, with its parts in any order.
struct AddOfNeighbours : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    PadOp left = zeroPad(op.getLhs()), right = zeroPad(op.getRhs());
    if (!left || !right)
      return addNeighbourFirst(op, rewriter);
    std::optional<int64_t> dim = neighbouringDim(left, right);
    if (!dim) {
      std::swap(left, right);
      dim = neighbouringDim(left, right);
    }
    if (!dim)
      return failure();
    SmallVector<Value> parts;
    for (Value part : {left.getOperand(), right.getOperand()}) {
      auto joined = part.getDefiningOp<ConcatOp>();
      if (joined && static_cast<int64_t>(joined.getDim()) == *dim)
        llvm::append_range(parts, joined.getOperands());
      else
        parts.push_back(part);
    }
    Value joined = ConcatOp::create(rewriter, op.getLoc(), parts, *dim);
    rewriter.replaceOpWithNewOp<PadOp>(op, joined, left.getLow(), right.getHigh(), left.getValue());
    return success();
  }

private:
  static PadOp zeroPad(Value value) {
    auto pad = value.getDefiningOp<PadOp>();
    return pad && pad.getValue().convertToDouble() == 0 ? pad : PadOp();
  }

  static bool areNeighbours(PadOp a, PadOp b) {
    return neighbouringDim(a, b) || neighbouringDim(b, a);
  }

  /// In a sum of three, adds the outer one first to that of the inner two that it is beside.
  static LogicalResult addNeighbourFirst(AddOp op, PatternRewriter &rewriter) {
    for (auto [outer, inner] : {std::pair(op.getLhs(), op.getRhs()), {op.getRhs(), op.getLhs()}}) {
      PadOp pad = zeroPad(outer);
      auto sum = inner.getDefiningOp<AddOp>();
      if (!pad || !sum || !sum->hasOneUse())
        continue;
      PadOp first = zeroPad(sum.getLhs()), second = zeroPad(sum.getRhs());
      if (!first || !second || areNeighbours(first, second))
        continue;
      if (!areNeighbours(first, pad))
        std::swap(first, second);
      if (!areNeighbours(first, pad))
        continue;
      Value beside = AddOp::create(rewriter, withoutName(op.getLoc()), Value(first), Value(pad));
      rewriter.replaceOpWithNewOp<AddOp>(op, beside, Value(second));
      return success();
    }
    return failure();
  }

  /// The dimension along which `right` follows `left`, when they are equal in all others.
  static std::optional<int64_t> neighbouringDim(PadOp left, PadOp right) {
    std::optional<int64_t> dim;
    for (int64_t d = 0, rank = left.getType().getRank(); d < rank; ++d) {
      if (left.getLow()[d] == right.getLow()[d] && left.getHigh()[d] == right.getHigh()[d])
        continue;
      int64_t end = left.getLow()[d] + left.getOperand().getType().getDimSize(d);
      if (dim || end != right.getLow()[d])
        return std::nullopt;
      dim = d;
    }
    return dim;
  }
};

/// A reduction over dimensions of one element each.
template <typename Op> struct ReduceUnitDims : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getOperand().getType();
    if (!llvm::all_of(op.getDims(), [&](int64_t dim) { return type.getDimSize(dim) == 1; }))
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getOperand());
    return success();
  }
};

struct AddOfNegation : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    if (auto negation = op.getRhs().getDefiningOp<NegOp>())
      rewriter.replaceOpWithNewOp<SubOp>(op, op.getLhs(), negation.getOperand());
    else if (auto negation = op.getLhs().getDefiningOp<NegOp>())
      rewriter.replaceOpWithNewOp<SubOp>(op, op.getRhs(), negation.getOperand());
    else
      return failure();
    return success();
  }
};

struct SubOfNegation : OpRewritePattern<SubOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SubOp op, PatternRewriter &rewriter) const override {
    auto negation = op.getRhs().getDefiningOp<NegOp>();
    if (!negation)
      return failure();
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getLhs(), negation.getOperand());
    return success();
  }
};

struct MulByMinusOne : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    if (matchSplat(op.getRhs()) != -1.0)
      return failure();
    rewriter.replaceOpWithNewOp<NegOp>(op, op.getLhs());
    return success();
  }
};

/// The reciprocal of a power of two is exact, so multiplying by it rounds as dividing does.
struct DivByPowerOfTwo : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DivOp op, PatternRewriter &rewriter) const override {
    std::optional<double> divisor = matchSplat(op.getRhs());
    int exponent;
    if (!divisor || !isa<FloatType>(op.getType().getElementType()) ||
        std::fabs(std::frexp(*divisor, &exponent)) != 0.5 || std::abs(exponent) > 100)
      return failure();
    Term dividend(rewriter, op.getLoc(), op.getLhs());
    rewriter.replaceOp(op, Value(dividend * (1 / *divisor)));
    return success();
  }
};

struct RemoveStopGradient : OpRewritePattern<StopGradientOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(StopGradientOp op, PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, op.getOperand());
    return success();
  }
};

struct Simplify : nnc::impl::SimplifyBase<Simplify> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    for (RegisteredOperationName name : context->getRegisteredOperations())
      if (name.getDialectNamespace() == NNDialect::getDialectNamespace())
        name.getCanonicalizationPatterns(patterns, context);
    patterns.add<SinkBroadcast, ReduceBroadcast<ReduceSumOp>, ReduceBroadcast<ReduceMaxOp>,
                 ReduceBroadcast<ReduceMinOp>, SumOfProduct, SumOfContraction, SumOfSum,
                 AddOfNeighbours, ReduceUnitDims<ReduceSumOp>, ReduceUnitDims<ReduceMaxOp>,
                 ReduceUnitDims<ReduceMinOp>, ReduceUnitDims<ReduceProdOp>, AddOfNegation,
                 SubOfNegation, MulByMinusOne, DivByPowerOfTwo>(context);
    populateWindowPatterns(patterns);
    populateLookupPatterns(patterns);
    bool hasGradient =
        function.walk([](GradientOp) { return WalkResult::interrupt(); }).wasInterrupted();
    if (!hasGradient)
      patterns.add<RemoveStopGradient>(context);
    FrozenRewritePatternSet frozen(std::move(patterns));

    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    IRRewriter rewriter(context);
    bool changed = true;
    while (changed) {
      if (failed(applyPatternsGreedily(function, frozen, config))) {
        function.emitOpError("did not reach a fixed point of simplification");
        return signalPassFailure();
      }
      DominanceInfo dominance;
      changed = false;
      eliminateCommonSubExpressions(rewriter, dominance, function, &changed);
    }
  }
};

} // namespace
