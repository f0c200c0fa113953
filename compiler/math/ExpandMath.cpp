// The polynomials are minimax fits by tests/math/minimax.py (Remez exchange, each
// coefficient rounded to f32 and the rest fitted again). Errors stated are the largest found by
// math-tests.
#include "compiler/math/ExpandMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace nnc {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// ln 2 in two parts; the first has few enough bits that its products with exponents are exact.
constexpr double kLn2High = 0.693359375;
constexpr double kLn2Low = -2.12194440054690581e-4;
constexpr double kLog2E = 1.44269504088896341;

/// pi/2, rounded to f32, and what is missing.
constexpr double kHalfPiHigh = 1.57079637050628662;
constexpr double kHalfPiLow = -4.37113900018624283e-8;

/// Adding and subtracting these rounds to a whole number, which is then in the low bits of the sum.
constexpr double kRound32 = 12582912.0;         // 1.5 * 2^23
constexpr double kRound64 = 6755399441055744.0; // 1.5 * 2^52

constexpr int kMantissaBits = 23;
constexpr int64_t kExponentBias = 127;
constexpr int64_t kSqrtHalfBits = 0x3f3504f3;
constexpr int64_t kFourBits = 0x40800000;
constexpr double kSmallestNormal = 1.17549435082228751e-38;

/// sin and cos reduce their argument in f64 with 86 bits of pi/2, which is exact enough up to here.
constexpr double kLargestAngle = 1 << 20;

} // namespace

MathEmitter::MathEmitter(ImplicitLocOpBuilder &builder, Type type, const TargetDescription &target)
    : builder(builder), type(type), target(target) {}

Type MathEmitter::like(Type element) const {
  if (auto vector = dyn_cast<VectorType>(type))
    return VectorType::get(vector.getShape(), element, vector.getScalableDims());
  return element;
}

static Value splat(ImplicitLocOpBuilder &builder, Type type, TypedAttr element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(builder, DenseElementsAttr::get(vector, Attribute(element)));
  return arith::ConstantOp::create(builder, element);
}

Value MathEmitter::constant(double value) {
  return splat(builder, type, builder.getF32FloatAttr(static_cast<float>(value)));
}
Value MathEmitter::constant64(double value) {
  return splat(builder, like(builder.getF64Type()), builder.getF64FloatAttr(value));
}
Value MathEmitter::integer(int64_t value, unsigned bits) {
  Type element = builder.getIntegerType(bits);
  return splat(builder, like(element),
               IntegerAttr::get(element, APInt(bits, value, /*isSigned=*/true,
                                               /*implicitTrunc=*/true)));
}
Value MathEmitter::add(Value a, Value b) { return arith::AddFOp::create(builder, a, b); }
Value MathEmitter::sub(Value a, Value b) { return arith::SubFOp::create(builder, a, b); }
Value MathEmitter::mul(Value a, Value b) { return arith::MulFOp::create(builder, a, b); }
Value MathEmitter::multiplyAdd(Value a, Value b, Value c) {
  if (target.hasFma)
    return math::FmaOp::create(builder, a, b, c);
  return add(mul(a, b), c);
}

