// The whole .nn program of a case: its model from the table of cases, and around it the data block,
// the loss and the predictions that follow from the golden file.
#pragma once

#include "tests/parity/Case.h"
#include "tests/parity/GoldenCase.h"

#include <string>
#include <vector>

namespace nnc::parity {

/// One field of the program's data, and the golden tensor that it is.
struct FieldBinding {
  std::string field;
  std::string golden; ///< empty: nothing of the file, the field is 0
  std::string type;   ///< of one example, as in the program
  bool modelInput = false;
};

struct ProgramPlan {
  int64_t batch = 1;
  std::vector<FieldBinding> fields;
  /// Inputs whose derivatives the program also computes itself, by `grad`, as predictions.
  std::vector<std::string> derivatives;
  std::string text;
};

/// The entry of the table for a golden tensor, or the one that follows by the rule.
Placement placementOf(const Case &entry, const std::string &golden);

/// Name of a golden tensor's field or output in the program.
std::string programName(const Case &entry, const std::string &golden);

/// Name of the prediction that is the derivative by a golden tensor.
std::string derivativeName(const Case &entry, const std::string &golden);

/// The tensor as the program lays it out.
Array placed(const Case &entry, const GoldenCase &golden, const std::string &tensor);

/// Elementwise, op, layer and loss cases.
ProgramPlan planValues(const Case &entry, const GoldenCase &golden);

/// The types of the fields `x` and `target`.
struct TrainingTypes {
  std::string input, target;
  bool sequence = false; ///< whether each position has a target
};

/// Optimizer and training cases: classification of `x` by cross entropy.
ProgramPlan planTraining(const Case &entry, const TrainingTypes &types, int64_t batch);

/// `float[2, 3]`
std::string typeText(const std::string &element, const std::vector<int64_t> &shape);

/// Schedules: a model of one parameter, whose training reports the learning rate.
ProgramPlan planSchedule(const Case &entry);

/// A program with one parameter, `weight`, of the given shape and initial value.
ProgramPlan planInitialiser(const InitialiserCase &entry, const std::vector<int64_t> &shape);

} // namespace nnc::parity
