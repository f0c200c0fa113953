// The readers of texts: text, windows of one text, and lines, an example in each line. Their fields
// have tokenizers.
#pragma once

#include "lang/elaborate/environment/Environment.h"
#include "lang/elaborate/environment/Evaluator.h"

#include <string_view>

namespace nnc::lang {

bool isTextReader(std::string_view name);

/// Adds the split that an entry describes, `train = text("a.txt", tokenizer = characters)`, and the
/// validation split that `split` holds out, to `info`; sets the tokenizers of its fields. False,
/// with an error, when something is wrong.
bool readTextSplit(const Entry &entry, DataInfo &info, Environment &environment,
                   Evaluator &evaluator);

/// Reads the vocabulary sizes of all fields with a tokenizer; false, with an error, if that fails.
bool readVocabularies(DataInfo &info, Environment &environment);

} // namespace nnc::lang
