// Shape functions, folders and canonicalisation of element-wise operations. Folds keep IEEE results
// bit for bit, but for two: `x + 0.0` becomes x (which differs for x = -0.0), and powers with small
// constant exponents become products.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/NNConstants.h"
#include "compiler/dialect/NNShapes.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;
using namespace nnc::nn;

/// Whether the folder's operand is a constant whose elements all are `number`.
static bool isSplatOf(Attribute constant, double number) {
  std::optional<Scalar> scalar = readSplat(constant);
  if (!scalar)
    return false;
  bool isReal = isa<FloatType>(cast<DenseElementsAttr>(constant).getElementType());
  return isReal ? scalar->real == number : static_cast<double>(scalar->integer) == number;
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

#define NN_FOLD_UNARY_FLOAT(OP, FUNCTION)                                                          \
  OpFoldResult OP::fold(FoldAdaptor adaptor) {                                                     \
    return foldUnaryFloat(                                                                         \
        getType(), adaptor.getOperand(), +[](double x) -> double { return FUNCTION; });            \
  }
NN_FOLD_UNARY_FLOAT(ExpOp, std::exp(x))
NN_FOLD_UNARY_FLOAT(Expm1Op, std::expm1(x))
NN_FOLD_UNARY_FLOAT(LogOp, std::log(x))
NN_FOLD_UNARY_FLOAT(Log1pOp, std::log1p(x))
NN_FOLD_UNARY_FLOAT(SqrtOp, std::sqrt(x))
NN_FOLD_UNARY_FLOAT(RsqrtOp, 1 / std::sqrt(x))
NN_FOLD_UNARY_FLOAT(TanhOp, std::tanh(x))
NN_FOLD_UNARY_FLOAT(LogisticOp, 1 / (1 + std::exp(-x)))
NN_FOLD_UNARY_FLOAT(ErfOp, std::erf(x))
NN_FOLD_UNARY_FLOAT(SinOp, std::sin(x))
NN_FOLD_UNARY_FLOAT(CosOp, std::cos(x))
NN_FOLD_UNARY_FLOAT(FloorOp, std::floor(x))
NN_FOLD_UNARY_FLOAT(CeilOp, std::ceil(x))
NN_FOLD_UNARY_FLOAT(RoundOp, std::nearbyint(x))
#undef NN_FOLD_UNARY_FLOAT

/// Folds an operation on floats or integers of which at most one function is used.
static Attribute foldNumber(RankedTensorType type, ArrayRef<Attribute> operands,
                            function_ref<double(ArrayRef<Scalar>)> onFloats,
                            function_ref<int64_t(ArrayRef<Scalar>)> onIntegers) {
  bool isReal = isa<FloatType>(type.getElementType());
  return foldElementwise(type, operands, [&](ArrayRef<Scalar> x) {
    Scalar result;
    if (isReal)
      result.real = onFloats(x);
    else
      result.integer = onIntegers(x);
    return result;
  });
}

OpFoldResult NegOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getOperand().getDefiningOp<NegOp>())
    return inner.getOperand();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return -x[0].real; },
      [](auto x) { return static_cast<int64_t>(-static_cast<uint64_t>(x[0].integer)); });
}

OpFoldResult AbsOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getDefiningOp<AbsOp>())
    return getOperand();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return std::fabs(x[0].real); },
      [](auto x) {
        auto bits = static_cast<uint64_t>(x[0].integer);
        return static_cast<int64_t>(x[0].integer < 0 ? -bits : bits);
      });
}

OpFoldResult SignOp::fold(FoldAdaptor adaptor) {
  return foldNumber(
      getType(), adaptor.getOperands(),
      [](auto x) {
        double value = x[0].real;
        return value > 0 ? 1.0 : value < 0 ? -1.0 : value;
      },
      [](auto x) { return (x[0].integer > 0) - (x[0].integer < 0); });
}

OpFoldResult NotOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getOperand().getDefiningOp<NotOp>())
    return inner.getOperand();
  return foldElementwise(getType(), adaptor.getOperands(),
                         [](ArrayRef<Scalar> x) { return Scalar{0, x[0].integer == 0}; });
}

OpFoldResult StopGradientOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getDefiningOp<StopGradientOp>())
    return getOperand();
  return adaptor.getOperand();
}

OpFoldResult ConvertOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  bool fromFloat = isFloat(getOperand()), toFloat = isFloat(getResult());
  unsigned width = getType().getElementTypeBitWidth();
  return foldElementwise(getType(), adaptor.getOperands(), [&](ArrayRef<Scalar> x) {
    Scalar result;
    if (toFloat) {
      result.real = fromFloat ? x[0].real : static_cast<double>(x[0].integer);
    } else if (!fromFloat) {
      result.integer = x[0].integer;
    } else if (!std::isnan(x[0].real)) {
      double limit = std::ldexp(1.0, static_cast<int>(width) - 1);
      if (x[0].real >= limit)
        result.integer = APInt::getSignedMaxValue(width).getSExtValue();
      else if (x[0].real < -limit)
        result.integer = APInt::getSignedMinValue(width).getSExtValue();
      else
        result.integer = static_cast<int64_t>(x[0].real);
    }
    return result;
  });
}

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

