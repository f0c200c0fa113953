// The second half of a training step: gradients, clipping, and the optimizer's body for each
// parameter.
#pragma once

#include "lang/elaborate/training/RecipeNumbers.h"
#include "lang/elaborate/training/TrainKeys.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

class Update {
public:
  Update(Elaboration &elaboration, RecipeNumbers &numbers, const TrainKeys &keys)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter), program(elaboration.program),
        diagnostics(elaboration.environment.diagnostics), numbers(numbers),
        optimizer(keys.optimizer), clip(keys.clip) {}

  void updateParameters(const Tensor &loss, SourceRange lossRange);
  /// The derivatives of the loss as results of the function, for `nnc grad-check`.
  void addGradients(const Tensor &loss, SourceRange lossRange);

  /// Of a parameter or slot that the step changes, by path.
  std::map<std::string, Tensor> newParameters, newSlots;
  std::optional<Tensor> learningRate;

private:
  std::vector<Tensor> clipped(std::vector<Tensor> gradients, const std::vector<Tensor> &parameters);
  bool readOptimizer(std::vector<NamedEntity> &settings);
  void checkExceptions(const std::vector<NamedEntity> &settings);
  void updateParameter(const ParameterInfo &info, const Tensor &value, const Tensor &gradient,
                       const std::vector<NamedEntity> &settings);

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
  Program &program;
  Diagnostics &diagnostics;
  RecipeNumbers &numbers;
  const RecipePart &optimizer, &clip;
};

} // namespace nnc::lang
