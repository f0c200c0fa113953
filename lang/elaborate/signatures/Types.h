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

/// The field in a dimension `length(field)`; null if the dimension is something else.
const NameExpression *lengthOfField(const Dimension &dimension);

class Types {
public:
  Types(Environment &environment, Evaluator &evaluator, Emitter &emitter)
      : environment(environment), evaluator(evaluator), emitter(emitter) {}

  std::optional<Extent> evaluateDimension(const Expression &expression, std::string_view what);
  /// `given` is the shape of the value that has this type: what `_` stands for.
  /// `padded` evaluates padded dimensions; without it they are errors.
  std::optional<Type> evaluateType(
      const TypeExpression &type, Shape &shape, std::string_view what, const Shape *given = nullptr,
      const std::function<std::optional<Extent>(const Dimension &, size_t)> &padded = nullptr);
  /// An input of the function that is being built.
  Entity declaredInput(const Identifier &name, const TypeExpression &type);
  /// A field of a data block, which may have a padded dimension; `before` are the fields in front.
  std::optional<DataField> evaluateField(const Field &field, const std::vector<DataField> &before,
                                         Shape &shape);
  /// A field as an input of the function that is being built; its padding is 0.
  Entity fieldInput(const Field &field, const std::vector<DataField> &before);
  /// Reports `up to` in a type that does not belong to a field.
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
