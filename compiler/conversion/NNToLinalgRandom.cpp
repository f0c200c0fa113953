// Random numbers: the generator that nn.random_uniform documents, as integer arithmetic on the
// element's number. The key depends on no loop, so that a kernel computes it once.
#include "compiler/conversion/NNToLinalg.h"
#include "compiler/dialect/NNBuilders.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;

namespace nnc {

namespace {

/// Unsigned arithmetic on one integer type.
struct Bits {
  OpBuilder &builder;
  Location location;
  IntegerType type;

  Value number(uint64_t value) const {
    return arith::ConstantOp::create(builder, location,
                                     IntegerAttr::get(type, APInt(type.getWidth(), value)));
  }
  Value add(Value lhs, Value rhs) const {
    return arith::AddIOp::create(builder, location, lhs, rhs);
  }
  Value multiply(Value lhs, uint64_t rhs) const {
    return arith::MulIOp::create(builder, location, lhs, number(rhs));
  }
  Value exclusiveOr(Value lhs, Value rhs) const {
    return arith::XOrIOp::create(builder, location, lhs, rhs);
  }
  Value shiftRight(Value lhs, unsigned bits) const {
    return arith::ShRUIOp::create(builder, location, lhs, number(bits));
  }
  Value foldDown(Value x, unsigned bits) const { return exclusiveOr(x, shiftRight(x, bits)); }
};

Value mix(const Bits &bits, Value z) {
  z = bits.multiply(bits.foldDown(z, 30), 0xBF58476D1CE4E5B9u);
  z = bits.multiply(bits.foldDown(z, 27), 0x94D049BB133111EBu);
  return bits.foldDown(z, 31);
}

Value triple32(const Bits &bits, Value x) {
  x = bits.multiply(bits.foldDown(x, 17), 0xED5AD4BBu);
  x = bits.multiply(bits.foldDown(x, 11), 0xAC4C1B51u);
  x = bits.multiply(bits.foldDown(x, 15), 0x31848BABu);
  return bits.foldDown(x, 14);
}

Value uniform(OpBuilder &builder, Location location, Value seed, Value step, uint64_t stream,
              RankedTensorType type) {
  constexpr uint64_t golden = 0x9E3779B97F4A7C15u;
  Bits wide{builder, location, builder.getI64Type()};
  Value key = mix(wide, wide.add(seed, wide.number(golden)));
  key = mix(wide, wide.add(wide.exclusiveOr(key, step), wide.number(golden)));
  key = mix(wide, wide.add(wide.exclusiveOr(key, wide.number(stream)), wide.number(golden)));

  Bits narrow{builder, location, builder.getI32Type()};
  Value low = arith::TruncIOp::create(builder, location, narrow.type, key);
  Value high = arith::TruncIOp::create(builder, location, narrow.type, wide.shiftRight(key, 32));

  // The row-major number of the element, as one linear form of the loops.
  AffineExpr form = builder.getAffineConstantExpr(0);
  SmallVector<OpFoldResult> indices;
  for (auto [dim, extent] : llvm::enumerate(type.getShape())) {
    form = form * extent + builder.getAffineDimExpr(dim);
    indices.push_back(linalg::IndexOp::create(builder, location, dim).getResult());
  }
  Value number;
  if (type.getRank() == 0) {
    number = narrow.number(0);
  } else {
    AffineMap map = AffineMap::get(type.getRank(), 0, form);
    Value index = affine::AffineApplyOp::create(
        builder, location, map,
        llvm::map_to_vector(indices, [](OpFoldResult value) { return cast<Value>(value); }));
    number = arith::IndexCastOp::create(builder, location, narrow.type, index);
  }
  Value hash = triple32(narrow, narrow.add(number, low));
  hash = triple32(narrow, narrow.exclusiveOr(hash, high));
  Value fraction = narrow.shiftRight(hash, 8);
  // 24 bits: a signed conversion is exact, and cheaper than an unsigned one.
  Type element = type.getElementType();
  Value converted = arith::SIToFPOp::create(builder, location, element, fraction);
  Value scale = buildNumber(builder, location, element, 0x1p-24);
  return arith::MulFOp::create(builder, location, converted, scale);
}

struct UniformPattern : OpRewritePattern<nn::RandomUniformOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::RandomUniformOp op, PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    AffineMap scalar = AffineMap::get(type.getRank(), 0, {}, getContext());
    Value result = buildElementwise(
        rewriter, op.getLoc(), {op.getSeed(), op.getStep()}, {scalar, scalar}, type,
        [&](OpBuilder &builder, Location location, ValueRange arguments) {
          return uniform(builder, location, arguments[0], arguments[1], op.getStream(), type);
        });
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void populateRandomToLinalg(RewritePatternSet &patterns) {
  patterns.add<UniformPattern>(patterns.getContext());
}

} // namespace nnc
