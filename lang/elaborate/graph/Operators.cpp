// Implements Operators: element types that meet, shapes that are aligned, products of matrices.
#include "lang/elaborate/graph/Operators.h"

#include "lang/elaborate/environment/Application.h"
#include "lang/elaborate/graph/Constants.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nnc::lang {

namespace {

std::string_view symbol(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> symbols[] = {
      {"add", "+"}, {"sub", "-"}, {"mul", "*"}, {"div", "/"}, {"rem", "%"}, {"pow", "^"},
      {"eq", "=="}, {"ne", "!="}, {"lt", "<"},  {"le", "<="}, {"gt", ">"},  {"ge", ">="},
  };
  for (auto [mnemonic, text] : symbols)
    if (mnemonic == name)
      return text;
  return name;
}

std::string_view mnemonic(BinaryOperator op) {
  switch (op) {
  case BinaryOperator::Add:
    return "add";
  case BinaryOperator::Subtract:
    return "sub";
  case BinaryOperator::Multiply:
    return "mul";
  case BinaryOperator::Divide:
    return "div";
  case BinaryOperator::Remainder:
    return "rem";
  case BinaryOperator::Power:
    return "pow";
  case BinaryOperator::MatrixMultiply:
    return "contract";
  case BinaryOperator::Equal:
    return "eq";
  case BinaryOperator::NotEqual:
    return "ne";
  case BinaryOperator::Less:
    return "lt";
  case BinaryOperator::LessEqual:
    return "le";
  case BinaryOperator::Greater:
    return "gt";
  case BinaryOperator::GreaterEqual:
    return "ge";
  case BinaryOperator::And:
    return "and";
  case BinaryOperator::Or:
    return "or";
  }
  return "";
}

bool isList(const Entity &value) {
  auto *group = value.get<Group>();
  return group && (group->members.empty() || group->members[0].name.empty());
}

bool isZero(const Entity &value) { return value.isNumber() && value.number() == 0; }
bool isOne(const Entity &value) { return value.isNumber() && value.number() == 1; }

/// The element in which two operands meet; nothing when one of them is not a number.
std::optional<Element> commonElement(const Entity &left, const Entity &right) {
  auto *a = left.get<Tensor>();
  auto *b = right.get<Tensor>();
  if ((a && a->element == Element::Bool) || (b && b->element == Element::Bool) ||
      (!a && !left.isNumber()) || (!b && !right.isNumber()))
    return std::nullopt;
  if (!a || !b) {
    Element element = a ? a->element : b->element;
    const Entity &number = a ? right : left;
    return element == Element::Int && number.is<double>() ? Element::Float : element;
  }
  for (Element element : {Element::Float, Element::Real})
    if (a->element == element || b->element == element)
      return element;
  return Element::Int;
}

} // namespace

void Operators::reportAmbiguous(std::string_view what, const Tensor &left, const Tensor &right,
                                const Alignment &alignment, SourceRange range) {
  bool leftLonger = left.shape.size() > right.shape.size();
  const Tensor &longer = leftLonger ? left : right, &shorter = leftLonger ? right : left;
  auto nameOf = [&](const Tensor &tensor, std::string_view other) {
    for (const auto &scope : environment.frame().scopes)
      for (const auto &[name, binding] : scope)
        if (auto *known = binding.value.get<Tensor>(); known && known->id == tensor.id)
          return name;
    return std::string(other);
  };
  std::string longName = nameOf(longer, "a"), shortName = nameOf(shorter, "b");
  std::vector<int64_t> all(longer.shape.size());
  std::iota(all.begin(), all.end(), 0);
  DiagnosticBuilder builder = environment.report(Diag::AmbiguousDimension, range, symbol(what),
                                                 describe(shorter.element, shorter.shape),
                                                 describe(longer.element, longer.shape));
  builder.help(fmt::format("index notation says which: `{}` or `{}` beside `{}`",
                           indexed(shortName, alignment.oneWay),
                           indexed(shortName, alignment.otherWay), indexed(longName, all)));
}