OpFoldResult Atan2Op::fold(FoldAdaptor adaptor) {
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return std::atan2(x[0].real, x[1].real); },
      [](auto) { return 0; });
}

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getRhs(), 0))
    return getLhs();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return x[0].real + x[1].real; },
      [](auto x) { return static_cast<int64_t>(uint64_t(x[0].integer) + uint64_t(x[1].integer)); });
}

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getRhs(), 0))
    return getLhs();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return x[0].real - x[1].real; },
      [](auto x) { return static_cast<int64_t>(uint64_t(x[0].integer) - uint64_t(x[1].integer)); });
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getRhs(), 1))
    return getLhs();
  if (!isFloat(getResult()) && isSplatOf(adaptor.getRhs(), 0))
    return getRhs();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return x[0].real * x[1].real; },
      [](auto x) { return static_cast<int64_t>(uint64_t(x[0].integer) * uint64_t(x[1].integer)); });
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getRhs(), 1))
    return getLhs();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return x[0].real / x[1].real; },
      [](auto x) -> int64_t {
        if (x[1].integer == 0)
          return 0;
        return x[1].integer == -1 ? static_cast<int64_t>(-static_cast<uint64_t>(x[0].integer))
                                  : x[0].integer / x[1].integer;
      });
}

OpFoldResult RemOp::fold(FoldAdaptor adaptor) {
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return std::fmod(x[0].real, x[1].real); },
      [](auto x) -> int64_t {
        return x[1].integer == 0 || x[1].integer == -1 ? 0 : x[0].integer % x[1].integer;
      });
}

/// Larger of two by nn.max; smaller if `sign` is -1.
static double extremum(double a, double b, double sign) {
  if (std::isnan(a) || std::isnan(b))
    return a + b;
  if (a == b)
    return std::signbit(a) == (sign > 0) ? b : a;
  return (a > b) == (sign > 0) ? a : b;
}

OpFoldResult MaxOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs())
    return getLhs();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return extremum(x[0].real, x[1].real, 1); },
      [](auto x) { return std::max(x[0].integer, x[1].integer); });
}

OpFoldResult MinOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs())
    return getLhs();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return extremum(x[0].real, x[1].real, -1); },
      [](auto x) { return std::min(x[0].integer, x[1].integer); });
}

OpFoldResult PowOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getRhs(), 1))
    return getLhs();
  return foldNumber(
      getType(), adaptor.getOperands(), [](auto x) { return std::pow(x[0].real, x[1].real); },
      [](auto) -> int64_t { return 0; });
}

namespace {
/// Powers with constant exponents -1, 0, 2, 3 as products.
struct ExpandConstantPower : OpRewritePattern<PowOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PowOp op, PatternRewriter &rewriter) const override {
    std::optional<double> exponent = matchSplat(op.getRhs());
    if (!exponent)
      return failure();
    Term x(rewriter, op.getLoc(), op.getLhs());
    if (*exponent == -1)
      rewriter.replaceOp(op, Value(x.number(1) / x));
    else if (*exponent == 0)
      rewriter.replaceOp(op, Value(x.number(1)));
    else if (*exponent == 1)
      rewriter.replaceOp(op, Value(x));
    else if (*exponent == 2)
      rewriter.replaceOp(op, Value(x * x));
    else if (*exponent == 3)
      rewriter.replaceOp(op, Value(x * x * x));
    else
      return failure();
    return success();
  }
};
} // namespace

void PowOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<ExpandConstantPower>(context);
}

OpFoldResult AndOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs() || isSplatOf(adaptor.getRhs(), 1))
    return getLhs();
  if (isSplatOf(adaptor.getRhs(), 0))
    return getRhs();
  return foldElementwise(getType(), adaptor.getOperands(),
                         [](ArrayRef<Scalar> x) { return Scalar{0, x[0].integer & x[1].integer}; });
}

OpFoldResult OrOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs() || isSplatOf(adaptor.getRhs(), 0))
    return getLhs();
  if (isSplatOf(adaptor.getRhs(), 1))
    return getRhs();
  return foldElementwise(getType(), adaptor.getOperands(),
                         [](ArrayRef<Scalar> x) { return Scalar{0, x[0].integer | x[1].integer}; });
}

//===----------------------------------------------------------------------===//
// Comparison and selection
//===----------------------------------------------------------------------===//

LogicalResult CompareOp::inferReturnTypes(MLIRContext *context, std::optional<Location>,
                                          Adaptor adaptor, SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(adaptor.getLhs().getType());
  types.push_back(type.clone(IntegerType::get(context, 1)));
  return success();
}

OpFoldResult CompareOp::fold(FoldAdaptor adaptor) {
  bool isReal = isFloat(getLhs());
  if (!isReal && getLhs() == getRhs())
    return makeConstant(getType(), Scalar{0, holds<int64_t>(getPredicate(), 0, 0)});
  return foldElementwise(getType(), adaptor.getOperands(), [&](ArrayRef<Scalar> x) {
    return Scalar{0, isReal ? holds(getPredicate(), x[0].real, x[1].real)
                            : holds(getPredicate(), x[0].integer, x[1].integer)};
  });
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getTrueValue() == getFalseValue() || isSplatOf(adaptor.getCondition(), 1))
    return getTrueValue();
  if (isSplatOf(adaptor.getCondition(), 0))
    return getFalseValue();
  return foldElementwise(getType(), adaptor.getOperands(),
                         [](ArrayRef<Scalar> x) { return x[0].integer ? x[1] : x[2]; });
}
