// Optimizers of a recipe: their settings become numbers of the recipe, once, and then their bodies
// run for each parameter. An optimizer may hold for some parameters only, and it may be a setting of
// another one, whose body applies it.
#pragma once

#include "lang/elaborate/training/RecipeNumbers.h"
#include "lang/elaborate/training/TrainKeys.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

class Optimizers {
public:
  Optimizers(Elaboration &elaboration, RecipeNumbers &numbers)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter), program(elaboration.program),
        diagnostics(elaboration.environment.diagnostics), numbers(numbers) {}

  /// Reads the value of the key `optimizer`; false after an error.
  bool read(const RecipePart &part);
  /// The next value of a parameter; those of its slots are added to `slots`.
  Tensor update(const ParameterInfo &info, const Tensor &value, const Tensor &gradient,
                std::map<std::string, Tensor> &slots);

  /// The rate of the parameters that no pattern means.
  std::optional<Tensor> learningRate;
  std::string schedule; ///< the name of its schedule; empty: it is constant

private:
  /// An optimizer, or one by parameters, with its settings read.
  Entity readOptimizer(const Entity &value, const std::string &prefix, SourceRange range);
  /// A rate, unless the runtime sets another one.
  Tensor overridden(const Tensor &rate, SourceRange range);
  Entity readSetting(const Entity &value, const Parameter &parameter, const std::string &prefix,
                     SourceRange range);
  bool checkSettings(const CallableDeclaration &declaration,
                     const std::vector<NamedEntity> &settings, SourceRange range);
  void bindSettings(const CallableDeclaration &declaration,
                    const std::vector<NamedEntity> &settings, const std::string &path);
  void run(const CallableEntity &optimizer, OptimizerTarget &target, const Tensor &gradient,
           SourceRange range);
  Entity applyInner(OptimizerTarget &target, const CallableEntity &optimizer,
                    const std::vector<GivenArgument> &given, SourceRange range);
  void countLayers();

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
  Program &program;
  Diagnostics &diagnostics;
  RecipeNumbers &numbers;
  Entity optimizer;
  std::optional<Tensor> mainRate; ///< as it is written
  SourceRange range;
  /// Of the layer that owns a parameter, by the layer's path, from 1.
  std::map<std::string, int64_t> layers;
};

} // namespace nnc::lang