Value MathEmitter::polynomial(Value x, ArrayRef<double> coefficients) {
  const bool wide = getElementTypeOrSelf(x.getType()).isF64();
  auto number = [&](double value) { return wide ? constant64(value) : constant(value); };
  Value sum = number(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = multiplyAdd(sum, x, number(coefficient));
  return sum;
}

Value MathEmitter::toBits(Value x) {
  return arith::BitcastOp::create(builder, like(builder.getI32Type()), x);
}
Value MathEmitter::fromBits(Value bits) { return arith::BitcastOp::create(builder, type, bits); }
Value MathEmitter::magnitude(Value x) { return math::AbsFOp::create(builder, x); }
Value MathEmitter::withSignOf(Value magnitude, Value sign) {
  return math::CopySignOp::create(builder, magnitude, sign);
}
Value MathEmitter::select(Value condition, Value a, Value b) {
  return arith::SelectOp::create(builder, condition, a, b);
}
Value MathEmitter::less(Value a, Value b) {
  return arith::CmpFOp::create(builder, arith::CmpFPredicate::OLT, a, b);
}
Value MathEmitter::equal(Value a, Value b) {
  return arith::CmpFOp::create(builder, arith::CmpFPredicate::OEQ, a, b);
}
Value MathEmitter::clamp(Value x, double low, double high) {
  const bool wide = getElementTypeOrSelf(x.getType()).isF64();
  Value bottom = wide ? constant64(low) : constant(low);
  Value top = wide ? constant64(high) : constant(high);
  x = select(less(x, bottom), bottom, x);
  return select(less(top, x), top, x);
}

MathEmitter::Reduced MathEmitter::reduceByLn2(Value x) {
  Reduced reduced;
  Value round = constant(kRound32);
  Value shifted = multiplyAdd(x, constant(kLog2E), round);
  reduced.n = sub(shifted, round);
  // The bits, not a conversion: that would be undefined for NaN.
  reduced.integer = arith::SubIOp::create(builder, toBits(shifted), toBits(round));
  reduced.remainder = multiplyAdd(reduced.n, constant(-kLn2High), x);
  reduced.remainder = multiplyAdd(reduced.n, constant(-kLn2Low), reduced.remainder);
  return reduced;
}

Value MathEmitter::expm1Polynomial(Value r) {
  Value p =
      polynomial(r, {0.5, 0.166666672, 0.0416662693, 0.00833326392, 0.00139460957, 0.00019918404});
  return multiplyAdd(p, mul(r, r), r);
}

Value MathEmitter::powerOfTwo(Value n) {
  Value biased = arith::AddIOp::create(builder, n, integer(kExponentBias));
  return fromBits(arith::ShLIOp::create(builder, biased, integer(kMantissaBits)));
}

Value MathEmitter::scale(Value mantissa, const Reduced &reduced) {
  auto vector = dyn_cast<VectorType>(type);
  if (!target.hasScale || !vector || vector.getRank() != 1 ||
      vector.getNumElements() != target.lanes(32))
    return {};
  auto integerOf = [&](unsigned bits, int64_t value) -> Value {
    return arith::ConstantOp::create(builder,
                                     builder.getIntegerAttr(builder.getIntegerType(bits), value));
  };
  constexpr int64_t allLanes = -1, currentRounding = 4;
  return LLVM::CallIntrinsicOp::create(
             builder, type, builder.getStringAttr("llvm.x86.avx512.mask.scalef.ps.512"),
             ValueRange{mantissa, reduced.n, mantissa, integerOf(16, allLanes),
                        integerOf(32, currentRounding)})
      .getResult(0);
}

Value MathEmitter::moderateExp(Value x) {
  Reduced reduced = reduceByLn2(x);
  Value mantissa = add(expm1Polynomial(reduced.remainder), constant(1));
  if (Value scaled = scale(mantissa, reduced))
    return scaled;
  return mul(mantissa, powerOfTwo(reduced.integer));
}

Value MathEmitter::exp(Value x) {
  // Beyond the limits the result is 0 or infinity, by rounding and by overflow.
  Reduced reduced = reduceByLn2(clamp(x, -104, 89));
  Value mantissa = add(expm1Polynomial(reduced.remainder), constant(1));
  if (Value scaled = scale(mantissa, reduced))
    return scaled;
  // 2^n in two factors, since n goes beyond the exponents of normal numbers on both sides. Only the
  // second product rounds.
  Value half = arith::ShRSIOp::create(builder, reduced.integer, integer(1));
  Value rest = arith::SubIOp::create(builder, reduced.integer, half);
  return mul(mul(mantissa, powerOfTwo(half)), powerOfTwo(rest));
}

Value MathEmitter::expm1(Value x) {
  // -1 below the lower limit. 2^n (e^r - 1) + (2^n - 1), with half of 2^n since 2^128 overflows.
  Reduced reduced = reduceByLn2(clamp(x, -25, 89));
  Value p = expm1Polynomial(reduced.remainder);
  Value half = powerOfTwo(arith::SubIOp::create(builder, reduced.integer, integer(1)));
  Value sum = multiplyAdd(half, p, sub(half, constant(0.5)));
  Value result = select(equal(reduced.n, constant(0)), p, add(sum, sum));
  return withSignOf(result, x);
}

Value MathEmitter::exponentBits(Value x) {
  Value above = arith::SubIOp::create(builder, toBits(x), integer(kSqrtHalfBits));
  return arith::AndIOp::create(builder, above, integer(-(int64_t(1) << kMantissaBits)));
}

Value MathEmitter::exponentValue(Value bits) {
  Value k = arith::ShRSIOp::create(builder, bits, integer(kMantissaBits));
  return arith::SIToFPOp::create(builder, type, k);
}

Value MathEmitter::logPolynomial(Value f, Value k) {
  Value p = polynomial(f, {0.333333105, -0.25000307, 0.200025022, -0.16651918, 0.141980618,
                           -0.126706854, 0.123157702, -0.102882668, 0.0410939045});
  Value square = mul(f, f);
  Value sum = mul(mul(square, f), p);
  sum = multiplyAdd(k, constant(kLn2Low), sum);
  sum = multiplyAdd(square, constant(-0.5), sum);
  return multiplyAdd(k, constant(kLn2High), add(f, sum));
}

Value MathEmitter::log(Value x) {
  Value tiny = less(x, constant(kSmallestNormal));
  Value normal = select(tiny, mul(x, constant(1 << kMantissaBits)), x);
  Value exponent = exponentBits(normal);
  Value f = sub(fromBits(arith::SubIOp::create(builder, toBits(normal), exponent)), constant(1));
  Value k = sub(exponentValue(exponent), select(tiny, constant(kMantissaBits), constant(0)));
  Value result = logPolynomial(f, k);
  result = select(equal(x, constant(kInfinity)), x, result);
  result = select(equal(x, constant(0)), constant(-kInfinity), result);
  Value invalid = arith::CmpFOp::create(builder, arith::CmpFPredicate::ULT, x, constant(0));
  return select(invalid, constant(kNaN), result);
}

Value MathEmitter::log1p(Value x) {
  // With the exponent k of 1 + x: f = x 2^-k + (2^-k - 1), whose terms are exact. 2^-k is taken
  // from 2^(2-k), as it may be denormal.
  Value exponent = exponentBits(add(x, constant(1)));
  Value scaled = fromBits(arith::SubIOp::create(builder, toBits(x), exponent));
  scaled = select(arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, exponent, integer(0)), x,
                  scaled);
  Value power = fromBits(arith::SubIOp::create(builder, integer(kFourBits), exponent));
  Value f = add(scaled, multiplyAdd(power, constant(0.25), constant(-1)));
  Value result = withSignOf(logPolynomial(f, exponentValue(exponent)), x);
  result = select(equal(x, constant(kInfinity)), x, result);
  result = select(equal(x, constant(-1)), constant(-kInfinity), result);
  Value invalid = arith::CmpFOp::create(builder, arith::CmpFPredicate::ULT, x, constant(-1));
  return select(invalid, constant(kNaN), result);
}

