// Builds the function of a generate block, whose result at each position of a sequence determines
// the next element.
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

namespace nnc::lang {

class GenerateBlock {
public:
  explicit GenerateBlock(Elaboration &elaboration)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter) {}

  /// Adds the block's value as the result of the function that is being built.
  void add(const GenerateDeclaration &declaration);

private:
  std::optional<Tensor> evaluate(const GenerateDeclaration &declaration);
  /// The last of the inputs on which the value depends and whose next element it can determine;
  /// null, with an error, if none is.
  const FunctionArgument *findSequence(const Tensor &value, bool samples, SourceRange range);
  /// Why the value does not determine elements of an input; empty if it does.
  std::string problemOf(const FunctionArgument &input, const Tensor &value, bool samples) const;
  DiagnosticBuilder report(SourceRange range, const std::string &text) {
    return environment.diagnostics.report(Diag::NoGeneration, range, text);
  }

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
};

} // namespace nnc::lang
