// Implements CausalMask: comparisons of index expressions by the corners of the region s > t, constant
// tables and other computations from indices element by element, arithmetic by rules.
#include "compiler/dialect/CausalMask.h"

#include "compiler/dialect/DimCorrespondence.h"
#include "compiler/dialect/NNBuilders.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace nnc::nn;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using Number = std::optional<double>;

RankedTensorType tensorTypeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

//===-- Index expressions ---------------------------------------------------------------------===//

/// Forms have indices of dimensions of at most so many elements.
constexpr int64_t mostExactIndex = int64_t(1) << 18;

/// Whether the type holds all values of the expression exactly: in floats, also f32, whole numbers up to
/// 2^24; integers of 32 bits.
bool isExact(const IndexForm &form, bool isFloat) {
  const double mostFactor = isFloat ? 16 : 0x1p10, mostConstant = isFloat ? 0x1p20 : 0x1p29;
  auto isWhole = [](double number, double most) {
    return std::trunc(number) == number && std::fabs(number) <= most;
  };
  return isWhole(form.t, mostFactor) && isWhole(form.s, mostFactor) &&
         isWhole(form.constant, mostConstant);
}

/// The expression that a value is without regard to rounding in the value itself.
std::optional<IndexForm> combine(Value value, int64_t t, int64_t s) {
  if (Number number = matchSplat(value))
    return IndexForm{0, 0, *number};
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  auto both = [&](auto join) -> std::optional<IndexForm> {
    std::optional<IndexForm> a = readIndexForm(op->getOperand(0), t, s);
    std::optional<IndexForm> b = a ? readIndexForm(op->getOperand(1), t, s) : std::nullopt;
    return b ? join(*a, *b) : std::nullopt;
  };
  auto scaled = [](IndexForm a, double by) {
    return std::optional<IndexForm>({a.t * by, a.s * by, a.constant * by});
  };
  return llvm::TypeSwitch<Operation *, std::optional<IndexForm>>(op)
      .Case([&](IotaOp iota) -> std::optional<IndexForm> {
        auto dim = int64_t(iota.getDim());
        if (tensorTypeOf(value).getDimSize(dim) > mostExactIndex)
          return std::nullopt;
        if (dim == t)
          return IndexForm{1, 0, 0};
        return dim == s ? std::optional<IndexForm>({0, 1, 0}) : std::nullopt;
      })
      .Case([&](BroadcastOp broadcast) {
        auto source = [&](int64_t dim) {
          const auto *at = llvm::find(broadcast.getDims(), dim);
          return at == broadcast.getDims().end() ? -1 : at - broadcast.getDims().begin();
        };
        return readIndexForm(broadcast.getOperand(), source(t), source(s));
      })
      .Case<ReshapeOp, TransposeOp>([&](auto view) -> std::optional<IndexForm> {
        DimCorrespondence dims(view);
        int64_t source[2] = {t, s};
        for (int64_t &dim : source) {
          if (dim < 0)
            continue;
          std::optional<int64_t> from = dims.inOperand(0, dim);
          if (!from && tensorTypeOf(value).getDimSize(dim) > 1)
            return std::nullopt;
          dim = from.value_or(-1); // the only index is 0
        }
        return readIndexForm(view.getOperand(), source[0], source[1]);
      })
      .Case([&](ConvertOp convert) {
        bool keepsNumbers = !isFloat(convert.getOperand()) || isFloat(convert.getResult());
        return keepsNumbers ? readIndexForm(convert.getOperand(), t, s) : std::nullopt;
      })
      .Case([&](NegOp negation) -> std::optional<IndexForm> {
        std::optional<IndexForm> a = readIndexForm(negation.getOperand(), t, s);
        return a ? scaled(*a, -1) : std::nullopt;
      })
      .Case([&](AddOp) {
        return both([](IndexForm a, IndexForm b) {
          return std::optional<IndexForm>({a.t + b.t, a.s + b.s, a.constant + b.constant});
        });
      })
      .Case([&](SubOp) {
        return both([](IndexForm a, IndexForm b) {
          return std::optional<IndexForm>({a.t - b.t, a.s - b.s, a.constant - b.constant});
        });
      })
      .Case([&](MulOp) {
        return both([&](IndexForm a, IndexForm b) -> std::optional<IndexForm> {
          if (b.t == 0 && b.s == 0)
            return scaled(a, b.constant);
          return a.t == 0 && a.s == 0 ? scaled(b, a.constant) : std::nullopt;
        });
      })
      .Default([](Operation *) { return std::nullopt; });
}

} // namespace

std::optional<IndexForm> nnc::nn::readIndexForm(Value value, int64_t t, int64_t s) {
  std::optional<IndexForm> form = combine(value, t, s);
  return form && isExact(*form, isFloat(value)) ? form : std::nullopt;
}

