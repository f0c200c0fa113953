// Implements Types: dimensions as numbers with the sentence that says where they came from.
#include "lang/elaborate/signatures/Types.h"

#include "lang/elaborate/graph/Padding.h"
#include "lang/syntax/ASTPrinter.h"

namespace nnc::lang {

Element elementOf(ElementKind kind) {
  switch (kind) {
  case ElementKind::Int:
  case ElementKind::Class:
  case ElementKind::Category:
    return Element::Int;
  case ElementKind::Bool:
    return Element::Bool;
  default:
    return Element::Float;
  }
}

bool isTensorType(ElementKind kind) {
  return kind == ElementKind::Float || kind == ElementKind::Int || kind == ElementKind::Bool ||
         kind == ElementKind::Class || kind == ElementKind::Category;
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

std::optional<Type>
Types::evaluateType(const TypeExpression &type, Shape &shape, std::string_view what,
                    const Shape *given,
                    const std::function<std::optional<Extent>(const Dimension &, size_t)> &padded) {
  if (type.element == ElementKind::Error)
    return std::nullopt;
  if (type.element == ElementKind::Category || type.element == ElementKind::OneHot) {
    environment.report(Diag::CategoryType, type.range, spelling(type.element))
        .help(type.element == ElementKind::Category ? "write `class[n]`" : "write `float[n]`");
    return std::nullopt;
  }
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
    } else if (padded && (dimension.kind == Dimension::Kind::UpTo || lengthOfField(dimension))) {
      std::optional<Extent> extent = padded(dimension, place);
      shape.push_back(extent.value_or(Extent{}));
      good &= extent.has_value();
    } else if (dimension.kind == Dimension::Kind::UpTo) {
      reportPadded(dimension);
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

void Types::reportPadded(const Dimension &dimension) {
  environment.report(Diag::PaddedType, dimension.range)
      .help("give the dimension a name here, as `T` in `float[T, 12]`");
}

const NameExpression *lengthOfField(const Dimension &dimension) {
  auto *call = dimension.value ? as<CallExpression>(dimension.value) : nullptr;
  auto *callee = call ? as<NameExpression>(call->callee) : nullptr;
  bool isLength = callee && callee->name == "length" && call->arguments.size() == 1;
  return isLength ? as<NameExpression>(call->arguments[0].value) : nullptr;
}

std::optional<Extent> Types::evaluatePadded(const Dimension &dimension, size_t place,
                                            DataField &field,
                                            const std::vector<DataField> &before) {
  if (field.padded) {
    environment.unsupported("a second padded dimension in one field", dimension.range);
    return std::nullopt;
  }
  field.padded = int64_t(place);
  const NameExpression *of = lengthOfField(dimension);
  if (!of) {
    std::optional<Extent> whole =
        evaluateDimension(*dimension.value, fmt::format("`{}`", field.name));
    if (whole)
      whole->size = bucketSize(whole->size, environment.bucket);
    return whole;
  }
  for (const DataField &other : before)
    if (other.name == of->name && other.padded) {
      int64_t size = other.type.shape[size_t(*other.padded)];
      field.lengthOf = other.lengthOf.empty() ? other.name : other.lengthOf;
      return Extent{size, makeOrigin(environment.place(dimension.range),
                                     fmt::format("`{}` has up to {}", other.name, size))};
    }
  environment.report(Diag::LengthOfField, dimension.range, of->name);
  return std::nullopt;
}

std::optional<DataField> Types::evaluateField(const Field &field,
                                              const std::vector<DataField> &before, Shape &shape) {
  DataField result{field.name.text, {}, field.name.range, {}};
  const ElementKind element = field.type->element;
  if (element == ElementKind::Category || element == ElementKind::OneHot) {
    if (!field.type->dimensions.empty()) {
      environment.report(Diag::CategoryType, field.type->range, toSource(*field.type))
          .help(fmt::format("a field of several columns is several fields: `a, b: {}`",
                            spelling(element)));
      return std::nullopt;
    }
    for (const DataField &known : before) // once the categories are counted
      if (known.name == result.name)
        result = known;
    result.categories = true;
    result.oneHot = element == ElementKind::OneHot;
    result.type.element = result.oneHot ? Element::Float : Element::Int;
    for (int64_t size : result.type.shape)
      shape.push_back(
          {size, makeOrigin(environment.place(field.name.range),
                            fmt::format("`{}` has {} categories", field.name.text, size))});
    return result;
  }
  std::optional<Type> type = evaluateType(*field.type, shape, fmt::format("`{}`", field.name.text),
                                          nullptr, [&](const Dimension &dimension, size_t place) {
                                            return evaluatePadded(dimension, place, result, before);
                                          });
  if (!type)
    return std::nullopt;
  result.type = *type;
  return result;
}

Entity Types::fieldInput(const Field &field, const std::vector<DataField> &before) {
  Shape shape;
  std::optional<DataField> known = evaluateField(field, before, shape);
  if (!known || (known->categories && !known->type.classes && shape.empty()))
    return Poison{};
  Tensor value = input(field.name, known->type, shape);
  if (!known->padded)
    return value;
  Padding padding(environment, emitter);
  const std::string &owner = known->lengthOf.empty() ? known->name : known->lengthOf;
  padding.set(value, *known->padded,
              padding.ofField(owner, shape[size_t(*known->padded)].size,
                              field.type->dimensions[size_t(*known->padded)].range));
  return padding.fill(value, *known->padded, 0, field.name.range);
}

Tensor Types::input(const Identifier &name, const Type &type, const Shape &shape) {
  Tensor value;
  value.graph = &emitter.pass->graph;
  value.element = type.element;
  value.classes = type.classes;
  value.shape = shape;
  value.id = emitter.pass->graph.addArgument(ArgumentKind::Input, name.text, type, name.range);
  return value;
}

Entity Types::declaredInput(const Identifier &name, const TypeExpression &type) {
  Shape shape;
  std::optional<Type> known = evaluateType(type, shape, fmt::format("`{}`", name.text));
  if (!known)
    return Poison{};
  return input(name, *known, shape);
}

} // namespace nnc::lang
