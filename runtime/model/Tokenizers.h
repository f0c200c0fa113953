// The reader of vocabularies, which is linked only with programs that read texts: with all that
// tokenizers do it is a twentieth of the runtime.
#pragma once

#include "runtime/text/Tokenizer.h"

#include <memory>
#include <string>
#include <string_view>

namespace nnc::runtime {

/// As text::Tokenizer::parse(); null if this program reads no texts.
extern std::shared_ptr<const text::Tokenizer> (*parseTokenizer)(std::string_view json,
                                                                std::string &error);

} // namespace nnc::runtime
