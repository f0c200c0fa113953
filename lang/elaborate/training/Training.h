// From train, predict and generate blocks to the functions of the program. Each function is
// elaborated on its own, from the same source, in training or in evaluation mode.
#pragma once

#include "lang/elaborate/training/Assemble.h"
#include "lang/elaborate/training/Metrics.h"
#include "lang/elaborate/training/Predictions.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nnc::lang {

/// A train block, and what its functions have shown of it.
struct TrainBlock {
  const TrainDeclaration *declaration;
  std::vector<const CallableDeclaration *> models;
  const DataDeclaration *data;
  std::vector<const StepStatement *> steps;
  std::vector<std::string> phases = {""}; ///< names; the first has none
  std::string scope;                      ///< begins the keys of its settings
  int64_t batch = 32, parts = 1;
  struct Bound {
    SourceRange range;
    bool isValue = false; // a tensor or the like, which need not be used
    bool used = false;    // by any of the functions
  };
  std::map<std::string, Bound> bindings = {};

  bool trains(const CallableDeclaration *model) const {
    return std::ranges::find(models, model) != models.end();
  }
};

class TrainingElaborator {
public:
  explicit TrainingElaborator(Elaboration &elaboration);
  void run();

private:
  /// A phase and a training step of the current train block.
  struct Place {
    size_t phase = 0, step = 0;
  };

  // Declarations.cpp: which models, data and blocks there are.
  void findDeclarations();
  void findModels();
  void findTrainBlocks();
  void findPredictions();
  void findGenerateBlock();
  const CallableDeclaration *findModel(const Identifier &name);
  /// Returns the last train block of the model, or null.
  TrainBlock *trainBlockOf(const CallableDeclaration *model);
  void elaborateDataBlocks();
  void checkOtherModels();

  // Recipes.cpp: the functions of each train block, and the table of its phases and steps.
  void addRecipe(TrainBlock &block);
  /// The functions of the current place.
  void addTrainingStep(Phase &phase);
  /// The function that updates the parameters by the sums of `summed`'s gradients.
  void addUpdate(TrainingStep &step, const Update &summed);
  void addGradient();
  void addCache(Phase &phase);
  void addEvaluation(Phase &phase);
  /// The mean of the loss becomes the first result of a function, and `use` goes on from it.
  void endWithLoss(Pass &pass, bool hasMetrics, const std::function<void(const Tensor &)> &use);
  void checkPaths(const std::vector<Identifier> &patterns);
  void addTrainingRoles(Role role, const PredictDeclaration *block = nullptr);
  /// Warns of parameters that no loss depends on.
  void checkReached();
  /// Makes a function read the cached value instead of computing it. Reports a value that would
  /// not stay the same.
  void takeCached(Pass &pass);
  void checkExampleStates(const Recipe &recipe);
  std::string functionName(std::string_view name);

  // Training.cpp: one function.
  void checkBatch(const Pass &pass);
  /// Of the role Predict: of this block, or without one what the model gives.
  std::unique_ptr<Pass> trainPass(Role role, const PredictDeclaration *block = nullptr);
  /// The function of a model without a train block: of the role Predict or Generate.
  std::unique_ptr<Pass> modelPass(const CallableDeclaration &model, Role role,
                                  const PredictDeclaration *block = nullptr);
  std::unique_ptr<Pass> predictPass(const PredictDeclaration *block, SourceRange range, Role role);
  std::unique_ptr<Pass> generatePass();
  /// The functions that compute made data, and those of augmented fields.
  void addDataFunctions();
  /// The function of the augmented fields, as the training step sees them.
  std::unique_ptr<Pass> augmentPass();
  /// Returns the names of the fields that are augmented.
  std::vector<std::string> bindFields();
  void runStatement(const Statement &statement, Role role);
  void runStep(const StepStatement &statement, Role role);
  void runPhase(const ThenStatement &statement, Role role);
  void runBlock(const Block &body, Role role);
  void checkUnused();
  /// Reports `validate` for texts and windows, which are split by their readers.
  void checkValidation();
  /// The mean of the loss over the batch; of a phase with several steps the sum of their means, if
  /// the function is of all of them.
  std::optional<Tensor> meanLoss();
  std::optional<Tensor> batchMean(const RecipePart &value, const std::string &name);

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
  Program &program;
  Diagnostics &diagnostics;

  std::vector<TrainBlock> trainBlocks;
  std::vector<const PredictDeclaration *> predictions;
  size_t predictPasses = 0;
  std::map<std::string, size_t, std::less<>> functionNames; // how many there are, by first name
  const GenerateDeclaration *generate = nullptr;
  std::string sequence; // the padded field that `generate` extends, once it is known
  const CallableDeclaration *model = nullptr; // that is predicted or generates

  std::vector<RolePass> passes;
  std::set<std::string> reached; // the parameters on which any loss depends

  std::optional<Metrics> metrics; // of the current train block

  // Of the function that is being built.
  TrainBlock *train = nullptr; // whose statements run
  Place place;
  size_t phasesMet = 0, stepsMet = 0;
  size_t runningPhase = 0; // whose block runs
  std::optional<TrainKeys> keys;
  Recipe finishedRecipe; // of the last training step's keys
  /// Patterns of the paths that the training step at hand does not change, and of those that it
  /// changes; without any it changes all others.
  std::vector<Identifier> frozen, trained;
  std::optional<RecipePart> loss;
  const Block *block = nullptr, *lossBlock = nullptr; // that runs, and that has given the loss
  size_t lossPhase = 0;                               // whose block has given the loss
  std::vector<std::pair<std::string, RecipePart>> stepLosses; // by the names of the steps
};

} // namespace nnc::lang