namespace {

/// A comparison of two index expressions where s > t. Their difference is linear, so it is least and
/// greatest at corners of this region.
Number compareIndexForms(CompareOp op, int64_t t, int64_t s) {
  std::optional<IndexForm> a = readIndexForm(op.getLhs(), t, s),
                           b = readIndexForm(op.getRhs(), t, s);
  if (!a || !b)
    return std::nullopt;
  double lastS = double(tensorTypeOf(op.getLhs()).getDimSize(s) - 1);
  double lastT = std::min(double(tensorTypeOf(op.getLhs()).getDimSize(t) - 1), lastS - 1);
  double low = infinity, high = -infinity;
  for (auto [atT, atS] :
       {std::pair(0.0, 1.0), std::pair(0.0, lastS), std::pair(lastT, lastT + 1), {lastT, lastS}}) {
    double difference = (a->t - b->t) * atT + (a->s - b->s) * atS + a->constant - b->constant;
    low = std::min(low, difference);
    high = std::max(high, difference);
  }
  bool atLow = holds(op.getPredicate(), low, 0.0), atHigh = holds(op.getPredicate(), high, 0.0);
  bool isOneSided =
      op.getPredicate() != ComparePredicate::eq && op.getPredicate() != ComparePredicate::ne;
  // Equality at neither end may still hold in between.
  if (atLow != atHigh || (!isOneSided && low < 0 && high > 0))
    return std::nullopt;
  return double(atLow);
}

//===-- Element by element --------------------------------------------------------------------===//

/// Tables of at most this many elements are looked through.
constexpr int64_t mostElements = int64_t(1) << 22;

Number computeElement(Value value, ArrayRef<int64_t> index);

/// An element of a value that is computed from constants and indices, rounded as the program rounds.
Number elementAt(Value value, ArrayRef<int64_t> index) {
  Number element = computeElement(value, index);
  if (!element)
    return std::nullopt;
  if (!isFloat(value))
    return std::fabs(*element) < 0x1p31 ? element : std::nullopt; // else it may wrap
  return tensorTypeOf(value).getElementType().isF32() ? Number(static_cast<float>(*element))
                                                      : element;
}

Number computeElement(Value value, ArrayRef<int64_t> index) {
  if (Number number = matchSplat(value))
    return number;
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto iota = dyn_cast<IotaOp>(op))
    return double(index[iota.getDim()]);
  if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    SmallVector<int64_t> source;
    for (int64_t dim : broadcast.getDims())
      source.push_back(index[dim]);
    return elementAt(broadcast.getOperand(), source);
  }
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (!elements)
      return std::nullopt;
    int64_t place = 0;
    for (auto [i, extent] : llvm::zip_equal(index, tensorTypeOf(value).getShape()))
      place = place * extent + i;
    if (isFloat(value))
      return (*(elements.value_begin<APFloat>() + place)).convertToDouble();
    APInt integer = *(elements.value_begin<APInt>() + place);
    return double(integer.getBitWidth() == 1 ? int64_t(integer.getZExtValue())
                                             : integer.getSExtValue());
  }
  if (!op->hasTrait<OpTrait::Elementwise>() || op->getNumOperands() > 3)
    return std::nullopt;
  double x[3] = {};
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    Number element = elementAt(operand, index);
    if (!element)
      return std::nullopt;
    x[i] = *element;
  }
  bool isInteger = !isFloat(value);
  return llvm::TypeSwitch<Operation *, Number>(op)
      .Case([&](CompareOp op) { return double(holds(op.getPredicate(), x[0], x[1])); })
      .Case([&](AndOp) { return x[0] * x[1]; })
      .Case([&](OrOp) { return std::max(x[0], x[1]); })
      .Case([&](NotOp) { return 1 - x[0]; })
      .Case([&](SelectOp) { return x[0] != 0 ? x[1] : x[2]; })
      .Case([&](ConvertOp) { return isInteger ? std::trunc(x[0]) : x[0]; })
      .Case([&](AddOp) { return x[0] + x[1]; })
      .Case([&](SubOp) { return x[0] - x[1]; })
      .Case([&](MulOp) { return x[0] * x[1]; })
      .Case([&](DivOp) -> Number {
        if (isInteger && x[1] == 0)
          return std::nullopt;
        return isInteger ? std::trunc(x[0] / x[1]) : x[0] / x[1];
      })
      .Case(
          [&](RemOp) -> Number { return x[1] == 0 ? std::nullopt : Number(std::fmod(x[0], x[1])); })
      .Case([&](MaxOp) { return std::max(x[0], x[1]); })
      .Case([&](MinOp) { return std::min(x[0], x[1]); })
      .Case([&](NegOp) { return -x[0]; })
      .Case([&](AbsOp) { return std::fabs(x[0]); })
      .Case([&](FloorOp) { return std::floor(x[0]); })
      .Default([](Operation *) { return std::nullopt; });
}

