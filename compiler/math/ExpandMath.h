// Arithmetic in place of the math dialect's transcendental functions, for f32 scalars and vectors
// of any width: at most 4 units in the last place off over the whole range, right for NaN,
// infinities and denormals. The pass `expand-math` applies it; see docs/math.md for accuracy and
// speed.
#pragma once

#include "compiler/target/TargetDescription.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Value.h"

namespace nnc {

/// Emits functions of f32 values of one type.
class MathEmitter {
public:
  /// `type` is f32 or a vector of it. Without fused multiply-adds of the target, products and sums
  /// are rounded apart; else results are the same bits on all targets.
  MathEmitter(mlir::ImplicitLocOpBuilder &builder, mlir::Type type,
              const TargetDescription &target);

  mlir::Value exp(mlir::Value x);
  mlir::Value expm1(mlir::Value x);
  mlir::Value log(mlir::Value x);
  mlir::Value log1p(mlir::Value x);
  mlir::Value tanh(mlir::Value x);
  mlir::Value erf(mlir::Value x);
  /// 1 + erf(x), which is erfc(-x), at most 2e-7 off. It computes exp(-x * x), as the derivative does.
  mlir::Value onePlusErf(mlir::Value x);
  /// sin, or cos where `cosine`, for arguments up to largestAngle in magnitude.
  mlir::Value sine(mlir::Value x, bool cosine);
  mlir::Value pow(mlir::Value x, mlir::Value y);
  mlir::Value atan2(mlir::Value y, mlir::Value x);
  mlir::Value rsqrt(mlir::Value x);
  /// x / divisor by products with the reciprocal in two parts (Brisebarre and Muller 2004). It is
  /// exact where the quotient is a number of f32 and for infinities, NaN and zeros; else it is at most
  /// 0.51 units in the last place off, and 1 below 2^-100. Powers of two are not divisors here, and neither the divisor
  /// nor its reciprocal is extreme. Null where the target has no fused multiply-add.
  mlir::Value divide(mlir::Value x, float divisor);

  /// True where |x| > largestAngle.
  mlir::Value isLargeAngle(mlir::Value x);

private:
  mlir::Type like(mlir::Type element) const;
  mlir::Value constant(double value);
  mlir::Value constant64(double value);
  mlir::Value integer(int64_t value, unsigned bits = 32);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value multiplyAdd(mlir::Value a, mlir::Value b, mlir::Value c);
  mlir::Value polynomial(mlir::Value x, llvm::ArrayRef<double> coefficients);
  mlir::Value toBits(mlir::Value x);
  mlir::Value fromBits(mlir::Value bits);
  mlir::Value magnitude(mlir::Value x);
  mlir::Value withSignOf(mlir::Value magnitude, mlir::Value sign);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  mlir::Value less(mlir::Value a, mlir::Value b);
  mlir::Value equal(mlir::Value a, mlir::Value b);
  /// Within [low, high]; NaN stays.
  mlir::Value clamp(mlir::Value x, double low, double high);

  /// x = n ln 2 + remainder, |remainder| <= ln 2 / 2; n as a float and as an integer.
  struct Reduced {
    mlir::Value n, integer, remainder;
  };
  Reduced reduceByLn2(mlir::Value x);
  mlir::Value expm1Polynomial(mlir::Value remainder);
  /// 2^n for n within the exponents of normal numbers.
  mlir::Value powerOfTwo(mlir::Value n);
  /// The mantissa times 2^n by one instruction; null where the target has none for the type.
  mlir::Value scale(mlir::Value mantissa, const Reduced &reduced);
  /// exp where neither the argument nor the result can be extreme.
  mlir::Value moderateExp(mlir::Value x);
  /// log(1 + f) + k ln 2, sqrt(1/2) - 1 <= f <= sqrt(2) - 1.
  mlir::Value logPolynomial(mlir::Value f, mlir::Value k);
  /// x = 2^k (1 + f) as above, k as bits of an exponent (k << 23), for normal positive x.
  mlir::Value exponentBits(mlir::Value x);
  mlir::Value exponentValue(mlir::Value bits);
  mlir::Value log64(mlir::Value x);
  mlir::Value exp64(mlir::Value x);

  mlir::ImplicitLocOpBuilder &builder;
  mlir::Type type;
  const TargetDescription &target;
};

} // namespace nnc
