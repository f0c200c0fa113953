// Reductions and contractions: a fill with the initial value, and a generic op that
// accumulates into it.
#include "compiler/conversion/NNToLinalg.h"

#include <limits>

using namespace mlir;

namespace nnc {

namespace {

/// Reduces `inputs`, all of one shape, over `dims` from `start` on.
Value buildReduction(OpBuilder &builder, Location location, ValueRange inputs,
                     ArrayRef<AffineMap> inputMaps, ArrayRef<int64_t> dims, int64_t rank, Type type,
                     TypedAttr start, ScalarBody body) {
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  for (int64_t dim : dims)
    iterators[dim] = utils::IteratorType::reduction;
  SmallVector<AffineExpr> kept;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (iterators[dim] == utils::IteratorType::parallel)
      kept.push_back(builder.getAffineDimExpr(dim));
  SmallVector<AffineMap> maps(inputMaps);
  maps.push_back(AffineMap::get(rank, 0, kept, builder.getContext()));
  Value init = buildFilled(builder, location, type, start);
  auto generic = linalg::GenericOp::create(
      builder, location, TypeRange{type}, inputs, ValueRange{init}, maps, iterators,
      [&](OpBuilder &inner, Location innerLocation, ValueRange arguments) {
        linalg::YieldOp::create(inner, innerLocation, body(inner, innerLocation, arguments));
      });
  return generic.getResult(0);
}

TypedAttr leastNumber(Type type) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(type, -std::numeric_limits<double>::infinity());
  return IntegerAttr::get(type, APInt::getSignedMinValue(type.getIntOrFloatBitWidth()));
}
TypedAttr greatestNumber(Type type) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(type, std::numeric_limits<double>::infinity());
  return IntegerAttr::get(type, APInt::getSignedMaxValue(type.getIntOrFloatBitWidth()));
}
TypedAttr zero(Type type) { return numberAttr(type, 0); }
TypedAttr one(Type type) { return numberAttr(type, 1); }

/// new = FloatOp or IntOp (old, element).
template <typename FloatOp, typename IntOp>
Value accumulate(OpBuilder &builder, Location location, ValueRange arguments) {
  Value element = arguments[0], old = arguments[1];
  if (isa<FloatType>(element.getType()))
    return FloatOp::create(builder, location, old, element);
  return IntOp::create(builder, location, old, element);
}

template <typename Op, typename FloatOp, typename IntOp>
struct ReductionPattern : OpRewritePattern<Op> {
  ReductionPattern(MLIRContext *context, TypedAttr (*start)(Type))
      : OpRewritePattern<Op>(context), start(start) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getOperand().getType());
    AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
    rewriter.replaceOp(op,
                       buildReduction(rewriter, op.getLoc(), op.getOperand(), identity,
                                      op.getDims(), type.getRank(), op.getType(),
                                      start(type.getElementType()), accumulate<FloatOp, IntOp>));
    return success();
  }
  TypedAttr (*start)(Type);
};

