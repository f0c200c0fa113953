// Operations that are lowered as the nn operations that define them.
#include "compiler/conversion/NNToLinalg.h"
#include "compiler/dialect/NNBuilders.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace nnc {

namespace {

struct RandomNormalPattern : OpRewritePattern<nn::RandomNormalOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::RandomNormalOp op, PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, nn::expandRandomNormal(rewriter, op));
    return success();
  }
};

/// Sums of ever longer runs: after the pass of distance d each element is the sum of the last 2 d
/// elements, so that the binary logarithm of the extent is the number of passes.
struct CumulativeSumPattern : OpRewritePattern<nn::CumulativeSumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::CumulativeSumOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    int64_t dim = op.getDim(), rank = type.getRank();
    Value sums = op.getOperand();
    for (int64_t distance = 1; distance < type.getDimSize(dim); distance *= 2) {
      SmallVector<int64_t> zeros(rank, 0), ones(rank, 1), low(rank, 0), sizes(type.getShape());
      sizes[dim] -= distance;
      low[dim] = distance;
      Value head = nn::SliceOp::create(rewriter, op.getLoc(), sums, zeros, sizes, ones);
      Value shifted = nn::PadOp::create(rewriter, op.getLoc(), head, low, zeros, APFloat(0.0));
      sums = nn::AddOp::create(rewriter, op.getLoc(), shifted, sums);
    }
    rewriter.replaceOp(op, sums);
    return success();
  }
};

/// The largest exponential is 1, so that nothing overflows and the sum is at least 1. Both bounds
/// hold where all elements are -inf as well: their exponentials are 0, and so are the quotients.
struct SoftmaxPattern : OpRewritePattern<nn::SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::SoftmaxOp op, PatternRewriter &rewriter) const override {
    Location location = op.getLoc();
    auto type = cast<RankedTensorType>(op.getType());
    const auto &semantics = cast<FloatType>(type.getElementType()).getFloatSemantics();
    const double least = APFloat::getLargest(semantics, /*Negative=*/true).convertToDouble();
    auto spread = [&](Value reduced) {
      return nn::Term(rewriter, location,
                      nn::buildUnreduced(rewriter, location, reduced, op.getDims(), type));
    };
    auto atLeast = [&](Value value, double bound) -> Value {
      nn::Term term(rewriter, location, value);
      return term.apply<nn::MaxOp>(term.number(bound));
    };
    Value greatest = nn::ReduceMaxOp::create(rewriter, location, op.getOperand(), op.getDims());
    nn::Term x(rewriter, location, op.getOperand());
    nn::Term exponentials = (x - spread(atLeast(greatest, least))).apply<nn::ExpOp>();
    Value sum = nn::ReduceSumOp::create(rewriter, location, exponentials, op.getDims());
    rewriter.replaceOp(op, Value(exponentials / spread(atLeast(sum, 1))));
    return success();
  }
};

/// The rank of each element is the number of elements that come before it: the smaller ones, and
/// those that are equal and stand in front. The ranks are a permutation, of which the result is the
/// inverse. All pairs are compared, but fusion keeps them out of memory.
struct ArgsortPattern : OpRewritePattern<nn::ArgsortOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::ArgsortOp op, PatternRewriter &rewriter) const override {
    using enum nn::ComparePredicate;
    Location location = op.getLoc();
    RankedTensorType type = op.getType();
    int64_t dim = op.getDim(), extent = type.getDimSize(dim);
    Value places = nn::IotaOp::create(rewriter, location, type, dim);
    // NaNs are infinities that stand behind all others.
    nn::Term key(rewriter, location, op.getOperand()), tie(rewriter, location, places);
    if (isa<FloatType>(op.getOperand().getType().getElementType())) {
      Value isNan = key.compare(ne, key);
      key = key.number(std::numeric_limits<double>::infinity()).where(isNan, key);
      tie = (tie + static_cast<double>(extent)).where(isNan, tie);
    }
    // As many of the elements that may come before at once as a tensor of pairs can have.
    int64_t step = std::clamp<int64_t>(largestPairs / type.getNumElements(), 1, extent);
    nn::Term ranks = tie.number(0);
    for (int64_t begin = 0; begin < extent; begin += step)
      ranks = ranks + countBefore(rewriter, key, tie, dim, begin, std::min(step, extent - begin));
    rewriter.replaceOp(op, invert(rewriter, ranks, places, dim));
    return success();
  }

private:
  static constexpr int64_t largestPairs = int64_t(1) << 38;

  /// For each element how many of `count` elements from `begin` on come before it.
  static nn::Term countBefore(OpBuilder &builder, nn::Term key, nn::Term tie, int64_t dim,
                              int64_t begin, int64_t count) {
    using enum nn::ComparePredicate;
    Value keys = key, ties = tie;
    Location location = keys.getLoc();
    auto type = cast<RankedTensorType>(keys.getType());
    SmallVector<int64_t> shape(type.getShape()), offsets(type.getRank(), 0),
        ones(type.getRank(), 1), sizes(shape);
    shape.insert(shape.begin() + dim, count);
    offsets[dim] = begin;
    sizes[dim] = count;
    // The others along `dim`, the element itself along the dimension behind it.
    auto spread = [&](Value value, bool isOther) {
      SmallVector<int64_t> dims = nn::otherDims({isOther ? dim + 1 : dim}, type.getRank() + 1);
      if (isOther)
        value = nn::SliceOp::create(builder, location, value, offsets, sizes, ones);
      Type pairs = cast<RankedTensorType>(value.getType()).clone(shape);
      return nn::Term(builder, location, nn::buildBroadcast(builder, location, value, dims, pairs));
    };
    nn::Term own = spread(keys, false), other = spread(keys, true);
    Value inFront = spread(ties, true).compare(lt, spread(ties, false));
    Value isEqual = other.compare(eq, own);
    Value comes = nn::OrOp::create(builder, location, other.compare(lt, own),
                                   nn::AndOp::create(builder, location, isEqual, inFront));
    Value counted = nn::ConvertOp::create(
        builder, location, RankedTensorType::get(shape, builder.getI32Type()), comes);
    return nn::Term(builder, location,
                    nn::ReduceSumOp::create(builder, location, counted, ArrayRef<int64_t>{dim}));
  }

  /// The inverse of each permutation along `dim`.
  static Value invert(OpBuilder &builder, Value ranks, Value places, int64_t dim) {
    Location location = ranks.getLoc();
    auto type = cast<RankedTensorType>(ranks.getType());
    // A scatter has the other dimensions first.
    SmallVector<int64_t> last = nn::otherDims({dim}, type.getRank()), back(type.getRank());
    last.push_back(dim);
    for (auto [place, from] : llvm::enumerate(last))
      back[from] = place;
    auto ordered = [&](Value value, ArrayRef<int64_t> order) -> Value {
      return nn::TransposeOp::create(builder, location, value, order);
    };
    const bool isLast = dim == type.getRank() - 1;
    Value inverse = nn::ScatterAddOp::create(
        builder, location, isLast ? places : ordered(places, last),
        isLast ? ranks : ordered(ranks, last), type.getRank() - 1, type.getDimSize(dim));
    return isLast ? inverse : ordered(inverse, back);
  }
};

} // namespace

void populateDefinitions(RewritePatternSet &patterns) {
  patterns.add<ArgsortPattern, CumulativeSumPattern, RandomNormalPattern, SoftmaxPattern>(
      patterns.getContext());
}

} // namespace nnc