/// The number that all elements ahead of t are, by looking at each of them.
Number tableAhead(Value value, int64_t t, int64_t s) {
  ArrayRef<int64_t> shape = tensorTypeOf(value).getShape();
  int64_t count = tensorTypeOf(value).getNumElements();
  if (count > mostElements)
    return std::nullopt;
  Number common;
  SmallVector<int64_t> index(shape.size(), 0);
  for (int64_t number = 0; number < count; ++number) {
    if (index[s] > index[t]) {
      Number element = elementAt(value, index);
      if (!element || (common && *common != *element))
        return std::nullopt;
      common = element;
    }
    for (size_t dim = shape.size(); dim-- > 0 && ++index[dim] == shape[dim];)
      index[dim] = 0;
  }
  return common;
}

} // namespace

//===-- Arithmetic ----------------------------------------------------------------------------===//

Number CausalMask::valueAhead(Value value, int64_t t, int64_t s) {
  if (Number number = matchSplat(value))
    return number;
  if (!value.getDefiningOp() || tensorTypeOf(value).getDimSize(s) < 2)
    return std::nullopt;
  auto key = std::pair(value, std::pair(t, s));
  if (auto found = known.find(key); found != known.end())
    return found->second;
  Number number = compute(value, t, s);
  return known[key] = number;
}

bool CausalMask::isAhead(Value value, int64_t t, int64_t s, double number) {
  return tensorTypeOf(value).getDimSize(s) == 1 || valueAhead(value, t, s) == number;
}

/// The operand's number, if it has both dimensions.
Number CausalMask::ofDims(Operation *op, unsigned operand, int64_t t, int64_t s) {
  DimCorrespondence dims(op);
  std::optional<int64_t> from = dims.inOperand(operand, t), to = dims.inOperand(operand, s);
  return from && to ? valueAhead(op->getOperand(operand), *from, *to) : std::nullopt;
}

Number CausalMask::compute(Value value, int64_t t, int64_t s) {
  Operation *op = value.getDefiningOp();
  auto of = [&](unsigned operand) { return valueAhead(op->getOperand(operand), t, s); };
  auto map = [&](double (*function)(double)) {
    Number x = of(0);
    return x ? Number(function(*x)) : std::nullopt;
  };
  return llvm::TypeSwitch<Operation *, Number>(op)
      .Case<BroadcastOp, ReshapeOp, TransposeOp>([&](auto) { return ofDims(op, 0, t, s); })
      .Case([&](ConstantOp) { return tableAhead(value, t, s); })
      .Case([&](CompareOp compare) {
        Number number = compareIndexForms(compare, t, s);
        return number ? number : tableAhead(value, t, s);
      })
      .Case([&](AndOp) -> Number {
        Number a = of(0), b = of(1);
        if ((a && *a == 0) || (b && *b == 0))
          return 0;
        return a && b ? Number(1) : std::nullopt;
      })
      .Case([&](OrOp) -> Number {
        Number a = of(0), b = of(1);
        if ((a && *a == 1) || (b && *b == 1))
          return 1;
        return a && b ? Number(0) : std::nullopt;
      })
      .Case([&](NotOp) { return map([](double x) { return 1 - x; }); })
      .Case([&](SelectOp) -> Number {
        if (Number condition = of(0))
          return of(*condition != 0 ? 1 : 2);
        Number a = of(1), b = of(2);
        return a && b && *a == *b ? a : std::nullopt;
      })
      .Case([&](AddOp) -> Number {
        Number a = of(0), b = of(1);
        if (a && b)
          return *a + *b;
        Number one = a ? a : b;
        return one && std::isinf(*one) ? one : std::nullopt;
      })
      .Case([&](SubOp) -> Number {
        Number a = of(0), b = of(1);
        if (a && b)
          return *a - *b;
        if (a && std::isinf(*a))
          return a;
        return b && std::isinf(*b) ? Number(-*b) : std::nullopt;
      })
      .Case([&](MulOp) -> Number {
        Number a = of(0), b = of(1);
        if ((a && *a == 0) || (b && *b == 0))
          return 0;
        return a && b ? Number(*a * *b) : std::nullopt;
      })
      .Case([&](DivOp) -> Number {
        Number a = of(0), b = of(1);
        if (a && *a == 0 && isFloat(value))
          return 0;
        return a && std::isinf(*a) && b && *b > 0 ? a : std::nullopt;
      })
      .Case([&](ExpOp) { return map([](double x) { return std::exp(x); }); })
      .Case([&](NegOp) { return map([](double x) { return -x; }); })
      .Case([&](AbsOp) { return map([](double x) { return std::fabs(x); }); })
      .Case<ConvertOp, StopGradientOp>([&](auto) { return of(0); })
      .Case([&](SoftmaxOp softmax) {
        // These are left out.
        return llvm::is_contained(softmax.getDims(), s) && of(0) == -infinity ? Number(0)
                                                                              : std::nullopt;
      })
      .Case([&](ContractOp) -> Number {
        for (unsigned operand : {0u, 1u})
          if (Number factor = ofDims(op, operand, t, s); factor && *factor == 0)
            return 0;
        return std::nullopt;
      })
      .Default([](Operation *) { return std::nullopt; });
}
