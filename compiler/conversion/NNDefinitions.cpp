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

} // namespace

void populateDefinitions(RewritePatternSet &patterns) {
  patterns.add<RandomNormalPattern>(patterns.getContext());
}

} // namespace nnc