Value MathEmitter::tanh(Value x) {
  Value a = magnitude(x);
  Value square = mul(x, x);
  Value p =
      polynomial(square, {-0.333332807, 0.133313924, -0.0537345596, 0.0206195842, -0.00568065792});
  Value small = multiplyAdd(mul(p, square), a, a);
  // 1 - 2 / (e^2a + 1), which is 1 from the limit on.
  Value limited = clamp(a, 0, 10);
  Value denominator = add(moderateExp(add(limited, limited)), constant(1));
  Value large = sub(constant(1), arith::DivFOp::create(builder, constant(2), denominator));
  return withSignOf(select(less(a, constant(0.625)), small, large), x);
}

Value MathEmitter::erf(Value x) {
  Value a = magnitude(x);
  Value square = mul(x, x);
  Value p = polynomial(square, {0.128379166, -0.376126289, 0.112836242, -0.026855588, 0.0051919478,
                                -0.000804384297, 7.96968889e-05});
  Value small = multiplyAdd(p, a, a);
  // 1 - erf(a) = e^-(a + a q(a)), fitted up to 4, where erf is 1 already.
  Value limited = clamp(a, 0, 4);
  Value q = polynomial(limited, {0.128555119, 0.635609269, 0.105294511, -0.0227084309,
                                 0.00295179151, -5.75667473e-05, -4.39892137e-05, 4.80589915e-06});
  Value exponent = arith::NegFOp::create(builder, multiplyAdd(q, limited, limited));
  Value large = sub(constant(1), moderateExp(exponent));
  return withSignOf(select(less(a, constant(0.925)), small, large), x);
}

Value MathEmitter::onePlusErf(Value x) {
  // erfc(a) = e^-aa p(a), fitted up to 3.9, from where on it is below 4e-8.
  Value a = magnitude(x), limit = constant(3.9);
  Value p =
      polynomial(select(less(limit, a), limit, a),
                 {1, -1.12837601, 0.999910474, -0.751377106, 0.495740265, -0.288816482, 0.144789144,
                  -0.0591412, 0.018287275, -0.00390852056, 0.000505005824, -2.93605044e-05});
  Value tail = mul(exp(arith::NegFOp::create(builder, mul(x, x))), p);
  return select(less(x, constant(0)), tail, sub(constant(2), tail));
}

