// Settings of layers, initialisers, optimizers and schedules: checked where they are given, bound
// to their names where the body is executed.
#pragma once

#include "lang/elaborate/environment/Environment.h"
#include "lang/elaborate/environment/Evaluator.h"

#include <optional>
#include <vector>

namespace nnc::lang {

class SettingBinder {
public:
  SettingBinder(Environment &environment, Evaluator &evaluator)
      : environment(environment), evaluator(evaluator) {}

  /// The settings that are given, by name, or nothing when the arguments do not match the
  /// parameters. A value that does not fit is Poison.
  std::optional<std::vector<NamedEntity>> bind(const CallableDeclaration &declaration,
                                               const std::vector<GivenArgument> &given,
                                               SourceRange range);
  /// The settings of a callable of which none need be given.
  std::optional<std::vector<NamedEntity>> settingsOf(const CallableEntity &callable,
                                                     SourceRange range);
  /// Binds all settings in the frame of the body, those that are not given to their defaults.
  bool enter(const CallableDeclaration &declaration, const std::vector<NamedEntity> &settings);

private:
  Entity appliedToSizes(Entity value, SourceRange range);
  /// The value as its parameter takes it; Poison, with an error, when it does not fit.
  Entity fit(const CallableDeclaration &declaration, const Parameter &parameter, Entity value,
             SourceRange range);

  Environment &environment;
  Evaluator &evaluator;
};

} // namespace nnc::lang
