// Implements Types: dimensions as numbers with the sentence that says where they came from.
#include "lang/elaborate/signatures/Types.h"

#include "lang/syntax/ASTPrinter.h"

namespace nnc::lang {

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

bool isOpenDimension(const Dimension &dimension) {
  auto *name = dimension.value ? as<NameExpression>(dimension.value) : nullptr;
  return name && name->name == "_";
}

void Types::reportDivision(const Expression &expression, double value) {
  // The innermost quotient that does not come out even is the culprit.
  if (auto *quotient = as<BinaryExpression>(&expression)) {
    for (const Expression *side : {quotient->left.get(), quotient->right.get()})
      if (Entity part = evaluator.evaluate(*side); part.is<double>())
        return reportDivision(*side, part.number());
    if (quotient->op == BinaryOperator::Divide) {
      Entity left = evaluator.evaluate(*quotient->left),
             right = evaluator.evaluate(*quotient->right);
      DiagnosticBuilder builder =
          environment.report(Diag::DimensionDivision, expression.range, toSource(expression),
                             fmt::format("{} / {}", left.number(), right.number()));
      Shape shape;
      for (const Entity *side : {&left, &right})
        if (auto *integer = side->get<IntegerConstant>())
          shape.push_back({integer->value, integer->origin});
      environment.addOrigins(builder, shape);
      return;
    }
  }
  environment.report(Diag::BadDimension, expression.range, fmt::format("{}", value));
}

std::optional<Extent> Types::evaluateDimension(const Expression &expression,
                                               std::string_view what) {
  Entity value = evaluator.evaluate(expression);
  if (value.poisoned())
    return std::nullopt;
  if (value.is<double>()) {
    reportDivision(expression, value.number());
    return std::nullopt;
  }
  auto *integer = value.get<IntegerConstant>();
  if (!integer) {
    environment.report(Diag::NotConstant, expression.range, "a dimension")
        .here(fmt::format("this is {}", describe(value)));
    return std::nullopt;
  }
  if (integer->value < 1 || integer->value > maximumElements) {
    DiagnosticBuilder builder =
        environment.report(Diag::BadDimension, expression.range, fmt::format("{}", integer->value));
    environment.addOrigins(builder, {{integer->value, integer->origin}});
    return std::nullopt;
  }
  OriginPtr origin = integer->origin;
  if (!origin || origin->text.empty()) {
    std::string text = as<IntegerLiteral>(&expression)
                           ? fmt::format("{} is the size that {} declares", integer->value, what)
                           : fmt::format("`{}` is {}", toSource(expression), integer->value);
    origin = makeOrigin(environment.place(expression.range), std::move(text));
  }
  return Extent{integer->value, origin};
}

std::optional<Type> Types::evaluateType(const TypeExpression &type, Shape &shape,
                                        std::string_view what, const Shape *given) {
  if (type.element == ElementKind::Error)
    return std::nullopt;
  if (!isTensorType(type.element)) {
    environment.report(Diag::SettingTypeHere, type.range, spelling(type.element));
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
      environment.unsupported("`up to`, a dimension whose length differs between examples,",
                              dimension.range);
      good = false;
    } else if (dimension.kind == Dimension::Kind::Ellipsis) {
      if (environment.executing() && environment.frame().leading) {
        shape.insert(shape.end(), environment.frame().leading->begin(),
                     environment.frame().leading->end());
      } else {
        environment.report(Diag::NoLeading, dimension.range);
        good = false;
      }
    } else if (std::optional<Extent> extent = evaluateDimension(*dimension.value, what)) {
      shape.push_back(*extent);
    } else {
      good = false;
    }
  }
  if (good && elementCount(shape) > maximumElements) {
    DiagnosticBuilder builder = environment.report(
        Diag::TooLarge, type.range, describe(result.element, shape), maximumElements);
    environment.addOrigins(builder, shape);
    good = false;
  }
  if (!good)
    return std::nullopt;
  result.shape = sizes(shape);
  return result;
}

Entity Types::declaredInput(const Identifier &name, const TypeExpression &type) {
  Shape shape;
  std::optional<Type> known = evaluateType(type, shape, fmt::format("`{}`", name.text));
  if (!known)
    return Poison{};
  Tensor value;
  value.graph = &emitter.pass->graph;
  value.element = known->element;
  value.classes = known->classes;
  value.shape = shape;
  value.id = emitter.pass->graph.addArgument(ArgumentKind::Input, name.text, *known, name.range);
  return value;
}

} // namespace nnc::lang
