// Elementwise operations, comparisons, conditions and matrix products on what expressions mean:
// their operands are checked, converted and aligned.
#pragma once

#include "lang/elaborate/graph/Emitter.h"

#include <optional>
#include <string>
#include <string_view>

namespace nnc::lang {

class Operators {
public:
  Operators(Environment &environment, Emitter &emitter)
      : environment(environment), emitter(emitter) {}

  Entity unary(UnaryOperator op, const Entity &value, SourceRange range);
  Entity binary(BinaryOperator op, const Entity &left, const Entity &right, SourceRange range);
  /// The primitive `name` of two operands.
  Entity elementwise(const std::string &name, const Entity &left, const Entity &right,
                     SourceRange range);
  /// `what` names the construct in messages.
  Entity select(const Entity &condition, const Entity &yes, const Entity &no, SourceRange range,
                std::string_view what = "if");

private:
  Entity compare(const std::string &predicate, const Entity &left, const Entity &right,
                 SourceRange range);
  Entity logical(BinaryOperator op, const Entity &left, const Entity &right, SourceRange range);
  Entity matrixMultiply(const Entity &left, const Entity &right, SourceRange range);
  std::optional<Entity> simplified(const std::string &name, const Entity &left,
                                   const Entity &right);
  /// To `shape`, of which `axes` are the dimensions of the value.
  Tensor repeat(Tensor value, const Shape &shape, std::vector<int64_t> axes, SourceRange range);
  bool alignOperands(std::string_view what, Tensor &left, Tensor &right, SourceRange range);
  void reportAmbiguous(std::string_view what, const Tensor &left, const Tensor &right,
                       const Alignment &alignment, SourceRange range);

  Environment &environment;
  Emitter &emitter;
};

} // namespace nnc::lang
