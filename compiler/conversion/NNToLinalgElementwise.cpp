// Element-wise operations: one generic op each, with the arithmetic of the scalar in its body.
#include "compiler/conversion/NNToLinalg.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace nnc {

namespace {

/// Scalar arithmetic with the operands' types taken from the values.
struct Scalar {
  OpBuilder &builder;
  Location location;

  template <typename Op> Value make(ValueRange operands) const {
    return Op::create(builder, location, operands[0].getType(), operands);
  }
  Value number(Type type, double value) const {
    return buildNumber(builder, location, type, value);
  }
  Value compare(arith::CmpFPredicate predicate, Value lhs, Value rhs) const {
    return arith::CmpFOp::create(builder, location, predicate, lhs, rhs);
  }
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) const {
    return arith::CmpIOp::create(builder, location, predicate, lhs, rhs);
  }
  Value select(Value condition, Value lhs, Value rhs) const {
    return arith::SelectOp::create(builder, location, condition, lhs, rhs);
  }
  template <typename FloatOp, typename IntOp> Value either(ValueRange operands) const {
    return isa<FloatType>(operands[0].getType()) ? make<FloatOp>(operands) : make<IntOp>(operands);
  }
};

Value sign(const Scalar &scalar, Value x) {
  Type type = x.getType();
  Value one = scalar.number(type, 1);
  if (isa<FloatType>(type)) {
    Value nonZero = scalar.compare(arith::CmpFPredicate::ONE, x, scalar.number(type, 0));
    return scalar.select(nonZero, scalar.make<math::CopySignOp>({one, x}), x);
  }
  Value above = scalar.make<arith::MinSIOp>({x, one});
  return scalar.make<arith::MaxSIOp>({above, scalar.number(type, -1)});
}

Value negate(const Scalar &scalar, Value x) {
  if (isa<FloatType>(x.getType()))
    return scalar.make<arith::NegFOp>({x});
  return scalar.make<arith::SubIOp>({scalar.number(x.getType(), 0), x});
}

Value logistic(const Scalar &scalar, Value x) {
  Value one = scalar.number(x.getType(), 1);
  Value power = scalar.make<math::ExpOp>({scalar.make<arith::NegFOp>({x})});
  return scalar.make<arith::DivFOp>({one, scalar.make<arith::AddFOp>({one, power})});
}

/// Integer division that is defined for every divisor: by 0 it gives 0, and by -1 it does not trap.
template <typename Op> Value integerDivision(const Scalar &scalar, Value x, Value y) {
  Type type = x.getType();
  Value zero = scalar.number(type, 0), one = scalar.number(type, 1);
  Value isZero = scalar.compare(arith::CmpIPredicate::eq, y, zero);
  Value isMinusOne = scalar.compare(arith::CmpIPredicate::eq, y, scalar.number(type, -1));
  Value special = scalar.make<arith::OrIOp>({isZero, isMinusOne});
  Value result = scalar.make<Op>({x, scalar.select(special, one, y)});
  Value byMinusOne = std::is_same_v<Op, arith::DivSIOp> ? negate(scalar, x) : zero;
  result = scalar.select(isMinusOne, byMinusOne, result);
  return scalar.select(isZero, zero, result);
}

Value compare(const Scalar &scalar, nn::ComparePredicate predicate, Value lhs, Value rhs) {
  using P = nn::ComparePredicate;
  Type type = lhs.getType();
  if (isa<FloatType>(type)) {
    using F = arith::CmpFPredicate;
    static const F predicates[] = {F::OEQ, F::UNE, F::OLT, F::OLE, F::OGT, F::OGE};
    return scalar.compare(predicates[static_cast<unsigned>(predicate)], lhs, rhs);
  }
  using I = arith::CmpIPredicate;
  static const I signedPredicates[] = {I::eq, I::ne, I::slt, I::sle, I::sgt, I::sge};
  static const I truthPredicates[] = {I::eq, I::ne, I::ult, I::ule, I::ugt, I::uge};
  static_assert(static_cast<unsigned>(P::eq) == 0 && static_cast<unsigned>(P::ge) == 5);
  unsigned number = static_cast<unsigned>(predicate);
  return scalar.compare(type.isInteger(1) ? truthPredicates[number] : signedPredicates[number], lhs,
                        rhs);
}