bool Operators::alignOperands(std::string_view what, Tensor &left, Tensor &right,
                              SourceRange range) {
  Alignment alignment;
  Meeting meeting = align({left.shape, left.reduction}, {right.shape, right.reduction}, alignment);
  if (meeting == Meeting::Ambiguous) {
    reportAmbiguous(what, left, right, alignment, range);
    return false;
  }
  if (meeting == Meeting::Unfit) {
    DiagnosticBuilder builder = environment.report(Diag::ElementwiseShapes, range, symbol(what),
                                                   describe(left.element, left.shape),
                                                   describe(right.element, right.shape));
    environment.addOrigins(builder, left.shape, &right.shape);
    environment.addOrigins(builder, right.shape, &left.shape);
    for (size_t back = 1; back <= std::min(left.shape.size(), right.shape.size()); ++back) {
      int64_t a = left.shape[left.shape.size() - back].size,
              b = right.shape[right.shape.size() - back].size;
      if (a == b)
        continue;
      builder.here(
          back == 1 ? fmt::format("the last dimension is {} on the left and {} on the right", a, b)
                    : fmt::format("dimension {} from the end is {} on the left and {} on the right",
                                  back, a, b));
      break;
    }
    return false;
  }
  left = repeat(left, alignment.shape, alignment.left, range);
  right = repeat(right, alignment.shape, alignment.right, range);
  left.reduction = right.reduction = alignment.reduction;
  left.shape = right.shape = alignment.shape;
  return true;
}

Tensor Operators::repeat(Tensor value, const Shape &shape, std::vector<int64_t> axes,
                         SourceRange range) {
  // Dimensions of one element that meet a larger one are repeated like those that are missing.
  Shape kept;
  std::vector<int64_t> places;
  for (size_t axis = 0; axis < axes.size(); ++axis)
    if (value.shape[axis].size == shape[size_t(axes[axis])].size) {
      kept.push_back(value.shape[axis]);
      places.push_back(axes[axis]);
    }
  if (kept.size() != value.shape.size())
    value = emitter.reshape(value, std::move(kept), range);
  return emitter.broadcast(value, shape, std::move(places), range);
}

std::optional<Entity> Operators::simplified(const std::string &name, const Entity &left,
                                            const Entity &right) {
  if (!emitter.pass->simplify)
    return std::nullopt;
  if (name == "add")
    return isZero(left) ? std::optional(right) : isZero(right) ? std::optional(left) : std::nullopt;
  if (name == "sub" && isZero(right))
    return left;
  if (name == "mul") {
    if (isZero(left) || isZero(right))
      return Entity(IntegerConstant{0, nullptr});
    return isOne(left) ? std::optional(right) : isOne(right) ? std::optional(left) : std::nullopt;
  }
  if (name == "div" && isOne(right))
    return left;
  return std::nullopt;
}

Entity Operators::elementwise(const std::string &name, const Entity &leftValue,
                              const Entity &rightValue, SourceRange range) {
  if (leftValue.poisoned() || rightValue.poisoned())
    return Poison{};
  Entity left = emitter.listed(leftValue, range), right = emitter.listed(rightValue, range);
  if (std::optional<Entity> simple = simplified(name, left, right))
    return *simple;
  std::optional<Element> element = commonElement(left, right);
  if (!element) {
    auto isBool = [](const Entity &value) {
      return value.is<bool>() ||
             (value.is<Tensor>() && value.get<Tensor>()->element == Element::Bool);
    };
    const Entity &wrong = isBool(left) || !(left.isNumber() || left.is<Tensor>()) ? left : right;
    DiagnosticBuilder builder =
        environment.report(Diag::OperandType, range, symbol(name), describe(wrong));
    if (isBool(wrong))
      builder.help("`float(...)` makes 0 and 1 of false and true");
    else
      adviseApplication(builder, wrong);
    return Poison{};
  }
  if (*element == Element::Int && (name == "div" || name == "pow"))
    element = Element::Float;
  std::optional<Tensor> a = emitter.tensor(left, *element, symbol(name), range);
  std::optional<Tensor> b = emitter.tensor(right, *element, symbol(name), range);
  if (!a || !b)
    return Poison{};
  *a = emitter.convert(*a, *element, range);
  *b = emitter.convert(*b, *element, range);
  if (!alignOperands(name, *a, *b, range))
    return Poison{};
  Tensor result = emitter.emit(name, {*a, *b}, *element, a->shape, {}, range);
  result.reduction = a->reduction;
  return result;
}

