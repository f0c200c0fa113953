// From train, predict and generate blocks to the functions of the program. Each function is
// elaborated on its own, from the same source, in training or in evaluation mode.
#pragma once

#include "lang/elaborate/training/Assemble.h"
#include "lang/elaborate/training/Metrics.h"
#include "lang/elaborate/training/Predictions.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

class TrainingElaborator {
public:
  explicit TrainingElaborator(Elaboration &elaboration)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter), program(elaboration.program),
        diagnostics(elaboration.environment.diagnostics) {}
  void run();

private:
  // Declarations.cpp: which model, data and blocks there are.
  void findDeclarations();
  void findTrainBlock();
  void findPredictions();
  void findGenerateBlock();
  const CallableDeclaration *findModel(const Identifier &name);
  void checkOtherModels();

  // Training.cpp: the functions.
  void checkBatch(const Pass &pass);
  /// Of the role Predict: of this block, or without one what the model gives.
  std::unique_ptr<Pass> trainPass(Role role, const PredictDeclaration *block = nullptr);
  /// The function of a model without a train block: of the role Predict or Generate.
  std::unique_ptr<Pass> modelPass(const CallableDeclaration &model, Role role,
                                  const PredictDeclaration *block = nullptr);
  std::unique_ptr<Pass> predictPass(const PredictDeclaration *block, SourceRange range, Role role);
  std::unique_ptr<Pass> generatePass();
  /// The functions that compute made data.
  void addMadeData();
  /// What the training step sees of the fields that are augmented, as a function of its own.
  std::unique_ptr<Pass> augmentPass();
  /// Returns the names of the fields that are augmented.
  std::vector<std::string> bindFields();
  void runStatement(const Statement &statement, Role role);
  void checkUnused();
  /// Reports `validate` for texts and windows, which are split by their readers.
  void checkValidation();
  std::optional<Tensor> meanLoss();

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
  Program &program;
  Diagnostics &diagnostics;

  const TrainDeclaration *train = nullptr;
  std::vector<const PredictDeclaration *> predictions; // blocks of the compiled model
  size_t predictPasses = 0;
  const GenerateDeclaration *generate = nullptr;
  std::string sequence; // the padded field that `generate` extends, once it is known
  const CallableDeclaration *model = nullptr;
  const DataDeclaration *data = nullptr;

  RecipeNumbers numbers{elaboration};
  TrainKeys keys{elaboration};
  Metrics metrics{elaboration};
  Update update{elaboration, numbers, keys};
  /// Of the function that is being built.
  std::optional<RecipePart> loss;
  struct TrainBinding {
    SourceRange range;
    bool isValue = false; // a tensor or the like, which need not be used
    bool used = false;    // by any of the functions
  };
  std::map<std::string, TrainBinding> bindings; // of the train block
  std::vector<RolePass> passes;
};

} // namespace nnc::lang
