// Which rows of the training data are held out, by the manner that the recipe names, and with which
// weights the others are drawn.
#pragma once

#include "runtime/data/Dataset.h"

namespace nnc::runtime {

/// The rows that a recipe trains on and those that it holds out: `validate` of all, or a fold of a
/// cross-validation. Categories may still be codes. Depends on nothing but the data and the
/// recipe's manner. At least one row stays on each side. Throws Error if that cannot be.
Split chooseHeldOut(const DataBlock &block, const Recipe &recipe, const Dataset &dataset,
                    Fold fold);

/// The weight of each row in the draws of an epoch; empty if each row is taken once.
std::vector<double> weightsOf(const Recipe &recipe, const Dataset &dataset);

} // namespace nnc::runtime
