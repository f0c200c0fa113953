// From train and predict blocks to the functions of the program. Each function is elaborated on its
// own, from the same source, in training or in evaluation mode.
#pragma once

#include "lang/elaborate/Elaborator.h"

namespace nnc::lang {

/// Whether `name` is a key of a train block: `loss`, `batch`, ...
bool isTrainKey(std::string_view name);

class TrainingElaborator {
public:
  explicit TrainingElaborator(Elaborator &elaborator)
      : elaborator(elaborator), program(elaborator.program), diagnostics(elaborator.diagnostics) {}
  void run();

private:
  enum class Role { TrainStep, Evaluate, Predict, Gradient };

  void findDeclarations();
  void checkOtherModels();
  void checkBatch(const Pass &pass);
  const CallableDeclaration *findModel(const Identifier &name);

  // Training.cpp: the blocks.
  /// Of the role Predict: of this block, or without one what the model gives.
  std::unique_ptr<Pass> trainPass(Role role, const PredictDeclaration *block = nullptr);
  std::unique_ptr<Pass> predictModel(const CallableDeclaration &model,
                                     const PredictDeclaration *block = nullptr);
  std::unique_ptr<Pass> predictPass(const PredictDeclaration *block, SourceRange range);
  void bindFields();
  void runStatement(const Statement &statement, Role role);
  void addMetric(const MetricStatement &statement);
  void addPredictions(const Block &block);
  void addPrediction(const std::string &name, const Entity &value, SourceRange range);
  void addModelPredictions(const Entity &value);
  void requireKeys();
  void checkUnused();
  std::optional<Tensor> lossOf(Role role);
  std::optional<Tensor> exampleScalar(const Entity &value, std::string_view what,
                                      SourceRange range);

  // Keys.cpp: what the keys of a train block mean.
  void readKey(const std::string &key, const Identifier &name, const Expression &value);
  std::optional<int64_t> positiveInteger(const std::string &key, const Expression &value);
  void readStop(const Expression &value);

  // Update.cpp: gradients, clipping and the optimizer.
  void updateParameters(const Tensor &loss);
  std::vector<Tensor> clipped(std::vector<Tensor> gradients, const std::vector<Tensor> &parameters);
  bool readOptimizer(std::vector<NamedEntity> &settings, Tensor &rate);
  void checkExceptions(const std::vector<NamedEntity> &settings);
  void updateParameter(const ParameterInfo &info, const Tensor &value, const Tensor &gradient,
                       const std::vector<NamedEntity> &settings);
  void addGradients(const Tensor &loss);

  // Assemble.cpp: signatures.
  void assemble();
  void completeArguments(Pass &pass, Role role);
  void orderArguments(Pass &pass);
  void orderResults(Pass &pass);

  Elaborator &elaborator;
  Program &program;
  Diagnostics &diagnostics;
  const TrainDeclaration *train = nullptr;
  std::vector<const PredictDeclaration *> predictions; // blocks of the compiled model
  size_t predictPasses = 0;
  const CallableDeclaration *model = nullptr;
  const DataDeclaration *data = nullptr;

  // Of the pass that is being built.
  std::optional<Entity> loss;
  SourceRange lossRange;
  std::map<std::string, SourceRange> seenKeys;
  std::map<std::string, bool> usedBindings; // over all passes
  std::map<std::string, std::pair<SourceRange, bool>>
      bindings; // name -> where, whether it is a tensor or the like
  Entity optimizer, clip;
  SourceRange optimizerRange, clipRange;
  Tensor learningRate;
  bool hasLearningRate = false;
  std::map<std::string, Tensor> newParameters, newSlots;
  std::vector<std::pair<Role, std::unique_ptr<Pass>>> passes;
};

/// Reports the first value that would be too large for the batch of the program's recipe.
void checkBatchSizes(const Program &program, Diagnostics &diagnostics);

} // namespace nnc::lang
