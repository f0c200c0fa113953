// tokenizer.json files and stored vocabularies. An accepted one encodes and decodes any bytes, and
// does not change when it is stored.
// RUN: rm -rf %t && mkdir %t && fuzz-tokenizer %{fuzz} %t %S/corpus/tokenizer
#include "tests/fuzz/JsonMutator.h"
#include "tests/fuzz/Support.h"

#include "runtime/text/Tokenizer.h"

#include <algorithm>

using namespace nnc;
using text::Tokenizer;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  return fuzz::mutateJson(data, size, maxSize, seed);
}

static void use(const std::optional<Tokenizer> &tokenizer, const std::string &error,
                std::string_view source) {
  if (!tokenizer) {
    fuzz::require(!error.empty() && error.find('\n') == std::string::npos, error.c_str());
    return;
  }
  std::vector<int32_t> ids;
  bool isKnown = !tokenizer->encode(source, ids);
  fuzz::require(
      std::ranges::all_of(ids, [&](int32_t id) { return id >= 0 && id < tokenizer->size(); }),
      "an id is out of range");
  bool isOfBytes = tokenizer->kind() == text::TokenizerSpec::Kind::Bytes ||
                   tokenizer->kind() == text::TokenizerSpec::Kind::BytePairs;
  fuzz::require(isKnown || !isOfBytes, "a byte is not known");
  tokenizer->decode(ids);
  std::string again, stored = tokenizer->serialize();
  std::optional<Tokenizer> parsed = Tokenizer::parse(stored, again);
  fuzz::require(parsed && parsed->serialize() == stored, "a vocabulary changes when it is stored");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view source(reinterpret_cast<const char *>(data), size);
  std::string error;
  use(Tokenizer::parse(source, error), error, source);
  error.clear();
  use(Tokenizer::fromHuggingFace(source, error), error, source);
  return 0;
}
