// The part of the runtime that programs with texts are linked with, by the symbol nnc_tokenizers. In an
// object of its own, to which nothing else refers.
#include "runtime/model/Tokenizers.h"

namespace nnc::runtime {

static std::shared_ptr<const text::Tokenizer> parse(std::string_view json, std::string &error) {
  std::optional<text::Tokenizer> tokenizer = text::Tokenizer::parse(json, error);
  return tokenizer ? std::make_shared<text::Tokenizer>(std::move(*tokenizer)) : nullptr;
}

} // namespace nnc::runtime

extern "C" {
extern const bool nnc_tokenizers;
const bool nnc_tokenizers = (nnc::runtime::parseTokenizer = nnc::runtime::parse) != nullptr;
}
