// Implements the inputs of Unifier: solves the dimensions of a signature for its names.
#include "lang/elaborate/signatures/Unifier.h"

#include "lang/elaborate/graph/Padding.h"
#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/ASTWalk.h"

#include <functional>

namespace nnc::lang {

DiagnosticBuilder Unifier::reportArgument(const Parameter &parameter, const Entity &value,
                                          SourceRange range, std::string equation) {
  const Frame &current = environment.frame();
  // The frame of the callee is entered already, but the fault is in what its caller gave.
  SourceRange where = environment.inStandard(range) ? environment.place(current.call) : range;
  std::string callable = current.callable ? current.callable->name.text : "";
  DiagnosticBuilder builder =
      environment.diagnostics.report(Diag::ArgumentType, where, parameter.name.text, callable,
                                     toSource(*parameter.type), describe(value));
  if (environment.inStandard(range) && environment.isNested())
    builder.note(fmt::format("found in {}, line {}", range.file->name(), range.start().line));
  if (!equation.empty())
    builder.here(std::move(equation));
  if (auto *tensor = value.get<Tensor>())
    environment.addOrigins(builder, tensor->shape);
  if (current.callable && !current.standard)
    builder.label(parameter.range, "declared here");
  return builder;
}

bool Unifier::isBoundDimension(const std::string &name) {
  if (environment.findLocal(name))
    return true;
  const Global *global = environment.globals.find(name, environment.frame().standard);
  return global && global->entry;
}

void Unifier::collectUnbound(const Expression &pattern,
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

bool Unifier::unifyDimension(const Parameter &parameter, const Expression &pattern,
                             const Extent &given, const Tensor &value, SourceRange range,
                             bool last) {
  std::vector<const NameExpression *> unknown;
  collectUnbound(pattern, unknown);
  if (unknown.size() > 1) {
    if (!last) {
      environment.frame().deferred.push_back({&parameter, &pattern, given, value, range});
      return true;
    }
    environment.report(Diag::Unsolved, pattern.range, toSource(pattern), unknown[0]->name);
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
      Entity known = evaluator.evaluate(expression);
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
                           : makeOrigin(environment.place(pattern.range),
                                        fmt::format("`{}` is {} because `{}` is {}", name,
                                                    *solution, toSource(pattern), given.size));
    environment.frame().scopes.front()[name] = {IntegerConstant{*solution, origin},
                                                unknown[0]->range, true};
    return true;
  }
  Entity expected = evaluator.evaluate(pattern);
  if (expected.poisoned())
    return false;
  if (expected.is<double>()) {
    types.reportDivision(pattern, expected.number());
    return false;
  }
  auto *integer = expected.get<IntegerConstant>();
  if (!integer) {
    environment.report(Diag::NotConstant, pattern.range, "a dimension");
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
      if (Entity named = evaluator.evaluate(part); named.is<IntegerConstant>())
        known.push_back(
            {named.get<IntegerConstant>()->value, named.get<IntegerConstant>()->origin});
    forEachChild(part, addNames);
  };
  addNames(pattern);
  environment.addOrigins(builder, known);
  return false;
}

bool Unifier::unifyDeferred() {
  bool good = true;
  std::vector<Frame::Deferred> deferred = std::move(environment.frame().deferred);
  environment.frame().deferred.clear();
  for (const Frame::Deferred &one : deferred)
    good &= unifyDimension(*one.parameter, *one.pattern, one.given, one.value, one.range, true);
  return good;
}

/// Whether a model's input has the dimensions of an example behind one more.
bool Unifier::writesBatch(const Parameter &parameter, const Tensor &value) {
  const CallableDeclaration *callable = environment.frame().callable;
  const std::vector<Dimension> &dimensions = parameter.type->dimensions;
  size_t rank = value.shape.size();
  if (!callable || callable->callable != CallableKind::Model || dimensions.size() != rank + 1)
    return false;
  for (size_t index = 0; index < rank; ++index) {
    const Dimension &dimension = dimensions[index + 1];
    auto *size = dimension.value ? as<IntegerLiteral>(dimension.value) : nullptr;
    bool open = dimension.value && as<NameExpression>(dimension.value);
    if (!open && !(size && size->value == value.shape[index].size))
      return false;
  }
  return true;
}

/// Says what to do about a class where a tensor of numbers is asked for, or the other way round.
void Unifier::adviseClass(DiagnosticBuilder &builder, const Parameter &parameter,
                          const Tensor &value, SourceRange range) {
  if (environment.inStandard(range))
    return;
  if (parameter.type->element == ElementKind::Class && value.element == Element::Float) {
    builder.help("a class comes from a field, as `label: class[10]`; `soft_cross_entropy` takes a "
                 "probability for each class");
  } else if (parameter.type->element == ElementKind::Float && value.classes) {
    builder.help(fmt::format("`one_hot({})` is float[{}], 1 for the class and 0 for the others",
                             range.text(), value.classes));
  }
}

bool Unifier::unifyShape(const Parameter &parameter, Tensor &value, SourceRange range) {
  const TypeExpression &type = *parameter.type;
  bool ellipsis = hasEllipsis(type);
  size_t named = type.dimensions.size() - (ellipsis ? 1 : 0), rank = value.shape.size();
  if (rank < named || (!ellipsis && rank != named)) {
    DiagnosticBuilder builder =
        reportArgument(parameter, value, range,
                       fmt::format("{}{} dimension{} needed, {} given", ellipsis ? "at least " : "",
                                   named, named == 1 ? "" : "s", rank));
    if (writesBatch(parameter, value))
      builder.help(fmt::format("a model is written for one example, without the dimension of the "
                               "batch: `{}: {}`",
                               parameter.name.text,
                               describe(value.element, value.shape, value.classes)));
    else if (!ellipsis && rank > 0 && rank + 1 == named)
      builder.help(fmt::format("`reshape({}, 1)` adds a last dimension of 1",
                               fmt::join(sizes(value.shape), ", ")));
    else if (named == 0 && !environment.frame().standard)
      builder.help(fmt::format("`{}: {}[...]` takes tensors of all shapes", parameter.name.text,
                               toSource(type)));
    if (named == 1 && rank > 1)
      builder.help(fmt::format("`flatten` makes one dimension of {} = {} elements",
                               product(value.shape), elementCount(value.shape)));
    return false;
  }
  if (ellipsis && value.element != Element::Real) {
    Shape leading(value.shape.begin(), value.shape.begin() + int64_t(rank - named));
    if (!environment.frame().leading) {
      environment.frame().leading = leading;
    } else if (!sameSizes(*environment.frame().leading, leading)) {
      DiagnosticBuilder builder =
          reportArgument(parameter, value, range,
                         fmt::format("`...` is {}, but here it would be {}",
                                     describe(*environment.frame().leading), describe(leading)));
      environment.addOrigins(builder, *environment.frame().leading, &leading);
      if (leading.empty())
        adviseClass(builder, parameter, value, range);
      return false;
    }
  }
  bool good = true;
  for (size_t index = 0; index < named; ++index) {
    const Dimension &dimension = type.dimensions[index + (ellipsis ? 1 : 0)];
    if (dimension.kind == Dimension::Kind::UpTo) {
      types.reportPadded(dimension);
      return false;
    }
    if (dimension.kind != Dimension::Kind::Size) {
      environment.unsupported("this dimension", dimension.range);
      return false;
    }
    Extent &extent = value.shape[rank - named + index];
    good &= unifyDimension(parameter, *dimension.value, extent, value, range, false);
    if (!good)
      return false;
    // Two dimensions of one name are the same one for the body.
    if (auto *name = as<NameExpression>(dimension.value); name && isBoundDimension(name->name)) {
      Entity known = evaluator.evaluate(*name);
      auto *integer = known.get<IntegerConstant>();
      LengthPtr length = integer ? paddedLength(integer->origin) : nullptr;
      if (LengthPtr own = paddedLength(extent.origin); own && !length) {
        // The name stands for the padded one of two dimensions.
        if (Binding *binding = environment.findLocal(name->name))
          binding->value = IntegerConstant{extent.size, extent.origin};
        continue;
      } else if (own) {
        Padding(environment, emitter).meet(length, own, range);
      }
      if (integer && integer->origin)
        extent.origin = integer->origin;
    }
  }
  return good;
}

std::optional<Entity> Unifier::unifyInput(const Parameter &parameter, const Entity &argument,
                                          SourceRange range) {
  if (argument.poisoned() || !parameter.type)
    return argument;
  const TypeExpression &type = *parameter.type;
  if (type.element == ElementKind::Error)
    return Entity(Poison{});
  if (!isTensorType(type.element))
    return argument;
  Entity value = emitter.listed(argument, range);
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
  if (!emitter.usable(*given, range))
    return std::nullopt;
  Element wanted = elementOf(type.element);
  Tensor result = Padding(environment, emitter).withLengths(*given);
  if ((wanted != Element::Float && result.element != wanted) ||
      (type.element == ElementKind::Category && !result.classes)) {
    DiagnosticBuilder builder = reportArgument(parameter, value, range, "");
    adviseClass(builder, parameter, *given, range);
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
    result = emitter.convert(result, Element::Float, range);
  return Entity(result);
}

} // namespace nnc::lang