Entity Operators::compare(const std::string &predicate, const Entity &left, const Entity &right,
                          SourceRange range) {
  if (left.poisoned() || right.poisoned())
    return Poison{};
  std::optional<Element> element = commonElement(left, right);
  auto isBool = [](const Entity &value) {
    return value.is<Tensor>() && value.get<Tensor>()->element == Element::Bool;
  };
  if (isBool(left) && isBool(right) && (predicate == "eq" || predicate == "ne"))
    element = Element::Bool;
  if (!element) {
    const Entity &wrong =
        left.isNumber() || (left.is<Tensor>() && left.get<Tensor>()->element != Element::Bool)
            ? right
            : left;
    DiagnosticBuilder builder =
        environment.report(Diag::OperandType, range, symbol(predicate), describe(wrong));
    const Entity &other = &wrong == &left ? right : left;
    if (auto *tensor = other.get<Tensor>(); tensor && tensor->classes && wrong.is<std::string>())
      builder.help(fmt::format("a class is a number from 0 to {}, in the order of `class_names`",
                               tensor->classes - 1));
    adviseApplication(builder, wrong);
    return Poison{};
  }
  std::optional<Tensor> a = emitter.tensor(left, *element, symbol(predicate), range);
  std::optional<Tensor> b = emitter.tensor(right, *element, symbol(predicate), range);
  if (!a || !b)
    return Poison{};
  *a = emitter.convert(*a, *element, range);
  *b = emitter.convert(*b, *element, range);
  if (!alignOperands(predicate, *a, *b, range))
    return Poison{};
  Tensor result =
      emitter.emit("compare", {*a, *b}, Element::Bool, a->shape, {{"predicate", predicate}}, range);
  result.reduction = a->reduction;
  return result;
}

Entity Operators::logical(BinaryOperator op, const Entity &left, const Entity &right,
                          SourceRange range) {
  if (left.poisoned() || right.poisoned())
    return Poison{};
  bool isAnd = op == BinaryOperator::And;
  auto *x = left.get<bool>();
  auto *y = right.get<bool>();
  if (x && y)
    return isAnd ? *x && *y : *x || *y;
  // A known side decides or drops out.
  if (x || y) {
    bool known = x ? *x : *y;
    const Entity &other = x ? right : left;
    if (auto *value = other.get<Tensor>(); value && value->element == Element::Bool)
      return known == isAnd ? other : Entity(known);
  }
  auto *a = left.get<Tensor>();
  auto *b = right.get<Tensor>();
  if (!a || !b || a->element != Element::Bool || b->element != Element::Bool) {
    bool leftGood = x || (a && a->element == Element::Bool);
    environment.report(Diag::OperandType, range, spelling(op), describe(leftGood ? right : left));
    return Poison{};
  }
  Tensor first = *a, second = *b;
  if (!emitter.usable(first, range) || !emitter.usable(second, range) ||
      !alignOperands(spelling(op), first, second, range))
    return Poison{};
  return emitter.emit(std::string(mnemonic(op)), {first, second}, Element::Bool, first.shape, {},
                      range);
}

