// Windows and their adjoint: generic ops whose indexing maps add the position of a window to the
// offset in it. Fusion folds the maps of windows into whoever reads them.
#include "compiler/Conversion/NNToLinalg.h"

using namespace mlir;

namespace nnc {

namespace {

/// Where an element of the windows lies in the image of `rank` dimensions: windows' loops are the
/// image's dimensions, or positions instead, then the offsets in a window.
template <typename Op> AffineMap imageMap(Op op, int64_t rank) {
  MLIRContext *context = op.getContext();
  int64_t loops = rank + op.getDims().size();
  SmallVector<AffineExpr> positions;
  for (int64_t dim = 0; dim < rank; ++dim)
    positions.push_back(getAffineDimExpr(dim, context));
  for (auto [i, dim] : llvm::enumerate(op.getDims()))
    positions[dim] = positions[dim] * op.getStrides()[i] +
                     getAffineDimExpr(rank + i, context) * op.getDilations()[i];
  return AffineMap::get(loops, 0, positions, context);
}

/// A tensor that nobody reads: its shape says how many elements a window has where, after fusion,
/// no other operand does.
template <typename Op>
std::pair<Value, AffineMap> windowShape(Op op, RankedTensorType windows, OpBuilder &builder) {
  int64_t count = op.getDims().size(), rank = windows.getRank() - count;
  SmallVector<AffineExpr> offsets;
  for (int64_t i = 0; i < count; ++i)
    offsets.push_back(builder.getAffineDimExpr(rank + i));
  Value shape = tensor::EmptyOp::create(builder, op.getLoc(), windows.getShape().take_back(count),
                                        windows.getElementType());
  return {shape, AffineMap::get(rank + count, 0, offsets, builder.getContext())};
}

struct WindowsPattern : OpRewritePattern<nn::WindowsOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::WindowsOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getType();
    auto [shape, shapeMap] = windowShape(op, type, rewriter);
    AffineMap image = imageMap(op, op.getOperand().getType().getRank());
    rewriter.replaceOp(
        op,
        buildElementwise(rewriter, op.getLoc(), {op.getOperand(), shape}, {image, shapeMap}, type,
                         [](OpBuilder &, Location, ValueRange arguments) { return arguments[0]; }));
    return success();
  }
};

/// Windows overlap, so several of their elements are added to one of the image: to loops over
/// positions and offsets the image is what a reduction updates in memory.
struct OverlapAddPattern : OpRewritePattern<nn::OverlapAddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::OverlapAddOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getType(), windows = op.getOperand().getType();
    auto [shape, shapeMap] = windowShape(op, windows, rewriter);
    SmallVector<utils::IteratorType> iterators(windows.getRank(), utils::IteratorType::parallel);
    for (auto [i, dim] : llvm::enumerate(op.getDims()))
      iterators[dim] = iterators[type.getRank() + i] = utils::IteratorType::reduction;
    Value zeros = buildFilled(rewriter, op.getLoc(), type, numberAttr(type.getElementType(), 0));
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), TypeRange{type}, ValueRange{op.getOperand(), shape},
        ValueRange{zeros},
        ArrayRef<AffineMap>{rewriter.getMultiDimIdentityMap(windows.getRank()), shapeMap,
                            imageMap(op, type.getRank())},
        iterators, [](OpBuilder &builder, Location location, ValueRange arguments) {
          Value sum = arith::AddFOp::create(builder, location, arguments[2], arguments[0]);
          linalg::YieldOp::create(builder, location, sum);
        });
    rewriter.replaceOp(op, generic.getResults());
    return success();
  }
};

} // namespace

void populateWindowsToLinalg(RewritePatternSet &patterns) {
  patterns.add<WindowsPattern, OverlapAddPattern>(patterns.getContext());
}

} // namespace nnc
