// Readers of texts: windows of one text, and an example in each line.
#pragma once

#include "runtime/data/Dataset.h"

namespace nnc::runtime {

Dataset readTextSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                      DataConventions &conventions);
Dataset readLinesSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                       DataConventions &conventions);

/// Reads the lines of a file to predict; the columns between tabs are the fields from left to
/// right. "-" is the standard input.
Dataset readLinesToPredict(const std::string &path, const DataBlock &fields,
                           DataConventions &conventions);

/// Appends one text, as ids, to a field of texts: behind `<start>` and in front of `<end>`, if its
/// vocabulary has them, filled up with `<pad>`. Throws Error, which begins with `where`, for an
/// out-of-vocabulary piece, for a text without pieces, and for one that is too long unless
/// `truncate`.
void appendText(const DataField &field, std::string_view text, bool truncate,
                const std::string &where, FieldData &data);

} // namespace nnc::runtime
