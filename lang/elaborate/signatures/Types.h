// Declared types: their dimensions are expressions that must give whole numbers.
#pragma once

#include "lang/elaborate/environment/Evaluator.h"
#include "lang/elaborate/graph/Emitter.h"

#include <optional>
#include <string_view>

namespace nnc::lang {

Element elementOf(ElementKind kind);
bool isTensorType(ElementKind kind);
/// Whether a type begins with `...`.
bool hasEllipsis(const TypeExpression &type);
/// `_` in the type of a result: whatever the value has there.
bool isOpenDimension(const Dimension &dimension);

class Types {
public:
  Types(Environment &environment, Evaluator &evaluator, Emitter &emitter)
      : environment(environment), evaluator(evaluator), emitter(emitter) {}

  std::optional<Extent> evaluateDimension(const Expression &expression, std::string_view what);
  /// `given` is the shape of the value that has this type: what `_` stands for.
  std::optional<Type> evaluateType(const TypeExpression &type, Shape &shape, std::string_view what,
                                   const Shape *given = nullptr);
  /// An input of the function that is being built.
  Entity declaredInput(const Identifier &name, const TypeExpression &type);
  /// An error for a dimension that is not a whole number.
  void reportDivision(const Expression &expression, double value);

private:
  Environment &environment;
  Evaluator &evaluator;
  Emitter &emitter;
};

} // namespace nnc::lang
