// Gather and the cases of its adjoint that need no data-dependent stores.
#include "compiler/conversion/NNToLinalg.h"

using namespace mlir;

namespace nnc {

/// The nearest of 0 ... size - 1.
static Value clampIndex(OpBuilder &builder, Location location, Value index, int64_t size) {
  Type type = index.getType();
  Value low = buildNumber(builder, location, type, 0);
  Value high = buildNumber(builder, location, type, double(size - 1));
  Value raised = arith::MaxSIOp::create(builder, location, index, low);
  return arith::MinSIOp::create(builder, location, raised, high);
}

/// The first `count` dims of `rank`.
static AffineMap leadingDims(OpBuilder &builder, int64_t rank, int64_t count) {
  SmallVector<AffineExpr> dims;
  for (int64_t dim = 0; dim < count; ++dim)
    dims.push_back(builder.getAffineDimExpr(dim));
  return AffineMap::get(rank, 0, dims, builder.getContext());
}

namespace {

struct GatherPattern : OpRewritePattern<nn::GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::GatherOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    auto sourceType = cast<RankedTensorType>(op.getOperand().getType());
    int64_t batchDims = op.getBatchDims();
    int64_t indexRank = cast<RankedTensorType>(op.getIndices().getType()).getRank();
    // Indices are read at the leading dims of the result.
    AffineMap map = leadingDims(rewriter, type.getRank(), indexRank);
    Value result = buildElementwise(
        rewriter, op.getLoc(), op.getIndices(), map, type,
        [&](OpBuilder &builder, Location location, ValueRange arguments) -> Value {
          SmallVector<Value> position;
          for (int64_t dim = 0; dim < batchDims; ++dim)
            position.push_back(linalg::IndexOp::create(builder, location, dim));
          Value index =
              clampIndex(builder, location, arguments[0], sourceType.getDimSize(batchDims));
          position.push_back(
              arith::IndexCastOp::create(builder, location, builder.getIndexType(), index));
          for (int64_t dim = indexRank; dim < type.getRank(); ++dim)
            position.push_back(linalg::IndexOp::create(builder, location, dim));
          return tensor::ExtractOp::create(builder, location, op.getOperand(), position);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// Without index dims beyond the batch's nothing is added up: each entry of the result is one
/// update or zero. Otherwise the op stays, for loops that add where the indices say.
struct ScatterOnePattern : OpRewritePattern<nn::ScatterAddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::ScatterAddOp op, PatternRewriter &rewriter) const override {
    int64_t batchDims = op.getBatchDims(), size = op.getSize();
    auto type = cast<RankedTensorType>(op.getType());
    if (cast<RankedTensorType>(op.getIndices().getType()).getRank() != batchDims)
      return failure();
    AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
    AffineMap updateMap = identity.dropResult(batchDims);
    AffineMap indexMap = leadingDims(rewriter, type.getRank(), batchDims);
    Value result = buildElementwise(
        rewriter, op.getLoc(), {op.getUpdates(), op.getIndices()}, {updateMap, indexMap}, type,
        [&](OpBuilder &builder, Location location, ValueRange arguments) -> Value {
          Value index = clampIndex(builder, location, arguments[1], size);
          Value position = buildLoopIndex(builder, location, batchDims, index.getType());
          Value here =
              arith::CmpIOp::create(builder, location, arith::CmpIPredicate::eq, index, position);
          return arith::SelectOp::create(builder, location, here, arguments[0],
                                         buildNumber(builder, location, type.getElementType(), 0));
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void populateIndexedToLinalg(RewritePatternSet &patterns) {
  patterns.add<GatherPattern, ScatterOnePattern>(patterns.getContext());
}

} // namespace nnc
