// The readers of texts: text, windows of one text, and lines, an example in each line. Their fields
// have tokenizers.
#pragma once

#include "lang/elaborate/environment/Environment.h"
#include "lang/elaborate/environment/Evaluator.h"

#include <string_view>

namespace nnc::lang {

bool isTextReader(std::string_view name);

/// Adds the split that an entry describes, `train = text("a.txt", tokenizer = characters)`, and what
/// `split` holds out, to `info`, whose fields are known and get their tokenizers. False, with an
/// error, when something is wrong.
bool readTextSplit(const Entry &entry, DataInfo &info, Environment &environment,
                   Evaluator &evaluator);

/// Makes the vocabularies of all fields with a tokenizer; false, with an error, where that fails.
bool readVocabularies(DataInfo &info, Environment &environment);

} // namespace nnc::lang
