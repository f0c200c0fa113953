// What the command line of `generate` says: the beginning of the sequence, and the numbers by which
// elements are drawn.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/model/Description.h"

#include <optional>
#include <vector>

namespace nnc::runtime {

/// The tokenizer of the sequence that the model generates; null if it is no text.
const text::Tokenizer *findTokenizer(const Description &description);

/// The program's numbers, changed by the options; nothing if the model gives the next element
/// itself. Throws UsageError for a wrong one.
std::optional<Sampling> readSampling(const Generation &generation, const Arguments &arguments);

/// The elements that the sequence begins with, one at least, in the type of `field`, one element of
/// it. Classes are below `classes`; 0: any. Throws Error, naming the option, if they are none.
std::vector<char> readPrompt(const Arguments &arguments, const text::Tokenizer *tokenizer,
                             const InputField &field, int64_t classes);

} // namespace nnc::runtime
