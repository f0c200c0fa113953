// Constants and operations on shapes: views where a view suffices, else a generic op whose indexing
// map gives the place of each element, so that fusion can compose it with the map of the reader.
#include "compiler/conversion/NNToLinalg.h"
#include "compiler/analysis/ZeroBorders.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;

namespace nnc {

/// A generic op that only moves elements.
static Value buildMove(OpBuilder &builder, Location location, Value operand, AffineMap map,
                       Type type) {
  return buildElementwise(builder, location, operand, map, type,
                          [](OpBuilder &, Location, ValueRange arguments) { return arguments[0]; });
}

namespace {

struct ConstantPattern : OpRewritePattern<nn::ConstantOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::ConstantOp op, PatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, cast<TypedAttr>(op.getValue()));
    return success();
  }
};

struct IotaPattern : OpRewritePattern<nn::IotaOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::IotaOp op, PatternRewriter &rewriter) const override {
    Type element = cast<RankedTensorType>(op.getType()).getElementType();
    Value result =
        buildElementwise(rewriter, op.getLoc(), {}, op.getType(),
                         [&](OpBuilder &builder, Location location, ValueRange) -> Value {
                           if (!isa<FloatType>(element))
                             return buildLoopIndex(builder, location, op.getDim(), element);
                           Value index =
                               buildLoopIndex(builder, location, op.getDim(), builder.getI32Type());
                           return arith::SIToFPOp::create(builder, location, element, index);
                         });
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct BroadcastPattern : OpRewritePattern<nn::BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::BroadcastOp op, PatternRewriter &rewriter) const override {
    SmallVector<AffineExpr> positions;
    for (int64_t dim : op.getDims())
      positions.push_back(rewriter.getAffineDimExpr(dim));
    int64_t rank = cast<RankedTensorType>(op.getType()).getRank();
    AffineMap map = AffineMap::get(rank, 0, positions, getContext());
    rewriter.replaceOp(op, buildMove(rewriter, op.getLoc(), op.getOperand(), map, op.getType()));
    return success();
  }
};

struct TransposePattern : OpRewritePattern<nn::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::TransposeOp op, PatternRewriter &rewriter) const override {
    ArrayRef<int64_t> permutation = op.getPermutation();
    SmallVector<AffineExpr> positions(permutation.size());
    for (auto [i, dim] : llvm::enumerate(permutation))
      positions[dim] = rewriter.getAffineDimExpr(i);
    AffineMap map = AffineMap::get(permutation.size(), 0, positions, getContext());
    rewriter.replaceOp(op, buildMove(rewriter, op.getLoc(), op.getOperand(), map, op.getType()));
    return success();
  }
};

struct ReversePattern : OpRewritePattern<nn::ReverseOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::ReverseOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    SmallVector<AffineExpr> positions;
    for (auto [dim, extent] : llvm::enumerate(type.getShape())) {
      AffineExpr position = rewriter.getAffineDimExpr(dim);
      bool reversed = llvm::is_contained(op.getDims(), int64_t(dim));
      positions.push_back(reversed ? (extent - 1) - position : position);
    }
    AffineMap map = AffineMap::get(type.getRank(), 0, positions, getContext());
    rewriter.replaceOp(op, buildMove(rewriter, op.getLoc(), op.getOperand(), map, type));
    return success();
  }
};

struct ReshapePattern : OpRewritePattern<nn::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::ReshapeOp op, PatternRewriter &rewriter) const override {
    auto from = cast<RankedTensorType>(op.getOperand().getType());
    auto to = cast<RankedTensorType>(op.getType());
    if (from == to) {
      rewriter.replaceOp(op, op.getOperand());
      return success();
    }
    auto step = [&](Value value, RankedTensorType type) -> Value {
      auto source = cast<RankedTensorType>(value.getType());
      if (source == type)
        return value;
      std::optional<SmallVector<ReassociationIndices>> groups =
          getReassociationIndicesForReshape(source, type);
      if (!groups)
        return {};
      if (source.getRank() > type.getRank())
        return tensor::CollapseShapeOp::create(rewriter, op.getLoc(), type, value, *groups);
      return tensor::ExpandShapeOp::create(rewriter, op.getLoc(), type, value, *groups);
    };
    Value result = from.getRank() != to.getRank() ? step(op.getOperand(), to) : Value();
    if (!result) {
      auto flat = RankedTensorType::get({from.getNumElements()}, from.getElementType());
      result = step(step(op.getOperand(), flat), to);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct SlicePattern : OpRewritePattern<nn::SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::SliceOp op, PatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
        op, cast<RankedTensorType>(op.getType()), op.getOperand(), ValueRange{}, ValueRange{},
        ValueRange{}, op.getOffsets(), op.getSizes(), op.getStrides());
    return success();
  }
};

/// Writes `part` into `whole` from `offsets` on.
Value buildInsert(OpBuilder &builder, Location location, Value part, Value whole,
                  ArrayRef<int64_t> offsets) {
  auto type = cast<RankedTensorType>(part.getType());
  SmallVector<int64_t> strides(type.getRank(), 1);
  return tensor::InsertSliceOp::create(builder, location, part, whole, ValueRange{}, ValueRange{},
                                       ValueRange{}, offsets, type.getShape(), strides);
}

/// The operand goes into fresh memory, and around it go slabs of the value: those of a dimension
/// lie beside the operand in the dimensions before it and reach over all of those behind it.
struct PadPattern : OpRewritePattern<nn::PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::PadOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    auto inner = cast<RankedTensorType>(op.getOperand().getType());
    TypedAttr value = numberAttr(type.getElementType(), op.getValue().convertToDouble());
    Value result = tensor::EmptyOp::create(rewriter, op.getLoc(), type, ValueRange{});
    SmallVector<int64_t> offsets(type.getRank(), 0), sizes(type.getShape());
    auto addSlab = [&](int64_t dim, int64_t from, int64_t extent) {
      if (extent == 0)
        return;
      SmallVector<int64_t> slabOffsets(offsets), slabSizes(sizes);
      slabOffsets[dim] = from;
      slabSizes[dim] = extent;
      Value slab = buildFilled(rewriter, op.getLoc(), type.clone(slabSizes), value);
      result = buildInsert(rewriter, op.getLoc(), slab, result, slabOffsets);
    };
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      int64_t low = op.getLow()[dim], extent = inner.getDimSize(dim);
      addSlab(dim, 0, low);
      addSlab(dim, low + extent, op.getHigh()[dim]);
      offsets[dim] = low;
      sizes[dim] = extent;
    }
    Value padded = buildInsert(rewriter, op.getLoc(), op.getOperand(), result, op.getLow());
    if (op.getValue().isZero())
      padded.getDefiningOp()->setAttr(zeroBorderAttrName, rewriter.getUnitAttr());
    rewriter.replaceOp(op, padded);
    return success();
  }
};

struct ConcatPattern : OpRewritePattern<nn::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::ConcatOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    Value result = tensor::EmptyOp::create(rewriter, op.getLoc(), type, ValueRange{});
    SmallVector<int64_t> offsets(type.getRank(), 0);
    for (Value input : op.getInputs()) {
      result = buildInsert(rewriter, op.getLoc(), input, result, offsets);
      offsets[op.getDim()] += cast<RankedTensorType>(input.getType()).getDimSize(op.getDim());
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void populateStructureToLinalg(RewritePatternSet &patterns) {
  patterns.add<ConstantPattern, IotaPattern, BroadcastPattern, TransposePattern, ReversePattern,
               ReshapePattern, SlicePattern, PadPattern, ConcatPattern>(patterns.getContext());
}

} // namespace nnc
