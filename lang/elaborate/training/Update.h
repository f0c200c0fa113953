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
        frozen(frozen), trained(trained), optimizer(keys.optimizer),
        constraint(elaboration, numbers, keys.constrain, "constrain"),
        averaging(elaboration, numbers, keys.average, "average") {}

  void updateParameters(const Tensor &loss, SourceRange lossRange);
  /// Adds the gradients of a part of a batch to those of the parts before it.
  void sumGradients(const Tensor &loss, SourceRange lossRange);
  /// Updates these parameters by the sums of their gradients, which begin anew.
  void applySums(const std::vector<size_t> &which);
  /// The derivatives of the loss as results of the function, for `nnc grad-check`.
  void addGradients(const Tensor &loss, SourceRange lossRange);

  Updates updates;
  std::vector<size_t> summed; ///< the parameters whose gradients are added up, by number
  std::string schedule; ///< the name of the schedule of the learning rate; empty: it is constant

  std::string slotPrefix; ///< of the names of slots, where a program has several training steps

private:
  bool isTrained(const std::string &path) const;
  /// The parameters that this step trains, by number. Reports a loss that depends on none of them.
  std::vector<size_t> trainedParameters(const Tensor &loss, SourceRange lossRange);
  std::vector<Tensor> valuesOf(const std::vector<size_t> &which);
  /// The derivatives of a loss by `points`, one for each parameter.
  std::vector<Tensor> derivatives(const Tensor &loss, SourceRange lossRange,
                                  const std::vector<size_t> &which,
                                  const std::vector<Tensor> &points);
  /// The gradients of the step: those at the parameters or, with `perturb`, at points beside them.
  std::vector<Tensor> gradients(const Tensor &loss, SourceRange lossRange,
                                const std::vector<size_t> &which);
  /// Clips, and applies the optimizer to each parameter.
  void apply(const std::vector<size_t> &which, std::vector<Tensor> gradients);
  /// In double precision, where squares of single precision neither overflow nor vanish.
  Tensor sumOfSquares(const Tensor &value, SourceRange range);
  /// The path of the slot that holds the sum of a parameter's gradients.
  std::string sumPath(const ParameterInfo &info) const {
    return slotPrefix + gradientSumOf(info.path);
  }
  /// The sum of the gradients of a parameter, in a slot.
  Tensor gradientSum(const ParameterInfo &info);
  /// Adds the initial value of a slot, which is 0.
  void addZeroSlot(const std::string &path, const Shape &shape, SourceRange range);
  /// The results of a function of gradients that has been read, such as that of `clip`; nothing where it is not applied.
  std::vector<std::optional<Tensor>> applied(RecipeFunction &function,
                                             const std::vector<Tensor> &gradients,
                                             const std::vector<Tensor> &parameters,
                                             const std::vector<size_t> &which);
  void checkPatterns(const std::vector<std::string> &paths) const;
  /// The next value of a parameter after `constrain`.
  Tensor constrained(const ParameterInfo &info, const Tensor &value, const Tensor &next);
  /// Numbers of a parameter in the step: norms of its gradient, its value and its update, and of
  /// matrices the fraction of the columns, units of a layer, whose gradient is 0.
  void addWatch(const ParameterInfo &info, const Tensor &value, const Tensor &gradient,
                const Tensor &next);
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
  const RecipePart &optimizer;
  RecipeFunction constraint, averaging;
};

} // namespace nnc::lang
