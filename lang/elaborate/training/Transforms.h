// The steps from a cell of a table to the value of a field, `age: float = missing(as = median) |>
// standardize`. The runtime learns what they depend on from the rows that are trained on.
#pragma once

#include "lang/Program.h"
#include "lang/elaborate/environment/Environment.h"
#include "lang/elaborate/environment/Evaluator.h"
#include "lang/syntax/AST.h"

namespace nnc::lang {

/// Reads the transform that the declaration of a field has, if any; false, with an error, if it is
/// none for a field of this type.
bool readTransforms(const Field &declaration, DataField &field, Environment &environment,
                    Evaluator &evaluator);

/// Whether the readers of a block's splits can do what its fields ask for; false, with an error.
bool checkTransforms(const DataInfo &info, const DataDeclaration &declaration,
                     Environment &environment);

/// Counts the categories of the fields that have some; false, with an error, if that fails.
bool countCategories(DataInfo &info, Environment &environment);

} // namespace nnc::lang
