// Data blocks: the fields of one example and the files that examples come from.
#pragma once

#include "lang/elaborate/signatures/Types.h"

#include <optional>

namespace nnc::lang {

/// Nothing, with an error, when something is wrong in the block.
std::optional<DataInfo> elaborateData(Environment &environment, Types &types, Evaluator &evaluator,
                                      const DataDeclaration &declaration);

} // namespace nnc::lang