Value MathEmitter::divide(Value x, float divisor) {
  if (!target.hasFma)
    return {};
  // The first part is rounded towards 0, so that both have the same sign and the terms of an
  // infinite x do not cancel.
  const double reciprocal = 1 / static_cast<double>(divisor);
  auto high = static_cast<float>(reciprocal);
  if (std::fabs(static_cast<double>(high)) > std::fabs(reciprocal))
    high = std::nextafter(high, 0.0F);
  const double low = reciprocal - static_cast<double>(high);
  return multiplyAdd(x, constant(static_cast<double>(high)), mul(x, constant(low)));
}

Value MathEmitter::isLargeAngle(Value x) { return less(constant(kLargestAngle), magnitude(x)); }

Value MathEmitter::sine(Value x, bool cosine) {
  // x = n pi/2 + r in f64. The products with the first 33 bits of pi/2 are exact.
  Type wideType = like(builder.getF64Type());
  Value wide = arith::ExtFOp::create(builder, wideType, x);
  Value round = constant64(kRound64);
  Value shifted = multiplyAdd(wide, constant64(0.63661977236758134), round);
  Value n = sub(shifted, round);
  Value remainder = multiplyAdd(n, constant64(-1.57079632673412561417), wide);
  remainder = multiplyAdd(n, constant64(-6.07710050650619224932e-11), remainder);
  Value bits = arith::BitcastOp::create(builder, like(builder.getI64Type()), shifted);
  Value quadrant = arith::TruncIOp::create(builder, like(builder.getI32Type()), bits);
  if (cosine)
    quadrant = arith::AddIOp::create(builder, quadrant, integer(1));

  Value r = arith::TruncFOp::create(builder, type, remainder);
  Value square = mul(r, r);
  Value sineP = polynomial(square, {-0.166666672, 0.00833338033, -0.000198534908, 2.83730265e-06});
  Value sineR = multiplyAdd(mul(square, r), sineP, r);
  Value cosineP = polynomial(square, {0.0416666456, -0.00138873665, 2.44383609e-05});
  Value cosineR =
      multiplyAdd(mul(square, square), cosineP, multiplyAdd(square, constant(-0.5), constant(1)));
  Value odd =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::ne,
                            arith::AndIOp::create(builder, quadrant, integer(1)), integer(0));
  Value result = select(odd, cosineR, sineR);
  Value negative = arith::ShLIOp::create(
      builder, arith::AndIOp::create(builder, quadrant, integer(2)), integer(30));
  result = fromBits(arith::XOrIOp::create(builder, toBits(result), negative));
  if (cosine)
    return result;
  // sin x is x where x^2 / 6 is below half a unit; keeps the sign of zero.
  return select(less(magnitude(x), constant(1.0 / 4096)), x, result);
}

Value MathEmitter::atan2(Value y, Value x) {
  // The angle to the nearer axis, whose tangent t is at most 1.
  Value a = magnitude(y), b = magnitude(x);
  Value steep = less(b, a);
  Value small = select(steep, b, a), large = select(steep, a, b);
  // Of two infinities it is 1, of two zeros 0; a NaN equals nothing and stays.
  Value t = arith::DivFOp::create(builder, small, large);
  Value ofEqual = select(equal(large, constant(0)), constant(0), constant(1));
  t = select(equal(small, large), ofEqual, t);
  Value square = mul(t, t);
  Value p = polynomial(square, {-0.333331674, 0.199941456, -0.142142639, 0.106791131, -0.0758087113,
                                0.0435562283, -0.0165824164, 0.0029748024});
  Value angle = multiplyAdd(mul(p, square), t, t);
  // From the axis to the positive x axis: 0, pi/2 or pi, each in two parts, plus or minus the angle.
  Value negative = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, toBits(x), integer(0));
  Value axis = select(steep, constant(kHalfPiHigh),
                      select(negative, constant(2 * kHalfPiHigh), constant(0)));
  Value rest =
      select(steep, constant(kHalfPiLow), select(negative, constant(2 * kHalfPiLow), constant(0)));
  Value subtract = arith::XOrIOp::create(builder, steep, negative);
  angle = select(subtract, arith::NegFOp::create(builder, angle), angle);
  return withSignOf(add(axis, add(angle, rest)), y);
}

Value MathEmitter::rsqrt(Value x) {
  return arith::DivFOp::create(builder, constant(1), math::SqrtOp::create(builder, x));
}

