// Operations that are lowered as the nn operations that define them.
#include "compiler/conversion/NNToLinalg.h"
#include "compiler/dialect/NNBuilders.h"

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

} // namespace

void populateDefinitions(RewritePatternSet &patterns) {
  patterns.add<CumulativeSumPattern, RandomNormalPattern>(patterns.getContext());
}

} // namespace nnc
