// Declared types: their dimensions are expressions that must give whole numbers.
#pragma once

#include "lang/elaborate/environment/Evaluator.h"
#include "lang/elaborate/graph/Emitter.h"

#include <functional>
#include <optional>
#include <string_view>

namespace nnc::lang {

Element elementOf(ElementKind kind);
bool isTensorType(ElementKind kind);
/// Whether a type begins with `...`.
bool hasEllipsis(const TypeExpression &type);
/// `_` in the type of a result: whatever the value has there.
bool isOpenDimension(const Dimension &dimension);

/// The name in `length(name)`, as which a dimension of a field has the length of another one; null if
/// it is something else.
const NameExpression *lengthOfField(const Dimension &dimension);

class Types {
public:
  Types(Environment &environment, Evaluator &evaluator, Emitter &emitter)
      : environment(environment), evaluator(evaluator), emitter(emitter) {}

  std::optional<Extent> evaluateDimension(const Expression &expression, std::string_view what);
  /// `given` is the shape of the value that has this type: what `_` stands for.
  /// `padded` evaluates a dimension that has its own length in each example, where there may be one.
  std::optional<Type> evaluateType(
      const TypeExpression &type, Shape &shape, std::string_view what, const Shape *given = nullptr,
      const std::function<std::optional<Extent>(const Dimension &, size_t)> &padded = nullptr);
  /// An input of the function that is being built.
  Entity declaredInput(const Identifier &name, const TypeExpression &type);
  /// A field of data, of which a dimension may be padded; `before` are those in front of it.
  std::optional<DataField> evaluateField(const Field &field, const std::vector<DataField> &before,
                                         Shape &shape);
  /// A field as an input of the function that is being built; its padding is 0.
  Entity fieldInput(const Field &field, const std::vector<DataField> &before);
  /// An error for `up to` in a type that is not one of a field.
  void reportPadded(const Dimension &dimension);
  /// An error for a dimension that is not a whole number.
  void reportDivision(const Expression &expression, double value);

private:
  Tensor input(const Identifier &name, const Type &type, const Shape &shape);
  std::optional<Extent> evaluatePadded(const Dimension &dimension, size_t place, DataField &field,
                                       const std::vector<DataField> &before);

  Environment &environment;
  Evaluator &evaluator;
  Emitter &emitter;
};

} // namespace nnc::lang
