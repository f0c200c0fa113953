// Numbers of the recipe: what is written for an optimizer or a schedule, and their defaults, are
// settings that a run can change. Each has a full key, `optimizer.mu` or `rate.peak`; the runtime
// knows it by its last part, too, where that is unique.
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

#include <set>
#include <string>

namespace nnc::lang {

class RecipeNumbers {
public:
  explicit RecipeNumbers(Elaboration &elaboration)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter) {}

  /// A number that is known becomes a setting; another value stays.
  Entity number(const Entity &value, const std::string &prefix, const std::string &name,
                bool integer, SourceRange range);
  /// The value of a schedule at the step at hand; a tensor stays.
  Entity schedule(const Entity &schedule, const std::string &prefix, SourceRange range);
  /// The body of a schedule or an optimizer, whose settings are numbers of the recipe.
  Entity evaluate(const Block &body);
  /// Binds `step`, `steps`, `epoch`, ... in the frame at hand.
  void bindCounters();
  bool isSetting(const std::string &key) const { return keys.count(key) != 0; }

private:
  Tensor setting(const std::string &key, double value, bool integer, SourceRange range);

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
  std::set<std::string> keys;
};

} // namespace nnc::lang
