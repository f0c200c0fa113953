// Implements the search for a builtin among those of all families.
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/support/Names.h"

#include <iterator>
#include <span>

namespace nnc::lang {

namespace {

constexpr std::string_view plannedNames[] = {"load", "unfreeze"};

constexpr const std::span<const Builtin> *families[] = {&builtins::shapeFunctions,
                                                        &builtins::valueFunctions,
                                                        &builtins::tensorFunctions,
                                                        &builtins::windowFunctions,
                                                        &builtins::derivativeFunctions,
                                                        &builtins::requirementFunctions,
                                                        &builtins::reparametrizationFunctions,
                                                        &builtins::vocabularyFunctions,
                                                        &builtins::generationFunctions,
                                                        &builtins::totalFunctions};

/// Their values: Interpreter::lookup.
constexpr std::string_view constants[] = {"training", "stochastic", "pi", "infinity"};

} // namespace

const Builtin *findBuiltin(std::string_view name) {
  for (const std::span<const Builtin> *family : families)
    for (const Builtin &builtin : *family)
      if (builtin.name == name)
        return &builtin;
  return nullptr;
}

bool isBuiltinName(std::string_view name) { return findBuiltin(name) || contains(constants, name); }

std::vector<std::string> builtinNames() {
  std::vector<std::string> names(std::begin(constants), std::end(constants));
  for (const std::span<const Builtin> *family : families)
    for (const Builtin &builtin : *family)
      names.emplace_back(builtin.name);
  return names;
}

bool isPlannedName(std::string_view name) { return contains(plannedNames, name); }

Entity BuiltinCall::wrongOperand(const GivenArgument &operand) const {
  environment.report(Diag::OperandType, operand.range, builtin.name, describe(operand.value));
  return Poison{};
}

Entity BuiltinCall::needsDimension(const GivenArgument &operand) const {
  environment.report(Diag::OperandType, operand.range, builtin.name, describe(operand.value))
      .note("it takes tensors of at least one dimension");
  return Poison{};
}

} // namespace nnc::lang
