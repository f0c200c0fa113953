// The transforms of the fields of tables: what is learnt from the rows that are trained on, and how
// raw values become those that the model sees.
#pragma once

#include "runtime/data/Dataset.h"

namespace nnc::runtime {

/// The names of the categories for missing values and for those that the training rows lack.
inline constexpr const char *missingCategory = "<missing>", *unknownCategory = "<unknown>";

/// Turns the raw values of fields with transforms (doubles, nan where they are missing; codes of
/// words, -1 where they are missing) into values of the fields. What they depend on is learnt from
/// the rows that are trained on if the conventions do not say it and `training`. Throws Error,
/// naming file and line, for a value that is none.
void finishFields(const DataBlock &block, Dataset &dataset, DataConventions &conventions,
                  bool training);

/// The raw value of a field that the transforms have turned into `value`, for its column `column`;
/// nothing if the transforms cannot be undone, or if the conventions lack their statistics.
std::optional<double> undoTransforms(const DataField &field, const DataConventions &conventions,
                                     double value, int64_t column);
/// Whether undoTransforms() can undo those of a field.
bool canUndo(const DataField &field, const DataConventions &conventions);

} // namespace nnc::runtime
