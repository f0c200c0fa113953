// Implements the results of Unifier, with the change that would make a wrong one fit.
#include "lang/elaborate/signatures/Unifier.h"

#include "lang/syntax/ASTPrinter.h"

namespace nnc::lang {

Entity Unifier::checkResult(const ResultDeclaration &result, const Entity &value,
                            const CallableDeclaration &callable) {
  const TypeExpression &type = result.type;
  if (value.poisoned() || type.element == ElementKind::Error)
    return Poison{};
  // The result stands at the end of the body; of an empty body, the error is at the declaration.
  SourceRange end = callable.body && !callable.body->statements.empty()
                        ? callable.body->statements.back()->range
                        : type.range;
  auto mismatch = [&]() {
    DiagnosticBuilder builder = environment.report(Diag::ResultType, end, callable.name.text,
                                                   toSource(type), describe(value));
    if (!environment.inStandard(type.range))
      builder.label(type.range, "declared here");
    return builder;
  };
  bool onlyLeading = hasEllipsis(type) && type.dimensions.size() == 1;
  if (value.isNumber() || value.is<bool>()) {
    if ((type.dimensions.empty() ||
         (onlyLeading && (!environment.frame().leading || environment.frame().leading->empty()))) &&
        value.isNumber())
      return value;
    if (value.is<bool>()) {
      mismatch();
      return Poison{};
    }
  }
  Entity list = emitter.listed(value, type.range);
  auto *tensor = list.get<Tensor>();
  Element wanted = elementOf(type.element);
  if (!tensor && (!value.isNumber() || (value.is<double>() && wanted != Element::Float))) {
    mismatch();
    return Poison{};
  }
  if (onlyLeading && tensor && !environment.frame().leading) {
    // Only numbers were given: nothing says what `...` is.
    return wanted == Element::Float &&
                   (tensor->element == Element::Int || tensor->element == Element::Bool)
               ? Entity(emitter.convert(*tensor, Element::Float, type.range))
               : value;
  }
  Shape shape;
  std::optional<Type> declared =
      types.evaluateType(type, shape, fmt::format("the result of `{}`", callable.name.text),
                         tensor ? &tensor->shape : nullptr);
  if (!declared)
    return Poison{};
  if (!tensor)
    return emitter.broadcastTo(emitter.constant(value, declared->element, type.range), shape,
                               type.range);
  bool elementsFit = wanted == Element::Float ? true : tensor->element == wanted;
  if (!elementsFit || !sameSizes(shape, tensor->shape)) {
    DiagnosticBuilder builder = mismatch();
    environment.addOrigins(builder, tensor->shape, &shape);
    size_t differing = 0, where = 0;
    for (size_t axis = 0; tensor->shape.size() == shape.size() && axis < shape.size(); ++axis)
      if (shape[axis].size != tensor->shape[axis].size)
        ++differing, where = axis;
    if (elementsFit && differing == 1) {
      builder.here(
          fmt::format("{} where {} is declared", tensor->shape[where].size, shape[where].size));
      const OriginPtr &origin = tensor->shape[where].origin;
      if (origin && !origin->text.empty() && !environment.inStandard(origin->range))
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
    checked = emitter.convert(checked, Element::Float, type.range);
  checked.shape = shape;
  checked.classes = declared->classes ? declared->classes : checked.classes;
  return checked;
}

} // namespace nnc::lang
