// Types: what a declared type means, and how the dimensions that a signature names are found from
// what is given.
#include "lang/elaborate/Elaborator.h"

#include "lang/syntax/ASTWalk.h"

#include <cmath>

namespace nnc::lang {

namespace {

Element elementOf(ElementKind kind) {
  switch (kind) {
  case ElementKind::Int:
  case ElementKind::Class:
    return Element::Int;
  case ElementKind::Bool:
    return Element::Bool;
  default:
    return Element::Float;
  }
}

bool isTensorType(ElementKind kind) {
  return kind == ElementKind::Float || kind == ElementKind::Int || kind == ElementKind::Bool ||
         kind == ElementKind::Class;
}

bool hasEllipsis(const TypeExpression &type) {
  return !type.dimensions.empty() && type.dimensions[0].kind == Dimension::Kind::Ellipsis;
}

} // namespace

bool isOpenDimension(const Dimension &dimension) {
  auto *name = dimension.value ? as<NameExpression>(dimension.value) : nullptr;
  return name && name->name == "_";
}

void Elaborator::reportDivision(const Expression &expression, double value) {
  // The innermost quotient that does not come out even is the culprit.
  if (auto *quotient = as<BinaryExpression>(&expression)) {
    for (const Expression *side : {quotient->left.get(), quotient->right.get()})
      if (Entity part = evaluate(*side); part.is<double>())
        return reportDivision(*side, part.number());
    if (quotient->op == BinaryOperator::Divide) {
      Entity left = evaluate(*quotient->left), right = evaluate(*quotient->right);
      DiagnosticBuilder builder =
          report(Diag::DimensionDivision, expression.range, toSource(expression),
                 fmt::format("{} / {}", left.number(), right.number()));
      Shape shape;
      for (const Entity *side : {&left, &right})
        if (auto *integer = side->get<IntegerConstant>())
          shape.push_back({integer->value, integer->origin});
      addOrigins(builder, shape);
      return;
    }
  }
  report(Diag::BadDimension, expression.range, fmt::format("{}", value));
}

std::optional<Extent> Elaborator::evaluateDimension(const Expression &expression,
                                                    std::string_view what) {
  Entity value = evaluate(expression);
  if (value.poisoned())
    return std::nullopt;
  if (value.is<double>()) {
    reportDivision(expression, value.number());
    return std::nullopt;
  }
  auto *integer = value.get<IntegerConstant>();
  if (!integer) {
    report(Diag::NotConstant, expression.range, "a dimension")
        .here(fmt::format("this is {}", describe(value)));
    return std::nullopt;
  }
  if (integer->value < 1 || integer->value > maximumElements) {
    DiagnosticBuilder builder =
        report(Diag::BadDimension, expression.range, fmt::format("{}", integer->value));
    addOrigins(builder, {{integer->value, integer->origin}});
    return std::nullopt;
  }
  OriginPtr origin = integer->origin;
  if (!origin || origin->text.empty()) {
    std::string text = as<IntegerLiteral>(&expression)
                           ? fmt::format("{} is the size that {} declares", integer->value, what)
                           : fmt::format("`{}` is {}", toSource(expression), integer->value);
    origin = makeOrigin(place(expression.range), std::move(text));
  }
  return Extent{integer->value, origin};
}

std::optional<Type> Elaborator::evaluateType(const TypeExpression &type, Shape &shape,
                                             std::string_view what, const Shape *given) {
  if (type.element == ElementKind::Error)
    return std::nullopt;
  if (!isTensorType(type.element)) {
    report(Diag::SettingTypeHere, type.range, spelling(type.element));
    return std::nullopt;
  }
  Type result;
  result.element = elementOf(type.element);
  bool good = true;
  if (type.classCount) {
    if (std::optional<Extent> classes = evaluateDimension(*type.classCount, what))
      result.classes = classes->size;
    else
      good = false;
  }
  for (size_t place = 0; place < type.dimensions.size(); ++place) {
    const Dimension &dimension = type.dimensions[place];
    size_t fromEnd = type.dimensions.size() - place;
    if (given && isOpenDimension(dimension)) {
      // With too few dimensions the types differ, whatever stands here.
      shape.push_back(fromEnd <= given->size() ? (*given)[given->size() - fromEnd] : Extent{});
    } else if (dimension.kind == Dimension::Kind::UpTo) {
      unsupported("`up to`, a dimension whose length differs between examples,", dimension.range);
      good = false;
    } else if (dimension.kind == Dimension::Kind::Ellipsis) {
      if (!frames.empty() && frame().leading) {
        shape.insert(shape.end(), frame().leading->begin(), frame().leading->end());
      } else {
        report(Diag::NoLeading, dimension.range);
        good = false;
      }
    } else if (std::optional<Extent> extent = evaluateDimension(*dimension.value, what)) {
      shape.push_back(*extent);
    } else {
      good = false;
    }
  }
  if (good && elementCount(shape) > maximumElements) {
    DiagnosticBuilder builder =
        report(Diag::TooLarge, type.range, describe(result.element, shape), maximumElements);
    addOrigins(builder, shape);
    good = false;
  }
  if (!good)
    return std::nullopt;
  result.shape = sizes(shape);
  return result;
}

Entity Elaborator::declaredInput(const Identifier &name, const TypeExpression &type) {
  Shape shape;
  std::optional<Type> known = evaluateType(type, shape, fmt::format("`{}`", name.text));
  if (!known)
    return Poison{};
  Tensor value;
  value.graph = &pass->graph;
  value.element = known->element;
  value.classes = known->classes;
  value.shape = shape;
  value.id = pass->graph.addArgument(ArgumentKind::Input, name.text, *known, name.range);
  return value;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

DiagnosticBuilder Elaborator::reportArgument(const Parameter &parameter, const Entity &value,
                                             SourceRange range, std::string equation) {
  const Frame &current = frame();
  // The frame of the callee is entered already, but the fault is in what its caller gave.
  SourceRange where = inStandard(range) ? place(current.call) : range;
  std::string callable = current.callable ? current.callable->name.text : "";
  DiagnosticBuilder builder =
      diagnostics.report(Diag::ArgumentType, where, parameter.name.text, callable,
                         toSource(*parameter.type), describe(value));
  if (inStandard(range) && frames.size() > 1)
    builder.note(fmt::format("found in {}, line {}", range.file->name(), range.start().line));
  if (!equation.empty())
    builder.here(std::move(equation));
  if (auto *tensor = value.get<Tensor>())
    addOrigins(builder, tensor->shape);
  if (current.callable && !current.standard)
    builder.label(parameter.range, "declared here");
  return builder;
}

bool Elaborator::isBoundDimension(const std::string &name) {
  if (findLocal(name))
    return true;
  const Global *global = findGlobal(name, frame().standard);
  return global && global->entry;
}

void Elaborator::collectUnbound(const Expression &pattern,
                                std::vector<const NameExpression *> &names) {
  if (auto *name = as<NameExpression>(&pattern); name && !isBoundDimension(name->name))
    names.push_back(name);
  if (as<CallExpression>(&pattern))
    return;
  forEachChild(pattern, [&](const Expression &child) { collectUnbound(child, names); });
}

namespace {

/// The value of the only unknown name of `pattern` that gives it the value `target`; nothing when
/// there is none or the form is not one that can be solved.
std::optional<int64_t>
invert(const Expression &pattern, const NameExpression *unknown, int64_t target,
       const std::function<bool(const Expression &)> &contains,
       const std::function<std::optional<int64_t>(const Expression &)> &value) {
  if (&pattern == unknown)
    return target;
  auto *binary = as<BinaryExpression>(&pattern);
  if (!binary)
    return std::nullopt;
  bool left = contains(*binary->left);
  std::optional<int64_t> known = value(left ? *binary->right : *binary->left);
  if (!known)
    return std::nullopt;
  int64_t next = 0;
  bool overflow = false;
  switch (binary->op) {
  case BinaryOperator::Add:
    overflow = __builtin_sub_overflow(target, *known, &next);
    break;
  case BinaryOperator::Subtract:
    overflow = left ? __builtin_add_overflow(target, *known, &next)
                    : __builtin_sub_overflow(*known, target, &next);
    break;
  case BinaryOperator::Multiply:
    if (*known == 0 || target % *known != 0)
      return std::nullopt;
    next = target / *known;
    break;
  case BinaryOperator::Divide:
    if (left)
      overflow = __builtin_mul_overflow(target, *known, &next);
    else if (target == 0 || *known % target != 0)
      return std::nullopt;
    else
      next = *known / target;
    break;
  default:
    return std::nullopt;
  }
  if (overflow)
    return std::nullopt;
  return invert(left ? *binary->left : *binary->right, unknown, next, contains, value);
}

} // namespace

bool Elaborator::unifyDimension(const Parameter &parameter, const Expression &pattern,
                                const Extent &given, const Tensor &value, SourceRange range,
                                bool last) {
  std::vector<const NameExpression *> unknown;
  collectUnbound(pattern, unknown);
  if (unknown.size() > 1) {
    if (!last) {
      frame().deferred.push_back({&parameter, &pattern, given, value, range});
      return true;
    }
    report(Diag::Unsolved, pattern.range, toSource(pattern), unknown[0]->name);
    return false;
  }
  if (unknown.size() == 1) {
    const std::string &name = unknown[0]->name;
    auto contains = [&](const Expression &expression) {
      std::vector<const NameExpression *> names;
      collectUnbound(expression, names);
      return !names.empty();
    };
    auto evaluated = [&](const Expression &expression) -> std::optional<int64_t> {
      Entity known = evaluate(expression);
      auto *integer = known.get<IntegerConstant>();
      return integer ? std::optional(integer->value) : std::nullopt;
    };
    std::optional<int64_t> solution = invert(pattern, unknown[0], given.size, contains, evaluated);
    if (!solution || *solution < 1) {
      reportArgument(
          parameter, value, range,
          fmt::format("no `{}` makes `{}` equal to {}", name, toSource(pattern), given.size));
      return false;
    }
    OriginPtr origin = &pattern == unknown[0]
                           ? given.origin
                           : makeOrigin(place(pattern.range),
                                        fmt::format("`{}` is {} because `{}` is {}", name,
                                                    *solution, toSource(pattern), given.size));
    frame().scopes.front()[name] = {IntegerConstant{*solution, origin}, unknown[0]->range, true};
    return true;
  }
  Entity expected = evaluate(pattern);
  if (expected.poisoned())
    return false;
  if (expected.is<double>()) {
    reportDivision(pattern, expected.number());
    return false;
  }
  auto *integer = expected.get<IntegerConstant>();
  if (!integer) {
    report(Diag::NotConstant, pattern.range, "a dimension");
    return false;
  }
  if (integer->value == given.size)
    return true;
  std::string text = toSource(pattern);
  DiagnosticBuilder builder = reportArgument(
      parameter, value, range,
      as<IntegerLiteral>(&pattern)
          ? fmt::format("{} is needed, {} is given", integer->value, given.size)
          : fmt::format("`{}` is {}, but here it would be {}", text, integer->value, given.size));
  Shape known{{integer->value, integer->origin}};
  std::function<void(const Expression &)> addNames = [&](const Expression &part) {
    if (as<NameExpression>(&part) && &part != &pattern)
      if (Entity named = evaluate(part); named.is<IntegerConstant>())
        known.push_back(
            {named.get<IntegerConstant>()->value, named.get<IntegerConstant>()->origin});
    forEachChild(part, addNames);
  };
  addNames(pattern);
  addOrigins(builder, known);
  return false;
}

bool Elaborator::unifyDeferred() {
  bool good = true;
  std::vector<Frame::Deferred> deferred = std::move(frame().deferred);
  frame().deferred.clear();
  for (const Frame::Deferred &one : deferred)
    good &= unifyDimension(*one.parameter, *one.pattern, one.given, one.value, one.range, true);
  return good;
}

bool Elaborator::unifyShape(const Parameter &parameter, Tensor &value, SourceRange range) {
  const TypeExpression &type = *parameter.type;
  bool ellipsis = hasEllipsis(type);
  size_t named = type.dimensions.size() - (ellipsis ? 1 : 0), rank = value.shape.size();
  if (rank < named || (!ellipsis && rank != named)) {
    DiagnosticBuilder builder =
        reportArgument(parameter, value, range,
                       fmt::format("{}{} dimension{} needed, {} given", ellipsis ? "at least " : "",
                                   named, named == 1 ? "" : "s", rank));
    if (!ellipsis && rank > 0 && rank + 1 == named)
      builder.help(fmt::format("`reshape({}, 1)` adds a last dimension of 1",
                               fmt::join(sizes(value.shape), ", ")));
    if (named == 1 && rank > 1)
      builder.help(fmt::format("`flatten` makes one dimension of {} = {} elements",
                               product(value.shape), elementCount(value.shape)));
    return false;
  }
  if (ellipsis && value.element != Element::Real) {
    Shape leading(value.shape.begin(), value.shape.begin() + int64_t(rank - named));
    if (!frame().leading) {
      frame().leading = leading;
    } else if (!sameSizes(*frame().leading, leading)) {
      DiagnosticBuilder builder =
          reportArgument(parameter, value, range,
                         fmt::format("`...` is {}, but here it would be {}",
                                     describe(*frame().leading), describe(leading)));
      addOrigins(builder, *frame().leading, &leading);
      return false;
    }
  }
  bool good = true;
  for (size_t index = 0; index < named; ++index) {
    const Dimension &dimension = type.dimensions[index + (ellipsis ? 1 : 0)];
    if (dimension.kind != Dimension::Kind::Size) {
      unsupported("this dimension", dimension.range);
      return false;
    }
    Extent &extent = value.shape[rank - named + index];
    good &= unifyDimension(parameter, *dimension.value, extent, value, range, false);
    if (!good)
      return false;
    // Two dimensions of one name are the same one for the body.
    if (auto *name = as<NameExpression>(dimension.value); name && isBoundDimension(name->name)) {
      Entity known = evaluate(*name);
      if (auto *integer = known.get<IntegerConstant>(); integer && integer->origin)
        extent.origin = integer->origin;
    }
  }
  return good;
}

std::optional<Entity> Elaborator::unifyInput(const Parameter &parameter, const Entity &value,
                                             SourceRange range) {
  if (value.poisoned() || !parameter.type)
    return value;
  const TypeExpression &type = *parameter.type;
  if (type.element == ElementKind::Error)
    return Entity(Poison{});
  if (!isTensorType(type.element))
    return value;
  auto *given = value.get<Tensor>();
  bool anyRank = type.dimensions.empty() || (hasEllipsis(type) && type.dimensions.size() == 1);
  if (!given) {
    bool fits =
        anyRank && ((type.element == ElementKind::Float && value.isNumber()) ||
                    (type.element == ElementKind::Bool && value.is<bool>()) ||
                    ((type.element == ElementKind::Int || type.element == ElementKind::Class) &&
                     value.is<IntegerConstant>()));
    if (!fits) {
      reportArgument(parameter, value, range, "");
      return std::nullopt;
    }
    return value;
  }
  if (!usable(*given, range))
    return std::nullopt;
  Element wanted = elementOf(type.element);
  Tensor result = *given;
  if (wanted == Element::Float ? false : result.element != wanted) {
    reportArgument(parameter, value, range, "");
    return std::nullopt;
  }
  if (type.classCount && given->classes) {
    Extent classes{given->classes,
                   makeOrigin({}, fmt::format("the class has {} values", given->classes))};
    if (!unifyDimension(parameter, *type.classCount, classes, *given, range, false))
      return std::nullopt;
  }
  // Each axis gets an origin of its own, so that the names of the signature tell two dimensions of
  // one origin apart.
  for (size_t axis = 0; axis < result.shape.size(); ++axis)
    for (size_t other = 0; other < axis; ++other)
      if (result.shape[axis].origin == result.shape[other].origin)
        result.shape[axis].origin = result.shape[axis].origin
                                        ? std::make_shared<const Origin>(*result.shape[axis].origin)
                                        : makeOrigin({}, "");
  if (!unifyShape(parameter, result, range))
    return std::nullopt;
  if (wanted == Element::Float &&
      (result.element == Element::Int || result.element == Element::Bool))
    result = convert(result, Element::Float, range);
  return Entity(result);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

Entity Elaborator::checkResult(const ResultDeclaration &result, const Entity &value,
                               const CallableDeclaration &callable) {
  const TypeExpression &type = result.type;
  if (value.poisoned() || type.element == ElementKind::Error)
    return Poison{};
  // What the body gives is at its end; without an end of the user's, the declaration stands for it.
  SourceRange end = callable.body && !callable.body->statements.empty()
                        ? callable.body->statements.back()->range
                        : type.range;
  auto mismatch = [&]() {
    DiagnosticBuilder builder =
        report(Diag::ResultType, end, callable.name.text, toSource(type), describe(value));
    if (!inStandard(type.range))
      builder.label(type.range, "declared here");
    return builder;
  };
  bool onlyLeading = hasEllipsis(type) && type.dimensions.size() == 1;
  if (value.isNumber() || value.is<bool>()) {
    if ((type.dimensions.empty() ||
         (onlyLeading && (!frame().leading || frame().leading->empty()))) &&
        value.isNumber())
      return value;
    if (value.is<bool>()) {
      mismatch();
      return Poison{};
    }
  }
  auto *tensor = value.get<Tensor>();
  Element wanted = elementOf(type.element);
  if (!tensor && (!value.isNumber() || (value.is<double>() && wanted != Element::Float))) {
    mismatch();
    return Poison{};
  }
  if (onlyLeading && tensor && !frame().leading) {
    // Only numbers were given: nothing says what `...` is.
    return wanted == Element::Float &&
                   (tensor->element == Element::Int || tensor->element == Element::Bool)
               ? Entity(convert(*tensor, Element::Float, type.range))
               : value;
  }
  Shape shape;
  std::optional<Type> declared =
      evaluateType(type, shape, fmt::format("the result of `{}`", callable.name.text),
                   tensor ? &tensor->shape : nullptr);
  if (!declared)
    return Poison{};
  if (!tensor)
    return broadcastTo(constant(value, declared->element, type.range), shape, type.range);
  bool elementsFit = wanted == Element::Float ? true : tensor->element == wanted;
  if (!elementsFit || !sameSizes(shape, tensor->shape)) {
    DiagnosticBuilder builder = mismatch();
    addOrigins(builder, tensor->shape, &shape);
    size_t differing = 0, where = 0;
    for (size_t axis = 0; tensor->shape.size() == shape.size() && axis < shape.size(); ++axis)
      if (shape[axis].size != tensor->shape[axis].size)
        ++differing, where = axis;
    if (elementsFit && differing == 1) {
      builder.here(
          fmt::format("{} where {} is declared", tensor->shape[where].size, shape[where].size));
      const OriginPtr &origin = tensor->shape[where].origin;
      if (origin && !origin->text.empty() && !inStandard(origin->range))
        builder.help(fmt::format("make it {} where {}", shape[where].size, origin->text));
    } else if (elementsFit && differing > 1) {
      builder.here(fmt::format("{} is declared", describe(shape)));
    } else if (elementsFit && tensor->shape.size() > shape.size() && shape.size() == 1 &&
               shape[0].size == tensor->shape.back().size) {
      builder.help("layers work on the last dimension and keep those before it: `flatten` makes "
                   "one of them all");
    } else if (elementsFit && shape.empty() && elementCount(tensor->shape) == 1) {
      builder.help("`|> scalar` takes the number out of a tensor of one element");
    }
    return Poison{};
  }
  Tensor checked = *tensor;
  if (wanted == Element::Float && checked.element != Element::Real)
    checked = convert(checked, Element::Float, type.range);
  checked.shape = shape;
  checked.classes = declared->classes ? declared->classes : checked.classes;
  return checked;
}

} // namespace nnc::lang
