// Element-wise operations of the evaluator.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/reference/EvaluateOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace nnc::nn;
using namespace nnc::reference;

namespace {

using UnaryFunction = double (*)(double);
using BinaryFunction = double (*)(double, double);
using IntegerFunction = int64_t (*)(int64_t, int64_t);

double sign(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; }

double maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && b == 0)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

double minimum(double a, double b) { return -maximum(-a, -b); }

/// Wrapping arithmetic: unsigned arithmetic wraps, and so does storing the low bits.
int64_t wrap(uint64_t x) { return static_cast<int64_t>(x); }

int64_t divide(int64_t a, int64_t b) {
  if (b == 0)
    return 0;
  return b == -1 ? wrap(-static_cast<uint64_t>(a)) : a / b;
}

int64_t remainder(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

UnaryFunction unaryFunction(Operation *op) {
  return llvm::TypeSwitch<Operation *, UnaryFunction>(op)
      .Case<NegOp>([](auto) { return +[](double x) { return -x; }; })
      .Case<AbsOp>([](auto) { return +[](double x) { return std::fabs(x); }; })
      .Case<SignOp>([](auto) { return sign; })
      .Case<ExpOp>([](auto) { return +[](double x) { return std::exp(x); }; })
      .Case<Expm1Op>([](auto) { return +[](double x) { return std::expm1(x); }; })
      .Case<LogOp>([](auto) { return +[](double x) { return std::log(x); }; })
      .Case<Log1pOp>([](auto) { return +[](double x) { return std::log1p(x); }; })
      .Case<SqrtOp>([](auto) { return +[](double x) { return std::sqrt(x); }; })
      .Case<RsqrtOp>([](auto) { return +[](double x) { return 1 / std::sqrt(x); }; })
      .Case<TanhOp>([](auto) { return +[](double x) { return std::tanh(x); }; })
      .Case<LogisticOp>([](auto) { return +[](double x) { return 1 / (1 + std::exp(-x)); }; })
      .Case<ErfOp>([](auto) { return +[](double x) { return std::erf(x); }; })
      .Case<SinOp>([](auto) { return +[](double x) { return std::sin(x); }; })
      .Case<CosOp>([](auto) { return +[](double x) { return std::cos(x); }; })
      .Case<FloorOp>([](auto) { return +[](double x) { return std::floor(x); }; })
      .Case<CeilOp>([](auto) { return +[](double x) { return std::ceil(x); }; })
      .Case<RoundOp>([](auto) { return +[](double x) { return std::nearbyint(x); }; })
      .Case<StopGradientOp, BatchMeanOp, BatchSumOp, BatchNextOp>(
          [](auto) { return +[](double x) { return x; }; })
      .Default([](auto) { return nullptr; });
}

/// The second argument is 0 for operations of one operand.
IntegerFunction integerFunction(Operation *op) {
  return llvm::TypeSwitch<Operation *, IntegerFunction>(op)
      .Case<NegOp>(
          [](auto) { return +[](int64_t a, int64_t) { return wrap(-static_cast<uint64_t>(a)); }; })
      .Case<AbsOp>([](auto) {
        return +[](int64_t a, int64_t) { return a < 0 ? wrap(-static_cast<uint64_t>(a)) : a; };
      })
      .Case<SignOp>(
          [](auto) { return +[](int64_t a, int64_t) -> int64_t { return (a > 0) - (a < 0); }; })
      .Case<NotOp>([](auto) { return +[](int64_t a, int64_t) -> int64_t { return a == 0; }; })
      .Case<StopGradientOp, BatchNextOp>([](auto) { return +[](int64_t a, int64_t) { return a; }; })
      .Case<AddOp>([](auto) {
        return +[](int64_t a, int64_t b) { return wrap(uint64_t(a) + uint64_t(b)); };
      })
      .Case<SubOp>([](auto) {
        return +[](int64_t a, int64_t b) { return wrap(uint64_t(a) - uint64_t(b)); };
      })
      .Case<MulOp>([](auto) {
        return +[](int64_t a, int64_t b) { return wrap(uint64_t(a) * uint64_t(b)); };
      })
      .Case<DivOp>([](auto) { return divide; })
      .Case<RemOp>([](auto) { return remainder; })
      .Case<MaxOp>([](auto) { return +[](int64_t a, int64_t b) { return std::max(a, b); }; })
      .Case<MinOp>([](auto) { return +[](int64_t a, int64_t b) { return std::min(a, b); }; })
      .Case<AndOp>([](auto) { return +[](int64_t a, int64_t b) { return a & b; }; })
      .Case<OrOp>([](auto) { return +[](int64_t a, int64_t b) { return a | b; }; })
      .Default([](auto) { return nullptr; });
}

BinaryFunction binaryFunction(Operation *op) {
  return llvm::TypeSwitch<Operation *, BinaryFunction>(op)
      .Case<AddOp>([](auto) { return +[](double a, double b) { return a + b; }; })
      .Case<SubOp>([](auto) { return +[](double a, double b) { return a - b; }; })
      .Case<MulOp>([](auto) { return +[](double a, double b) { return a * b; }; })
      .Case<DivOp>([](auto) { return +[](double a, double b) { return a / b; }; })
      .Case<RemOp>([](auto) { return +[](double a, double b) { return std::fmod(a, b); }; })
      .Case<PowOp>([](auto) { return +[](double a, double b) { return std::pow(a, b); }; })
      .Case<Atan2Op>([](auto) { return +[](double a, double b) { return std::atan2(a, b); }; })
      .Case<MaxOp>([](auto) { return maximum; })
      .Case<MinOp>([](auto) { return minimum; })
      .Default([](auto) { return nullptr; });
}

int64_t toInteger(double x, unsigned width) {
  if (std::isnan(x))
    return 0;
  double limit = std::ldexp(1.0, static_cast<int>(width) - 1);
  if (x >= limit)
    return APInt::getSignedMaxValue(width).getSExtValue();
  if (x < -limit)
    return APInt::getSignedMinValue(width).getSExtValue();
  return static_cast<int64_t>(x);
}

void convert(const Tensor &from, Tensor &result) {
  unsigned width = result.type.getElementTypeBitWidth();
  for (int64_t i = 0; i < result.size(); ++i) {
    if (result.isFloat())
      result.setReal(i, from.isFloat() ? from.reals[i] : static_cast<double>(from.integers[i]));
    else
      result.setInteger(i, from.isFloat() ? toInteger(from.reals[i], width) : from.integers[i]);
  }
}

} // namespace

