// Windows and their adjoint: generic ops whose indexing maps add the position of a window to the
// offset in it. Fusion composes the maps of windows with those of their readers.
#include "compiler/conversion/NNToLinalg.h"

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

struct WindowsPattern : OpRewritePattern<nn::WindowsOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::WindowsOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getType();
    AffineMap image = imageMap(op, op.getOperand().getType().getRank());
    rewriter.replaceOp(op, buildElementwise(rewriter, op.getLoc(), {op.getOperand()}, {image}, type,
                                            [](OpBuilder &, Location, ValueRange arguments) {
                                              return arguments[0];
                                            }));
    return success();
  }
};

/// Windows overlap, so several of their elements are added to one of the image: to loops over
/// positions and offsets the image is what a reduction updates in memory.
struct OverlapAddPattern : OpRewritePattern<nn::OverlapAddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::OverlapAddOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getType(), windows = op.getOperand().getType();
    SmallVector<utils::IteratorType> iterators(windows.getRank(), utils::IteratorType::parallel);
    for (auto [i, dim] : llvm::enumerate(op.getDims()))
      iterators[dim] = iterators[type.getRank() + i] = utils::IteratorType::reduction;
    Value zeros = buildFilled(rewriter, op.getLoc(), type, numberAttr(type.getElementType(), 0));
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), TypeRange{type}, ValueRange{op.getOperand()}, ValueRange{zeros},
        ArrayRef<AffineMap>{rewriter.getMultiDimIdentityMap(windows.getRank()),
                            imageMap(op, type.getRank())},
        iterators, [](OpBuilder &builder, Location location, ValueRange arguments) {
          Value sum = arith::AddFOp::create(builder, location, arguments[1], arguments[0]);
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
