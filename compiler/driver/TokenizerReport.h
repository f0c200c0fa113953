// `nnc tokenizer`: the vocabularies of a program's texts, or the pieces of one text.
#pragma once

#include "compiler/driver/Vocabularies.h"

namespace nnc {

/// Prints to standard output; false, with a line on standard error, if a text cannot be read or
/// encoded.
bool printTokenizers(const lang::Program &program, const Vocabularies &vocabularies,
                     const std::optional<std::string> &sample);

} // namespace nnc
