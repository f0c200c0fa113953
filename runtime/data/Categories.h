// Categories of tables: the words of a column as numbers of classes, or as one-hot numbers.
#pragma once

#include "runtime/data/Dataset.h"

namespace nnc::runtime {

/// Turns the codes of a field of classes into its values; see finishFields(). `rows`, which may be
/// null, are those that are trained on. Returns how many rows have a category that those lack.
int64_t finishCategories(const DataField &field, FieldData &data, const Dataset &dataset,
                         const RowSet *rows, DataConventions &conventions, bool training);

} // namespace nnc::runtime
