// The command line of `generate`: the prompt, and the settings of the sampler.
#pragma once

#include "runtime/cli/CommandLine.h"
#include "runtime/model/Description.h"

#include <optional>
#include <vector>

namespace nnc::runtime {

/// The field of the sequence that the model generates; null if the model has no data.
const DataField *findSequence(const Description &description);

/// The program's settings, changed by the options; std::nullopt if the model outputs the next
/// element itself. Throws UsageError for a wrong option.
std::optional<Sampling> readSampling(const Generation &generation, const Arguments &arguments);

/// The prompt, at least one element, in the type of `field`, which describes one element. Classes
/// are below `classes`; 0: any. Throws Error, naming the option, if the prompt is not valid.
std::vector<char> readPrompt(const Arguments &arguments, const text::Tokenizer *tokenizer,
                             const InputField &field, int64_t classes);

} // namespace nnc::runtime
