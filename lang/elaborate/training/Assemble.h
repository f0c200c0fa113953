// The signatures of the program's functions: the same parameters, slots and states in the same
// order everywhere.
#pragma once

#include "lang/elaborate/training/Update.h"

#include <memory>
#include <vector>

namespace nnc::lang {

/// The kinds of function. `Sample` is `Predict` with random layers on. `Augment` computes the augmented
/// fields, `Made` the fields of an example of made data, and `Cache` the value that a phase computes
/// once for each example. `Update` changes the parameters by the sums of gradients that a `TrainStep`
/// of parts of batches leaves.
enum class Role {
  TrainStep,
  Update,
  Evaluate,
  Predict,
  Sample,
  Generate,
  Gradient,
  Augment,
  Made,
  Cache
};

/// Whether the function changes parameters or slots.
inline bool trains(Role role) { return role == Role::TrainStep || role == Role::Update; }

struct RolePass {
  Role role;
  std::unique_ptr<Pass> pass;
  Updates updates = {}; ///< if it trains
};

/// Moves the functions into the program, `initialize` first.
void assemble(Elaboration &elaboration, std::vector<RolePass> &passes);

} // namespace nnc::lang