Entity Operators::unary(UnaryOperator op, const Entity &value, SourceRange range) {
  if (value.poisoned())
    return Poison{};
  auto *operand = value.get<Tensor>();
  if (op == UnaryOperator::Not) {
    if (auto *truth = value.get<bool>())
      return !*truth;
    if (operand && operand->element == Element::Bool && emitter.usable(*operand, range))
      return emitter.emit("not", {*operand}, Element::Bool, operand->shape, {}, range);
  } else if (value.isNumber()) {
    if (auto *integer = value.get<IntegerConstant>()) {
      if (integer->value == INT64_MIN) {
        environment.report(Diag::BadArithmetic, range, "the number does not fit in 64 bits");
        return Poison{};
      }
      return IntegerConstant{-integer->value, nullptr};
    }
    return -value.number();
  } else if (operand && operand->element != Element::Bool && emitter.usable(*operand, range)) {
    Tensor result = emitter.emit("neg", {*operand}, operand->element, operand->shape, {}, range);
    result.reduction = operand->reduction;
    return result;
  }
  if (!operand || operand->graph == &emitter.pass->graph)
    environment.report(Diag::OperandType, range, spelling(op), describe(value));
  return Poison{};
}

Entity Operators::binary(BinaryOperator op, const Entity &left, const Entity &right,
                         SourceRange range) {
  if (left.poisoned() || right.poisoned())
    return Poison{};
  switch (op) {
  case BinaryOperator::And:
  case BinaryOperator::Or:
    return logical(op, left, right, range);
  case BinaryOperator::MatrixMultiply:
    return matrixMultiply(emitter.listed(left, range), emitter.listed(right, range), range);
  default:
    break;
  }
  if (left.isNumber() && right.isNumber()) {
    Entity result = constantBinary(environment, op, left, right, range);
    auto *number = result.get<IntegerConstant>();
    auto isPaddedSize = [](const Entity &side) {
      return side.is<IntegerConstant>() && isOfPadded(side.get<IntegerConstant>()->origin);
    };
    if (number && (isPaddedSize(left) || isPaddedSize(right)))
      number->origin = withPaddedSize(nullptr);
    return result;
  }
  if (op == BinaryOperator::Add && isList(left) && isList(right)) {
    Group joined = *left.get<Group>();
    const Group &added = *right.get<Group>();
    if (!environment.step(range, joined.members.size() + added.members.size()))
      return Poison{};
    joined.members.insert(joined.members.end(), added.members.begin(), added.members.end());
    return joined;
  }
  switch (op) {
  case BinaryOperator::Equal:
  case BinaryOperator::NotEqual:
    if (left.is<bool>() && right.is<bool>())
      return (*left.get<bool>() == *right.get<bool>()) == (op == BinaryOperator::Equal);
    if (left.is<std::string>() && right.is<std::string>())
      return (*left.get<std::string>() == *right.get<std::string>()) ==
             (op == BinaryOperator::Equal);
    [[fallthrough]];
  case BinaryOperator::Less:
  case BinaryOperator::LessEqual:
  case BinaryOperator::Greater:
  case BinaryOperator::GreaterEqual:
    return compare(std::string(mnemonic(op)), emitter.listed(left, range),
                   emitter.listed(right, range), range);
  case BinaryOperator::Power:
    return elementwise("pow", left, right, range);
  default:
    return elementwise(std::string(mnemonic(op)), left, right, range);
  }
}

Entity Operators::select(const Entity &condition, const Entity &whenTrue, const Entity &whenFalse,
                         SourceRange range, std::string_view what) {
  if (condition.poisoned() || whenTrue.poisoned() || whenFalse.poisoned())
    return Poison{};
  if (auto *known = condition.get<bool>())
    return *known ? whenTrue : whenFalse;
  Entity yes = emitter.listed(whenTrue, range), no = emitter.listed(whenFalse, range);
  auto *given = condition.get<Tensor>();
  if (!given || given->element != Element::Bool) {
    environment.report(Diag::ConditionType, range, describe(condition));
    return Poison{};
  }
  auto *a = yes.get<Tensor>();
  auto *b = no.get<Tensor>();
  Element element;
  auto isTruth = [](const Entity &value, const Tensor *tensor) {
    return value.is<bool>() || (tensor && tensor->element == Element::Bool);
  };
  if (isTruth(yes, a) && isTruth(no, b))
    element = Element::Bool;
  else if (std::optional<Element> common = a || b ? commonElement(yes, no) : std::nullopt)
    element = *common;
  else if (yes.isNumber() && no.isNumber())
    element = environment.frame().target ||
                      (environment.frame().callable &&
                       environment.frame().callable->callable == CallableKind::Schedule)
                  ? Element::Real
                  : Element::Float;
  else {
    environment.report(Diag::BranchTypes, range, describe(yes), describe(no));
    return Poison{};
  }
  if (element == Element::Real && !given->shape.empty())
    element = Element::Float;
  std::optional<Tensor> first = emitter.tensor(yes, element, what, range),
                        second = emitter.tensor(no, element, what, range);
  if (!first || !second || !emitter.usable(*given, range))
    return Poison{};
  Tensor chosen = *given;
  *first = emitter.convert(*first, element, range);
  *second = emitter.convert(*second, element, range);
  if (!alignOperands(what, *first, *second, range))
    return Poison{};
  // Both values meet the condition in the same way.
  Tensor again = chosen;
  if (!alignOperands(what, chosen, *first, range) ||
      (second->shape.size() != first->shape.size() && !alignOperands(what, again, *second, range)))
    return Poison{};
  Tensor result =
      emitter.emit("select", {chosen, *first, *second}, element, first->shape, {}, range);
  result.reduction = first->reduction;
  return result;
}