bool nnc::reference::evaluateElementwise(Operation *op, Operands operands, Tensor &result) {
  int64_t size = result.size();
  if (auto compareOp = dyn_cast<CompareOp>(op)) {
    const Tensor &a = *operands[0], &b = *operands[1];
    for (int64_t i = 0; i < size; ++i)
      result.setInteger(i, a.isFloat()
                               ? holds(compareOp.getPredicate(), a.reals[i], b.reals[i])
                               : holds(compareOp.getPredicate(), a.integers[i], b.integers[i]));
    return true;
  }
  if (isa<SelectOp>(op)) {
    for (int64_t i = 0; i < size; ++i)
      result.copy(i, operands[0]->integers[i] ? *operands[1] : *operands[2], i);
    return true;
  }
  if (isa<ConvertOp>(op)) {
    convert(*operands[0], result);
    return true;
  }
  if (!result.isFloat()) {
    IntegerFunction function = integerFunction(op);
    for (int64_t i = 0; function && i < size; ++i)
      result.setInteger(i, function(operands[0]->integers[i],
                                    operands.size() > 1 ? operands[1]->integers[i] : 0));
    return function != nullptr;
  }
  if (UnaryFunction function = unaryFunction(op)) {
    for (int64_t i = 0; i < size; ++i)
      result.setReal(i, function(operands[0]->reals[i]));
    return true;
  }
  if (BinaryFunction function = binaryFunction(op)) {
    for (int64_t i = 0; i < size; ++i)
      result.setReal(i, function(operands[0]->reals[i], operands[1]->reals[i]));
    return true;
  }
  return false;
}