/// ln of positive values of f32, denormal ones too, in f64; to 2^-40.
Value MathEmitter::log64(Value x) {
  Type bitsType = like(builder.getI64Type());
  Value wide = arith::ExtFOp::create(builder, like(builder.getF64Type()), x);
  Value bits = arith::BitcastOp::create(builder, bitsType, wide);
  constexpr int64_t sqrtHalf = 0x3fe6a09e667f3bcd, exponentMask = -(int64_t(1) << 52);
  Value exponent =
      arith::AndIOp::create(builder, arith::SubIOp::create(builder, bits, integer(sqrtHalf, 64)),
                            integer(exponentMask, 64));
  Value m = arith::BitcastOp::create(builder, wide.getType(),
                                     arith::SubIOp::create(builder, bits, exponent));
  Value k = arith::ShRSIOp::create(builder, exponent, integer(52, 64));
  // A narrow integer converts in one instruction on every processor.
  k = arith::TruncIOp::create(builder, like(builder.getI32Type()), k);
  k = arith::SIToFPOp::create(builder, wide.getType(), k);
  Value s = arith::DivFOp::create(builder, sub(m, constant64(1)), add(m, constant64(1)));
  Value t = mul(s, s);
  Value p = polynomial(t, {0.66666666675853947, 0.39999995601724136, 0.28572111498218694,
                           0.22176082743640274, 0.19585787603828006});
  Value logM = multiplyAdd(mul(t, s), p, add(s, s));
  return multiplyAdd(k, constant64(0.69314718055994531), logM);
}

/// e^x in f64 for |x| < 700, to 2^-40.
Value MathEmitter::exp64(Value x) {
  Value round = constant64(kRound64);
  Value shifted = multiplyAdd(x, constant64(kLog2E), round);
  Value n = sub(shifted, round);
  Value r = multiplyAdd(n, constant64(-0.69314718055994531), x);
  Value p = polynomial(r, {1.0000000000000271, 0.99999999997973443, 0.49999999999076722,
                           0.1666666689146348, 0.041666667191058555, 0.0083332660154028394,
                           0.0013888781708564152, 0.00019915912360366926, 2.4892800966017475e-05});
  Type bitsType = like(builder.getI64Type());
  Value biased = arith::AddIOp::create(
      builder, arith::BitcastOp::create(builder, bitsType, shifted), integer(1023, 64));
  Value power = arith::BitcastOp::create(builder, x.getType(),
                                         arith::ShLIOp::create(builder, biased, integer(52, 64)));
  return mul(p, power);
}

Value MathEmitter::pow(Value x, Value y) {
  // |x|^y = e^(y ln |x|) in f64, rounded once.
  Value base = magnitude(x);
  Value logarithm = log64(base);
  logarithm = select(equal(base, constant(0)), constant64(-kInfinity), logarithm);
  logarithm = select(equal(base, constant(kInfinity)), constant64(kInfinity), logarithm);
  // An infinite y acts like the largest one, except that ln 1 times it is 0, as it should be.
  constexpr double largest = std::numeric_limits<float>::max();
  Value finite =
      arith::ExtFOp::create(builder, like(builder.getF64Type()), clamp(y, -largest, largest));
  Value power = exp64(clamp(mul(finite, logarithm), -200, 200));
  Value result = arith::TruncFOp::create(builder, type, power);
  // NaN in x is lost in the logarithm's bits.
  result = select(arith::CmpFOp::create(builder, arith::CmpFPredicate::UNO, x, y), constant(kNaN),
                  result);

  Value whole = equal(y, math::FloorOp::create(builder, y));
  Value half = mul(y, constant(0.5));
  Value even = equal(half, math::FloorOp::create(builder, half));
  Value negative = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, toBits(x), integer(0));
  Value flip = arith::AndIOp::create(
      builder, negative,
      arith::AndIOp::create(
          builder, whole,
          arith::XOrIOp::create(builder, even,
                                splat(builder, even.getType(), builder.getBoolAttr(true)))));
  result = select(flip, arith::NegFOp::create(builder, result), result);
  // A negative base other than -infinity has no power that is not whole.
  Value real = arith::OrIOp::create(builder, whole, equal(base, constant(kInfinity)));
  Value defined =
      select(less(x, constant(0)), real, splat(builder, real.getType(), builder.getBoolAttr(true)));
  result = select(defined, result, constant(kNaN));
  Value one = arith::OrIOp::create(builder, equal(y, constant(0)), equal(x, constant(1)));
  return select(one, constant(1), result);
}

} // namespace nnc
