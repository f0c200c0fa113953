// Functions that the elaborator itself provides, because they look at shapes or change them, or
// because they stand for an operation that is not elementwise. Everything else is declared in the
// standard library.
#pragma once

#include "lang/elaborate/environment/Evaluator.h"
#include "lang/elaborate/graph/Operators.h"
#include "lang/elaborate/graph/Reductions.h"
#include "lang/elaborate/instances/Instances.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

/// One application of a builtin, and the parts that it works with.
struct BuiltinCall {
  const Builtin &builtin;
  const std::vector<GivenArgument> &settings, &inputs;
  SourceRange range;
  Environment &environment;
  Emitter &emitter;
  Operators &operators;
  Reductions &reductions;
  Instances &instances;
  Evaluator &evaluator;

  /// The error that this kind of operand is not one for the builtin.
  Entity wrongOperand(const GivenArgument &operand) const;
  /// The same where the operand has no dimension.
  Entity needsDimension(const GivenArgument &operand) const;
};

const Builtin *findBuiltin(std::string_view name);

/// Whether a name means something everywhere: a builtin, or `training`, `pi`, `infinity`.
bool isBuiltinName(std::string_view name);
std::vector<std::string> builtinNames();
/// Names of things that later versions will have.
bool isPlannedName(std::string_view name);

/// One table for each file of implementations.
namespace builtins {
extern const std::span<const Builtin> shapeFunctions;             // ShapeFunctions.cpp
extern const std::span<const Builtin> valueFunctions;             // ValueFunctions.cpp
extern const std::span<const Builtin> tensorFunctions;            // TensorFunctions.cpp
extern const std::span<const Builtin> windowFunctions;            // Windows.cpp
extern const std::span<const Builtin> derivativeFunctions;        // Derivatives.cpp
extern const std::span<const Builtin> requirementFunctions;       // Requirements.cpp
extern const std::span<const Builtin> reparametrizationFunctions; // Reparametrization.cpp
extern const std::span<const Builtin> vocabularyFunctions;        // Vocabulary.cpp
extern const std::span<const Builtin> generationFunctions;        // Generation.cpp
extern const std::span<const Builtin> totalFunctions;             // Totals.cpp
} // namespace builtins

} // namespace nnc::lang
