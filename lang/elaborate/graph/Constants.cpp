// Implements the folding of operators and primitives.
#include "lang/elaborate/graph/Constants.h"

#include <cmath>

namespace nnc::lang {

namespace {

using RealFunction = double (*)(double);

struct FoldedUnary {
  std::string_view name;
  RealFunction function;
};

double signOf(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double reciprocalRoot(double x) { return 1 / std::sqrt(x); }
double negative(double x) { return -x; }

constexpr FoldedUnary foldedUnary[] = {
    {"neg", negative},         {"abs", std::fabs},        {"sign", signOf},
    {"exp", std::exp},         {"expm1", std::expm1},     {"log", std::log},
    {"log1p", std::log1p},     {"sqrt", std::sqrt},       {"tanh", std::tanh},
    {"rsqrt", reciprocalRoot}, {"erf", std::erf},         {"logistic", logistic},
    {"sin", std::sin},         {"cos", std::cos},         {"floor", std::floor},
    {"ceil", std::ceil},       {"round", std::nearbyint},
};

/// A real result, as an integer where it names one and the operand was one.
Entity fromReal(double value, bool preferInteger) {
  if (preferInteger && std::nearbyint(value) == value && std::fabs(value) < 0x1p53)
    return IntegerConstant{int64_t(value), nullptr};
  return value;
}

bool integerPower(int64_t base, int64_t exponent, int64_t &result) {
  result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
      return false;
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
      return false;
  }
  return true;
}

} // namespace

static Entity constantUnary(std::string_view name, const Entity &value) {
  bool makesIntegers = name == "floor" || name == "ceil" || name == "round";
  bool keepsIntegers = makesIntegers || name == "neg" || name == "abs" || name == "sign";
  for (const FoldedUnary &folded : foldedUnary)
    if (folded.name == name)
      return fromReal(folded.function(value.number()),
                      makesIntegers || (keepsIntegers && value.is<IntegerConstant>()));
  return Poison{};
}

Entity constantBinary(Environment &environment, BinaryOperator op, const Entity &left,
                      const Entity &right, SourceRange range) {
  auto *a = left.get<IntegerConstant>();
  auto *b = right.get<IntegerConstant>();
  double x = left.number(), y = right.number();
  switch (op) {
  case BinaryOperator::Equal:
    return x == y;
  case BinaryOperator::NotEqual:
    return x != y;
  case BinaryOperator::Less:
    return x < y;
  case BinaryOperator::LessEqual:
    return x <= y;
  case BinaryOperator::Greater:
    return x > y;
  case BinaryOperator::GreaterEqual:
    return x >= y;
  default:
    break;
  }
  auto failed = [&](std::string_view why) -> Entity {
    environment.report(Diag::BadArithmetic, range, why);
    return Poison{};
  };
  if ((op == BinaryOperator::Divide || op == BinaryOperator::Remainder) && y == 0)
    return failed("division by 0");
  if (!a || !b) {
    switch (op) {
    case BinaryOperator::Add:
      return x + y;
    case BinaryOperator::Subtract:
      return x - y;
    case BinaryOperator::Multiply:
      return x * y;
    case BinaryOperator::Divide:
      return x / y;
    case BinaryOperator::Remainder:
      return std::fmod(x, y);
    case BinaryOperator::Power:
      return std::pow(x, y);
    default:
      break;
    }
    environment.report(Diag::OperandType, range, spelling(op), "numbers");
    return Poison{};
  }
  int64_t result = 0;
  bool overflow = false;
  switch (op) {
  case BinaryOperator::Add:
    overflow = __builtin_add_overflow(a->value, b->value, &result);
    break;
  case BinaryOperator::Subtract:
    overflow = __builtin_sub_overflow(a->value, b->value, &result);
    break;
  case BinaryOperator::Multiply:
    overflow = __builtin_mul_overflow(a->value, b->value, &result);
    break;
  case BinaryOperator::Divide:
    if (b->value == -1)
      overflow = __builtin_sub_overflow(int64_t(0), a->value, &result);
    else if (a->value % b->value != 0)
      return x / y;
    else
      result = a->value / b->value;
    break;
  case BinaryOperator::Remainder:
    result = b->value == -1 ? 0 : a->value % b->value;
    break;
  case BinaryOperator::Power:
    if (b->value < 0)
      return std::pow(x, y);
    overflow = !integerPower(a->value, b->value, result);
    break;
  default:
    environment.report(Diag::OperandType, range, spelling(op), "numbers");
    return Poison{};
  }
  if (overflow)
    return failed(
        fmt::format("{} {} {} does not fit in 64 bits", a->value, spelling(op), b->value));
  return IntegerConstant{result, nullptr};
}

Entity constantPrimitive(Environment &environment, std::string_view name,
                         const std::vector<Entity> &operands, SourceRange range) {
  if (operands.size() == 1)
    return constantUnary(name, operands[0]);
  if (operands.size() != 2)
    return Poison{};
  if (name == "max" || name == "min") {
    bool first = name == "max" ? operands[0].number() >= operands[1].number()
                               : operands[0].number() <= operands[1].number();
    return first ? operands[0] : operands[1];
  }
  if (name == "atan2")
    return std::atan2(operands[0].number(), operands[1].number());
  if (name == "pow")
    return constantBinary(environment, BinaryOperator::Power, operands[0], operands[1], range);
  return Poison{};
}

} // namespace nnc::lang