/// Towards zero, saturating, NaN to 0.
Value floatToInteger(const Scalar &scalar, Value x, IntegerType type) {
  Type from = x.getType();
  // 2^(w-1) and its negative are floats; the greatest float below the former is what may be
  // converted.
  double limit = std::ldexp(1.0, type.getWidth() - 1);
  double greatest =
      from.isF32() ? double(std::nextafterf(float(limit), 0.0f)) : std::nextafter(limit, 0.0);
  Value isNumber = scalar.compare(arith::CmpFPredicate::ORD, x, x);
  Value number = scalar.select(isNumber, x, scalar.number(from, 0));
  Value tooLarge = scalar.compare(arith::CmpFPredicate::OGE, number, scalar.number(from, limit));
  Value clamped = scalar.make<arith::MinimumFOp>({number, scalar.number(from, greatest)});
  clamped = scalar.make<arith::MaximumFOp>({clamped, scalar.number(from, -limit)});
  Value converted = arith::FPToSIOp::create(scalar.builder, scalar.location, type, clamped);
  Value most =
      arith::ConstantOp::create(scalar.builder, scalar.location,
                                IntegerAttr::get(type, APInt::getSignedMaxValue(type.getWidth())));
  return scalar.select(tooLarge, most, converted);
}

Value convert(const Scalar &scalar, Value x, Type type) {
  Type from = x.getType();
  OpBuilder &builder = scalar.builder;
  Location location = scalar.location;
  if (from == type)
    return x;
  bool toFloat = isa<FloatType>(type);
  if (isa<FloatType>(from)) {
    if (!toFloat)
      return floatToInteger(scalar, x, cast<IntegerType>(type));
    if (from.getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth())
      return arith::ExtFOp::create(builder, location, type, x);
    return arith::TruncFOp::create(builder, location, type, x);
  }
  if (from.isInteger(1))
    return toFloat ? Value(arith::UIToFPOp::create(builder, location, type, x))
                   : Value(arith::ExtUIOp::create(builder, location, type, x));
  if (toFloat)
    return arith::SIToFPOp::create(builder, location, type, x);
  if (from.getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth())
    return arith::ExtSIOp::create(builder, location, type, x);
  return arith::TruncIOp::create(builder, location, type, x);
}

/// A pattern whose body is a function of the op and its scalar operands.
template <typename Op> struct ElementwisePattern : OpRewritePattern<Op> {
  using Body = Value (*)(const Scalar &, Op, ValueRange);
  ElementwisePattern(MLIRContext *context, Body body) : OpRewritePattern<Op>(context), body(body) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Value result = buildElementwise(
        rewriter, op.getLoc(), op->getOperands(), op.getType(),
        [&](OpBuilder &builder, Location location, ValueRange arguments) {
          return body(Scalar{builder, location}, op, arguments.take_front(op->getNumOperands()));
        });
    rewriter.replaceOp(op, result);
    return success();
  }
  Body body;
};

struct StopGradientPattern : OpRewritePattern<nn::StopGradientOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(nn::StopGradientOp op, PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, op.getOperand());
    return success();
  }
};

} // namespace

