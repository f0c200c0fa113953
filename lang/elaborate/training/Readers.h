// The readers of data files: which settings and fields each of them takes. The runtime has a table
// of the same names, and is given a split as a DataSplit.
#pragma once

#include "lang/Program.h"
#include "lang/elaborate/environment/Evaluator.h"
#include "lang/support/Diagnostics.h"
#include "lang/syntax/AST.h"

#include <optional>

namespace nnc::lang {

/// The split that an entry of a data block describes, `train = csv("train.csv")`; nothing, with an
/// error, when something is wrong. The fields of the block are known; in a
/// bucket padded ones are shorter than those of the files.
std::optional<DataSplit> readSplit(const Entry &entry, const DataInfo &info,
                                   Diagnostics &diagnostics, Evaluator &evaluator, bool isBucket);

/// Adds a split to the block; if it ends at `part_end`, also the validation split of the rest.
/// False, with an error, if the block would have two validation splits.
bool addSplit(DataSplit split, DataInfo &info, Diagnostics &diagnostics);

} // namespace nnc::lang
