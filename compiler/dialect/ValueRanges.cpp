// Interval arithmetic for each operation of the dialect.
#include "compiler/dialect/ValueRanges.h"

#include "compiler/dialect/NNBuilders.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

static constexpr double infinity = Interval::infinity;

static Interval join(Interval a, Interval b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.maybeNan || b.maybeNan};
}

static bool maybeInfinite(Interval range) {
  return range.low == -infinity || range.high == infinity;
}

static double magnitude(Interval range) {
  return std::max(std::fabs(range.low), std::fabs(range.high));
}

static double leastMagnitude(Interval range) {
  return range.contains(0) ? 0 : std::min(std::fabs(range.low), std::fabs(range.high));
}

/// The smallest interval with these ends, in any order.
static Interval hull(std::initializer_list<double> ends, bool maybeNan) {
  if (llvm::any_of(ends, [](double end) { return std::isnan(end); }))
    return {};
  return {std::min(ends), std::max(ends), maybeNan};
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static double largestNumber(FloatType type) {
  return APFloat::getLargest(type.getFloatSemantics()).convertToDouble();
}

/// The range after rounding to the type: a bound that overflows is infinite, one that underflows is
/// 0.
static Interval rounded(Interval range, Type type) {
  auto floatType = dyn_cast<FloatType>(getElementTypeOrSelf(type));
  if (!floatType)
    return {range.low, range.high, false};
  double largest = largestNumber(floatType);
  double smallest = APFloat::getSmallestNormalized(floatType.getFloatSemantics()).convertToDouble();
  if (range.low < -largest)
    range.low = -infinity;
  if (range.high > largest)
    range.high = infinity;
  if (range.low > 0 && range.low < smallest)
    range.low = 0;
  if (range.high < 0 && range.high > -smallest)
    range.high = 0;
  return range;
}

/// Any number of ordinary size.
static Interval ordinary(Type type) {
  Type elementType = getElementTypeOrSelf(type);
  if (elementType.isInteger(1))
    return {0, 1, false};
  double limit = std::ldexp(1.0, 63);
  if (auto floatType = dyn_cast<FloatType>(elementType))
    limit = std::pow(largestNumber(floatType), 0.4);
  return {-limit, limit, false};
}

/// A sum of elements, or of products of elements, of these ranges.
static Interval summed(ArrayRef<Interval> operands, Type type) {
  if (!llvm::all_of(operands, [](Interval range) { return range.isFinite(); }))
    return {};
  if (llvm::any_of(operands, [](Interval range) { return range.isZero(); }))
    return {0, 0, false};
  Interval result = ordinary(type);
  if (llvm::all_of(operands, [](Interval range) { return range.low >= 0; }))
    result.low = 0;
  return result;
}

static Interval rangeOfNumber(double value) {
  return std::isnan(value) ? Interval() : Interval{value, value, false};
}

static Interval rangeOfConstant(ConstantOp op) {
  if (std::optional<double> value = matchSplat(op.getResult()))
    return rangeOfNumber(*value);
  auto elements = dyn_cast<DenseFPElementsAttr>(op.getValue());
  if (!elements)
    return isa<FloatType>(op.getType().getElementType()) ? Interval() : ordinary(op.getType());
  Interval result{infinity, -infinity, false};
  for (APFloat element : elements)
    result = join(result, rangeOfNumber(element.convertToDouble()));
  return result;
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static Interval negated(Interval x) { return {-x.high, -x.low, x.maybeNan}; }

static Interval added(Interval a, Interval b) {
  bool cancels =
      (a.high == infinity && b.low == -infinity) || (a.low == -infinity && b.high == infinity);
  return hull({a.low + b.low, a.high + b.high}, a.maybeNan || b.maybeNan || cancels);
}

static Interval multiplied(Interval a, Interval b) {
  auto product = [](double x, double y) { return x == 0 || y == 0 ? 0 : x * y; };
  bool zeroTimesInfinity =
      (a.contains(0) && maybeInfinite(b)) || (b.contains(0) && maybeInfinite(a));
  return hull({product(a.low, b.low), product(a.low, b.high), product(a.high, b.low),
               product(a.high, b.high)},
              a.maybeNan || b.maybeNan || zeroTimesInfinity);
}

static Interval squared(Interval x) {
  return {leastMagnitude(x) * leastMagnitude(x), magnitude(x) * magnitude(x), x.maybeNan};
}

static Interval divided(Interval a, Interval b) {
  bool maybeNan = a.maybeNan || b.maybeNan || (maybeInfinite(a) && maybeInfinite(b));
  if (b.contains(0))
    return {-infinity, infinity, maybeNan || a.contains(0)};
  auto quotient = [](double x, double y) { return std::isinf(y) ? 0 : x / y; };
  return hull({quotient(a.low, b.low), quotient(a.low, b.high), quotient(a.high, b.low),
               quotient(a.high, b.high)},
              maybeNan);
}

static Interval raised(Interval base, Interval exponent) {
  bool maybeNan = base.maybeNan || exponent.maybeNan;
  if (base.low >= 0 && !maybeInfinite(exponent))
    return hull({std::pow(base.low, exponent.low), std::pow(base.low, exponent.high),
                 std::pow(base.high, exponent.low), std::pow(base.high, exponent.high)},
                maybeNan);
  double power = exponent.low;
  if (power != exponent.high || power != std::floor(power) || power < 0)
    return {};
  if (std::fmod(power, 2) == 0)
    return {base.contains(0) && power > 0
                ? 0
                : std::min(std::pow(base.low, power), std::pow(base.high, power)),
            std::pow(magnitude(base), power), maybeNan};
  return {std::pow(base.low, power), std::pow(base.high, power), maybeNan};
}

/// Of a function that grows and is defined from `begin` on.
static Interval growing(Interval x, double (*function)(double), double begin = -infinity) {
  return {function(std::max(x.low, begin)), function(std::max(x.high, begin)),
          x.maybeNan || x.low < begin};
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

static Value withoutStop(Value value) {
  auto stop = value.getDefiningOp<StopGradientOp>();
  return stop ? stop.getOperand() : value;
}

/// The maximum that is subtracted from each element that it is the maximum of; null if something
/// else is subtracted.
static ReduceMaxOp subtractedMaximum(SubOp sub) {
  auto broadcast = withoutStop(sub.getRhs()).getDefiningOp<BroadcastOp>();
  if (!broadcast)
    return {};
  auto maximum = withoutStop(broadcast.getOperand()).getDefiningOp<ReduceMaxOp>();
  bool isOwn = maximum && withoutStop(maximum.getOperand()) == sub.getLhs() &&
               otherDims(maximum.getDims(), sub.getType().getRank()) ==
                   SmallVector<int64_t>(broadcast.getDims());
  return isOwn ? maximum : ReduceMaxOp();
}

/// Whether a 1 is among the elements of each sum: exponentials of differences from the maximum.
static bool hasOne(ReduceSumOp sum) {
  auto exponential = sum.getOperand().getDefiningOp<ExpOp>();
  auto sub = exponential ? exponential.getOperand().getDefiningOp<SubOp>() : SubOp();
  auto maximum = sub ? subtractedMaximum(sub) : ReduceMaxOp();
  return maximum && maximum.getDims() == sum.getDims();
}

ValueRanges::ValueRanges(Block &block, Operation *end) {
  for (BlockArgument argument : block.getArguments())
    ranges[argument] = kindOf(argument) == Kind::ExampleWeight ? Interval{0, 1, false}
                                                               : ordinary(argument.getType());
  for (Operation &op : block) {
    if (&op == end)
      break;
    add(&op);
  }
}

Interval ValueRanges::of(Value value) const {
  auto found = ranges.find(value);
  return found == ranges.end() ? Interval() : found->second;
}

void ValueRanges::add(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return addScan(scan);
  for (Value result : op->getResults())
    ranges[result] = rounded(compute(op), result.getType());
}

/// Carries count as sums do: what a step makes of ordinary numbers is ordinary if it is finite.
void ValueRanges::addScan(ScanOp scan) {
  bool isFinite =
      llvm::all_of(scan.getOperands(), [&](Value operand) { return of(operand).isFinite(); });
  ValueRanges inner(*scan.getBlock());
  for (auto [result, value] : llvm::zip_equal(scan.getResults(), scan.getYield().getOperands()))
    ranges[result] =
        isFinite && inner.of(value).isFinite() ? ordinary(result.getType()) : Interval();
}

/// The range of a value where a comparison holds, or where it does not.
Interval ValueRanges::ofSelected(Value value, CompareOp condition, bool holds) const {
  Interval range = of(value);
  if (!condition)
    return range;
  Value left = condition.getLhs(), right = condition.getRhs();
  ComparePredicate predicate = condition.getPredicate();
  bool isNegated = false;
  if (auto negation = value.getDefiningOp<NegOp>(); negation && value != left && value != right) {
    value = negation.getOperand();
    isNegated = true;
  }
  if (value != left && value != right)
    return range;
  using enum ComparePredicate;
  bool isGreater = predicate == gt || predicate == ge, isLess = predicate == lt || predicate == le;
  if (!isGreater && !isLess)
    return range;
  // A comparison that does not hold may have met a NaN.
  if (holds)
    range.maybeNan = false;
  Interval other = of(value == left ? right : left);
  if ((isGreater == holds) == (value == left)) {
    double bound = other.low;
    isNegated ? range.high = std::min(range.high, -bound) : range.low = std::max(range.low, bound);
  } else {
    double bound = other.high;
    isNegated ? range.low = std::max(range.low, -bound) : range.high = std::min(range.high, bound);
  }
  range.high = std::max(range.low, range.high);
  return range;
}

Interval ValueRanges::compute(Operation *op) const {
  auto operand = [&](unsigned index) { return of(op->getOperand(index)); };
  Type type = op->getResult(0).getType();
  using Case = llvm::TypeSwitch<Operation *, Interval>;
  if (isa<NNDialect>(op->getDialect()) && !isa<FloatType>(getElementTypeOrSelf(type)) &&
      isa<AddOp, SubOp, MulOp, DivOp, RemOp, NegOp, AbsOp>(op))
    return ordinary(type); // whole numbers wrap
  return Case(op)
      .Case([&](ConstantOp constant) { return rangeOfConstant(constant); })
      .Case<NegOp>([&](auto) { return negated(operand(0)); })
      .Case<AbsOp>([&](auto) {
        Interval x = operand(0);
        return Interval{leastMagnitude(x), magnitude(x), x.maybeNan};
      })
      .Case<SignOp>([&](auto) { return Interval{-1, 1, operand(0).maybeNan}; })
      .Case<ExpOp>([&](auto) { return growing(operand(0), std::exp); })
      .Case<Expm1Op>([&](auto) { return growing(operand(0), std::expm1); })
      .Case<LogOp>([&](auto) { return growing(operand(0), std::log, 0); })
      .Case<Log1pOp>([&](auto) { return growing(operand(0), std::log1p, -1); })
      .Case<SqrtOp>([&](auto) { return growing(operand(0), std::sqrt, 0); })
      .Case<RsqrtOp>([&](auto) {
        Interval root = growing(operand(0), std::sqrt, 0);
        return Interval{1 / root.high, 1 / root.low, root.maybeNan};
      })
      .Case<TanhOp>([&](auto) { return growing(operand(0), std::tanh); })
      .Case<ErfOp>([&](auto) { return growing(operand(0), std::erf); })
      .Case<LogisticOp>([&](auto) {
        return growing(operand(0), [](double x) { return 1 / (1 + std::exp(-x)); });
      })
      .Case<SinOp, CosOp>(
          [&](auto) { return Interval{-1, 1, operand(0).maybeNan || maybeInfinite(operand(0))}; })
      .Case<FloorOp>([&](auto) { return growing(operand(0), std::floor); })
      .Case<CeilOp>([&](auto) { return growing(operand(0), std::ceil); })
      .Case<RoundOp>([&](auto) { return growing(operand(0), std::nearbyint); })
      .Case<AddOp>([&](auto) { return added(operand(0), operand(1)); })
      .Case([&](SubOp sub) {
        Interval difference = added(operand(0), negated(operand(1)));
        if (subtractedMaximum(sub))
          difference.high = std::min(difference.high, 0.0);
        return difference;
      })
      .Case([&](MulOp mul) {
        return mul.getLhs() == mul.getRhs() ? squared(operand(0))
                                            : multiplied(operand(0), operand(1));
      })
      .Case<DivOp>([&](auto) { return divided(operand(0), operand(1)); })
      .Case<RemOp>([&](auto) {
        double limit = magnitude(operand(0));
        return Interval{-limit, limit,
                        operand(0).maybeNan || operand(1).maybeNan || operand(1).contains(0) ||
                            maybeInfinite(operand(0))};
      })
      .Case<MaxOp>([&](auto) {
        Interval a = operand(0), b = operand(1);
        return Interval{std::max(a.low, b.low), std::max(a.high, b.high), a.maybeNan || b.maybeNan};
      })
      .Case<MinOp>([&](auto) {
        Interval a = operand(0), b = operand(1);
        return Interval{std::min(a.low, b.low), std::min(a.high, b.high), a.maybeNan || b.maybeNan};
      })
      .Case<PowOp>([&](auto) { return raised(operand(0), operand(1)); })
      .Case<Atan2Op>(
          [&](auto) { return Interval{-3.2, 3.2, operand(0).maybeNan || operand(1).maybeNan}; })
      .Case([&](SelectOp select) {
        auto condition = select.getCondition().getDefiningOp<CompareOp>();
        return join(ofSelected(select.getTrueValue(), condition, true),
                    ofSelected(select.getFalseValue(), condition, false));
      })
      .Case<ConvertOp>([&](auto) {
        return isa<FloatType>(getElementTypeOrSelf(type)) ? operand(0) : ordinary(type);
      })
      .Case<StopGradientOp, BroadcastOp, ReshapeOp, TransposeOp, ReverseOp, SliceOp, GatherOp,
            WindowsOp, ReduceMaxOp, ReduceMinOp>([&](auto) { return operand(0); })
      .Case([&](PadOp pad) {
        return join(operand(0), rangeOfNumber(pad.getValue().convertToDouble()));
      })
      .Case([&](ConcatOp concat) {
        Interval all = operand(0);
        for (Value input : concat.getInputs())
          all = join(all, of(input));
        return all;
      })
      .Case([&](ReduceSumOp sum) {
        Interval total = summed({operand(0)}, type);
        if (hasOne(sum))
          total.low = std::max(total.low, 1.0);
        return total;
      })
      .Case<BatchNextOp>([&](auto) { return operand(0); })
      .Case<ScatterAddOp, OverlapAddOp, BatchMeanOp, BatchSumOp>(
          [&](auto) { return summed({operand(0)}, type); })
      .Case<ReduceProdOp>([&](auto) {
        return operand(0).maybeNan || magnitude(operand(0)) > 1 ? Interval()
                                                                : Interval{-1, 1, false};
      })
      .Case<SoftmaxOp>([&](auto) {
        Interval x = operand(0);
        return Interval{0, 1, x.maybeNan || x.high == Interval::infinity};
      })
      .Case<ContractOp>([&](auto) { return summed({operand(0), operand(1)}, type); })
      .Case<RandomUniformOp>([&](auto) { return Interval{0, 1, false}; })
      .Case<IotaOp, ArgmaxOp, ArgsortOp, CompareOp, AndOp, OrOp, NotOp, RandomNormalOp,
            BatchCountOp>([&](auto) { return ordinary(type); })
      .Default([](Operation *) { return Interval(); });
}
