// The second half of a training step: gradients, clipping, and the optimizer's body for each
// parameter.
#pragma once

#include "lang/elaborate/training/RecipeFunction.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

class Update {
public:
  Update(Elaboration &elaboration, const TrainKeys &keys)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter), program(elaboration.program),
        diagnostics(elaboration.environment.diagnostics), numbers(elaboration), keys(keys),
        optimizer(keys.optimizer), clip(keys.clip),
        constraint(elaboration, numbers, keys.constrain, "constrain"),
        averaging(elaboration, numbers, keys.average, "average") {}

  void updateParameters(const Tensor &loss, SourceRange lossRange);
  /// The derivatives of the loss as results of the function, for `nnc grad-check`.
  void addGradients(const Tensor &loss, SourceRange lossRange);

  /// Of a parameter or slot that the step changes, by path.
  std::map<std::string, Tensor> newParameters, newSlots;
  std::optional<Tensor> learningRate;
  std::string schedule; ///< the name of the schedule that gives it; empty: it is constant

  /// Patterns of the paths that are not trained, and of those that are; without any, all are.
  std::vector<Identifier> frozen, trained;
  std::string slotPrefix; ///< of the names of slots, where a program has several training steps

private:
  bool isTrained(const std::string &path) const;
  std::vector<Tensor> clipped(std::vector<Tensor> gradients, const std::vector<Tensor> &parameters,
                              const std::vector<std::string> &paths);
  void checkPatterns(const std::vector<std::string> &paths) const;
  /// The next value of a parameter after `constrain`.
  Tensor constrained(const ParameterInfo &info, const Tensor &value, const Tensor &next);
  void updateAverage(const ParameterInfo &info, const Tensor &next);
  /// `step`, `epoch`, ... as the language sees them.
  std::optional<Tensor> counter(const std::string &name) const;

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
  Program &program;
  Diagnostics &diagnostics;
  RecipeNumbers numbers;
  const TrainKeys &keys;
  const RecipePart &optimizer, &clip;
  RecipeFunction constraint, averaging;
};

} // namespace nnc::lang