void populateElementwiseToLinalg(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  auto add = [&]<typename Op>(typename ElementwisePattern<Op>::Body body) {
    patterns.add<ElementwisePattern<Op>>(context, body);
  };
  // An operation that is one scalar operation, or one of two by the element type.
#define NNC_UNARY(OP, SCALAR)                                                                      \
  add.operator()<nn::OP>(                                                                          \
      [](const Scalar &scalar, nn::OP, ValueRange x) { return scalar.make<SCALAR>(x); })
#define NNC_BINARY(OP, FLOAT, INT)                                                                 \
  add.operator()<nn::OP>(                                                                          \
      [](const Scalar &scalar, nn::OP, ValueRange x) { return scalar.either<FLOAT, INT>(x); })

  NNC_UNARY(ExpOp, math::ExpOp);
  NNC_UNARY(Expm1Op, math::ExpM1Op);
  NNC_UNARY(LogOp, math::LogOp);
  NNC_UNARY(Log1pOp, math::Log1pOp);
  NNC_UNARY(SqrtOp, math::SqrtOp);
  NNC_UNARY(TanhOp, math::TanhOp);
  NNC_UNARY(ErfOp, math::ErfOp);
  NNC_UNARY(SinOp, math::SinOp);
  NNC_UNARY(CosOp, math::CosOp);
  NNC_UNARY(FloorOp, math::FloorOp);
  NNC_UNARY(CeilOp, math::CeilOp);
  NNC_UNARY(RoundOp, math::RoundEvenOp);
  NNC_UNARY(PowOp, math::PowFOp);
  NNC_UNARY(Atan2Op, math::Atan2Op);
  NNC_UNARY(AndOp, arith::AndIOp);
  NNC_UNARY(OrOp, arith::OrIOp);
  NNC_BINARY(AbsOp, math::AbsFOp, math::AbsIOp);
  NNC_BINARY(AddOp, arith::AddFOp, arith::AddIOp);
  NNC_BINARY(SubOp, arith::SubFOp, arith::SubIOp);
  NNC_BINARY(MulOp, arith::MulFOp, arith::MulIOp);
  NNC_BINARY(MaxOp, arith::MaximumFOp, arith::MaxSIOp);
  NNC_BINARY(MinOp, arith::MinimumFOp, arith::MinSIOp);
#undef NNC_UNARY
#undef NNC_BINARY

  add.operator()<nn::NegOp>(
      [](const Scalar &scalar, nn::NegOp, ValueRange x) { return negate(scalar, x[0]); });
  add.operator()<nn::SignOp>(
      [](const Scalar &scalar, nn::SignOp, ValueRange x) { return sign(scalar, x[0]); });
  add.operator()<nn::LogisticOp>(
      [](const Scalar &scalar, nn::LogisticOp, ValueRange x) { return logistic(scalar, x[0]); });
  add.operator()<nn::RsqrtOp>([](const Scalar &scalar, nn::RsqrtOp, ValueRange x) {
    return scalar.make<arith::DivFOp>(
        {scalar.number(x[0].getType(), 1), scalar.make<math::SqrtOp>(x)});
  });
  add.operator()<nn::NotOp>([](const Scalar &scalar, nn::NotOp, ValueRange x) {
    return scalar.make<arith::XOrIOp>({x[0], scalar.number(x[0].getType(), 1)});
  });
  add.operator()<nn::DivOp>([](const Scalar &scalar, nn::DivOp, ValueRange x) {
    return isa<FloatType>(x[0].getType()) ? scalar.make<arith::DivFOp>(x)
                                          : integerDivision<arith::DivSIOp>(scalar, x[0], x[1]);
  });
  add.operator()<nn::RemOp>([](const Scalar &scalar, nn::RemOp, ValueRange x) {
    return isa<FloatType>(x[0].getType()) ? scalar.make<arith::RemFOp>(x)
                                          : integerDivision<arith::RemSIOp>(scalar, x[0], x[1]);
  });
  add.operator()<nn::CompareOp>([](const Scalar &scalar, nn::CompareOp op, ValueRange x) {
    return compare(scalar, op.getPredicate(), x[0], x[1]);
  });
  add.operator()<nn::SelectOp>([](const Scalar &scalar, nn::SelectOp, ValueRange x) {
    return scalar.select(x[0], x[1], x[2]);
  });
  add.operator()<nn::ConvertOp>([](const Scalar &scalar, nn::ConvertOp op, ValueRange x) {
    return convert(scalar, x[0], cast<RankedTensorType>(op.getType()).getElementType());
  });
  patterns.add<StopGradientPattern>(context);
}

} // namespace nnc