/// The greatest element first, then the least index that holds it. A NaN is never greater than what
/// was found before; in the first place nothing is greater than it, so that its index, 0, is the
/// result.
struct ArgmaxPattern : OpRewritePattern<nn::ArgmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::ArgmaxOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getOperand().getType());
    auto resultType = cast<RankedTensorType>(op.getType());
    Type element = type.getElementType(), indexType = rewriter.getI32Type();
    int64_t dim = op.getDim(), rank = type.getRank();
    AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
    Value greatest = buildReduction(rewriter, op.getLoc(), op.getOperand(), identity, dim, rank,
                                    resultType.clone(element), leastNumber(element),
                                    accumulate<arith::MaxNumFOp, arith::MaxSIOp>);
    AffineMap reduced = identity.dropResult(dim);
    Value result = buildReduction(
        rewriter, op.getLoc(), {op.getOperand(), greatest}, {identity, reduced}, dim, rank,
        resultType, greatestNumber(indexType),
        [&](OpBuilder &builder, Location location, ValueRange arguments) -> Value {
          Value x = arguments[0], best = arguments[1], old = arguments[2];
          Value index = buildLoopIndex(builder, location, dim, indexType);
          Value found;
          if (isa<FloatType>(element)) {
            found = arith::CmpFOp::create(builder, location, arith::CmpFPredicate::OEQ, x, best);
            Value isFirst =
                arith::CmpIOp::create(builder, location, arith::CmpIPredicate::eq, index,
                                      buildNumber(builder, location, indexType, 0));
            Value isNaN = arith::CmpFOp::create(builder, location, arith::CmpFPredicate::UNO, x, x);
            Value firstNaN = arith::AndIOp::create(builder, location, isFirst, isNaN);
            found = arith::OrIOp::create(builder, location, found, firstNaN);
          } else {
            found = arith::CmpIOp::create(builder, location, arith::CmpIPredicate::eq, x, best);
          }
          Value none = arith::ConstantOp::create(builder, location, greatestNumber(indexType));
          Value candidate = arith::SelectOp::create(builder, location, found, index, none);
          return arith::MinSIOp::create(builder, location, old, candidate);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// Loops over the labels of the result in its order, then over the summed ones.
struct ContractPattern : OpRewritePattern<nn::ContractOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::ContractOp op, PatternRewriter &rewriter) const override {
    SmallVector<int64_t> loops(op.getResultLabels());
    for (ArrayRef<int64_t> labels : {op.getLhsLabels(), op.getRhsLabels()})
      for (int64_t label : labels)
        if (!llvm::is_contained(loops, label))
          loops.push_back(label);
    auto mapOf = [&](ArrayRef<int64_t> labels) {
      SmallVector<AffineExpr> positions;
      for (int64_t label : labels)
        positions.push_back(rewriter.getAffineDimExpr(llvm::find(loops, label) - loops.begin()));
      return AffineMap::get(loops.size(), 0, positions, getContext());
    };
    SmallVector<AffineMap> maps{mapOf(op.getLhsLabels()), mapOf(op.getRhsLabels())};
    auto type = cast<RankedTensorType>(op.getType());
    SmallVector<int64_t> summed;
    for (int64_t loop = type.getRank(); loop < int64_t(loops.size()); ++loop)
      summed.push_back(loop);
    if (summed.empty()) {
      rewriter.replaceOp(
          op, buildElementwise(
                  rewriter, op.getLoc(), op->getOperands(), maps, type,
                  [](OpBuilder &builder, Location location, ValueRange arguments) -> Value {
                    return arith::MulFOp::create(builder, location, arguments[0], arguments[1]);
                  }));
      return success();
    }
    rewriter.replaceOp(
        op,
        buildReduction(rewriter, op.getLoc(), op->getOperands(), maps, summed, loops.size(), type,
                       zero(type.getElementType()),
                       [](OpBuilder &builder, Location location, ValueRange arguments) -> Value {
                         Value product =
                             arith::MulFOp::create(builder, location, arguments[0], arguments[1]);
                         return arith::AddFOp::create(builder, location, arguments[2], product);
                       }));
    return success();
  }
};

} // namespace

void populateReductionToLinalg(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ReductionPattern<nn::ReduceSumOp, arith::AddFOp, arith::AddIOp>>(context, zero);
  patterns.add<ReductionPattern<nn::ReduceProdOp, arith::MulFOp, arith::MulIOp>>(context, one);
  patterns.add<ReductionPattern<nn::ReduceMaxOp, arith::MaximumFOp, arith::MaxSIOp>>(context,
                                                                                     leastNumber);
  patterns.add<ReductionPattern<nn::ReduceMinOp, arith::MinimumFOp, arith::MinSIOp>>(
      context, greatestNumber);
  patterns.add<ArgmaxPattern, ContractPattern>(context);
}

} // namespace nnc