Entity Operators::matrixMultiply(const Entity &left, const Entity &right, SourceRange range) {
  auto *a = left.get<Tensor>();
  auto *b = right.get<Tensor>();
  if (!a || !b || a->element == Element::Bool || b->element == Element::Bool) {
    const Entity &wrong = a && a->element != Element::Bool ? right : left;
    environment.report(Diag::OperandType, range, "@", describe(wrong));
    return Poison{};
  }
  if (!emitter.usable(*a, range) || !emitter.usable(*b, range))
    return Poison{};
  auto failed = [&](std::string equation, const Shape &culprits) -> Entity {
    DiagnosticBuilder builder = environment.report(
        Diag::MatrixShapes, range, describe(a->element, a->shape), describe(b->element, b->shape));
    builder.here(std::move(equation));
    environment.addOrigins(builder, culprits);
    return Poison{};
  };
  size_t leftRank = a->shape.size(), rightRank = b->shape.size();
  if (leftRank == 0 || rightRank == 0)
    return failed(
        "a matrix product needs dimensions on both sides; write `*` to multiply by a number", {});
  // The last dimension of the left side meets the last but one of the right; those before are gone
  // through in step.
  size_t inner = rightRank == 1 ? 0 : rightRank - 2;
  if (a->shape.back().size != b->shape[inner].size)
    return failed(fmt::format("the last dimension on the left is {}, the {} on the right is {}",
                              a->shape.back().size,
                              rightRank == 1   ? "only one"
                              : rightRank == 2 ? "first"
                                               : "last but one",
                              b->shape[inner].size),
                  {a->shape.back(), b->shape[inner]});
  Tensor x = emitter.convert(*a, Element::Float, range),
         y = emitter.convert(*b, Element::Float, range);
  std::vector<int64_t> leftLabels(leftRank), rightLabels(rightRank), resultLabels;
  std::iota(leftLabels.begin(), leftLabels.end(), 0);
  int64_t contracted = int64_t(leftRank) - 1, column = int64_t(leftRank);
  if (rightRank > 2 && leftRank != rightRank)
    return failed("beyond two dimensions both sides need the same number of dimensions", {});
  for (size_t axis = 0; axis + 2 < rightRank; ++axis) {
    if (a->shape[axis].size != b->shape[axis].size)
      return failed(fmt::format("dimension {} is {} on the left and {} on the right", axis,
                                a->shape[axis].size, b->shape[axis].size),
                    {a->shape[axis], b->shape[axis]});
    rightLabels[axis] = int64_t(axis);
  }
  rightLabels[inner] = contracted;
  resultLabels.assign(leftLabels.begin(), leftLabels.end() - 1);
  if (rightRank > 1) {
    rightLabels[rightRank - 1] = column;
    resultLabels.push_back(column);
  }
  return emitter.contract(x, leftLabels, y, rightLabels, resultLabels, range);
}

} // namespace nnc::lang
