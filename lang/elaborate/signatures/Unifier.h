// Meets the signature of a callable with the values of one application: finds the dimensions that
// the signature names, and checks results against their declarations.
#pragma once

#include "lang/elaborate/signatures/Types.h"

#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

class Unifier {
public:
  Unifier(Environment &environment, Evaluator &evaluator, Emitter &emitter, Types &types)
      : environment(environment), evaluator(evaluator), emitter(emitter), types(types) {}

  /// The input as the body sees it; binds the dimensions that its type names.
  std::optional<Entity> unifyInput(const Parameter &parameter, const Entity &value,
                                   SourceRange range);
  /// Solves the dimensions that had several unknown names, now that all inputs are known.
  bool unifyDeferred();
  /// A result as the caller sees it, checked against its declaration.
  Entity checkResult(const ResultDeclaration &result, const Entity &value,
                     const CallableDeclaration &callable);
  /// The names of a dimension that nothing has given a value yet.
  void collectUnbound(const Expression &pattern, std::vector<const NameExpression *> &names);

private:
  /// The dimensions of `value` become those that the names of the signature stand for.
  bool writesBatch(const Parameter &parameter, const Tensor &value);
  void adviseClass(DiagnosticBuilder &builder, const Parameter &parameter, const Tensor &value,
                   SourceRange range);
  bool unifyShape(const Parameter &parameter, Tensor &value, SourceRange range);
  bool unifyDimension(const Parameter &parameter, const Expression &pattern, const Extent &given,
                      const Tensor &value, SourceRange range, bool last);
  bool isBoundDimension(const std::string &name);
  DiagnosticBuilder reportArgument(const Parameter &parameter, const Entity &value,
                                   SourceRange range, std::string equation);

  Environment &environment;
  Evaluator &evaluator;
  Emitter &emitter;
  Types &types;
};

} // namespace nnc::lang
