// Numbers of the recipe: what is written for an optimizer or a schedule, and their defaults, are
// settings that a run can change. Each has a full key, `optimizer.mu` or `rate.peak`; the runtime
// knows it by its last part, too, where that is unique. A training step has numbers of its own.
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

#include <functional>
#include <map>
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
  /// Reads each value of a value by parameters. Keys of the settings of those that do not hold for
  /// all others have their patterns behind them: `optimizer.rate[trunk.*]`.
  Entity byPath(const ByPath &value, const std::function<Entity(const Entity &)> &read);
  /// The value of a schedule at the step at hand; a tensor stays.
  Entity schedule(const Entity &schedule, const std::string &prefix, SourceRange range);
  /// A number that the runtime fills in, in double precision.
  Tensor real(const std::string &key, SourceRange range);
  /// The body of a schedule or an optimizer, whose settings are numbers of the recipe.
  Entity evaluate(const Block &body);
  /// Binds `step`, `steps`, `epoch`, ... in the frame at hand.
  void bindCounters();
  /// The states of schedules behind the step, by path.
  const std::map<std::string, Tensor> &slots() const { return newSlots; }

  std::string scope;      ///< the beginning of the keys of the numbers that follow
  std::string slotPrefix; ///< of the paths of slots, where a program has several training steps

private:
  Tensor setting(const std::string &name, double value, bool integer, SourceRange range);
  /// A schedule whose settings are numbers of the recipe.
  Entity readSchedule(const Entity &schedule, const std::string &prefix, SourceRange range);
  /// Its value; `counters` have these values in place of those of the run.
  Entity runSchedule(const CallableEntity &callable, const std::vector<GivenArgument> &counters,
                     SourceRange range);

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
  std::string part;            // behind the keys
  std::set<std::string> paths; // of schedules that have run
  std::map<std::string, Tensor> newSlots;
};

} // namespace nnc::lang
