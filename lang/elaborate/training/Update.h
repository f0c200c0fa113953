// The second half of a training step: gradients, clipping, and the optimizer's body for each
// parameter.
#pragma once

#include "lang/elaborate/training/RecipeFunction.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

/// The values behind a training step.
struct Updates {
  std::map<std::string, Tensor> parameters, slots; ///< that the step changes, by path
  std::optional<Tensor> learningRate;
};

class Update {
public:
  /// `frozen` are patterns of the paths that are not trained, `trained` of those that are; without any
  /// all others are. All arguments must live as long.
  Update(Elaboration &elaboration, const TrainKeys &keys, const std::vector<Identifier> &frozen,
         const std::vector<Identifier> &trained)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter), program(elaboration.program),
        diagnostics(elaboration.environment.diagnostics), numbers(elaboration), keys(keys),
        frozen(frozen), trained(trained), optimizer(keys.optimizer), clip(keys.clip),
        constraint(elaboration, numbers, keys.constrain, "constrain"),
        averaging(elaboration, numbers, keys.average, "average") {}

  void updateParameters(const Tensor &loss, SourceRange lossRange);
  /// The derivatives of the loss as results of the function, for `nnc grad-check`.
  void addGradients(const Tensor &loss, SourceRange lossRange);

  Updates updates;
  std::string schedule; ///< the name of the schedule of the learning rate; empty: it is constant

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
  const std::vector<Identifier> &frozen, &trained;
  const RecipePart &optimizer, &clip;
  RecipeFunction constraint, averaging;
};

} // namespace nnc::lang
