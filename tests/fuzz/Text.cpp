// Texts as files of examples, and as training data of tokenizers. The first byte chooses the
// settings of both.
// RUN: rm -rf %t && mkdir %t && fuzz-text %{fuzz} %t %S/corpus/text
#include "tests/fuzz/Support.h"

#include "runtime/data/Dataset.h"
#include "runtime/text/Content.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/Utf8.h"

using namespace nnc;
using namespace nnc::runtime;
using text::TokenizerSpec;

static void checkIds(const DataBlock &block, const Dataset &dataset) {
  for (size_t i = 0; i < block.fields.size(); ++i) {
    const FieldData &data = dataset.fields[i];
    int64_t count = static_cast<int64_t>(data.bytes.size() / sizeOf(data.storage));
    const char *end =
        data.data(dataset.examples - 1) +
        static_cast<size_t>(data.elements(dataset.examples - 1)) * sizeOf(data.storage);
    fuzz::require(end <= data.bytes.data() + data.bytes.size(), "the last example is cut");
    for (int64_t j = 0; j < count; ++j)
      fuzz::require(loadElement(data.bytes.data(), data.storage, j) <=
                        static_cast<double>(largestInteger(block.fields[i])),
                    "an id is out of range");
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  uint8_t choice = data[0];
  std::string_view content(reinterpret_cast<const char *>(data) + 1, size - 1);
  // Bytes and byte pairs give back what they are given.
  TokenizerSpec spec;
  spec.kind = choice & 1 ? TokenizerSpec::Kind::BytePairs : TokenizerSpec::Kind::Bytes;
  spec.size = 300;
  text::Tokenizer tokenizer = text::Tokenizer::train(spec, {content});
  std::vector<int32_t> ids;
  fuzz::require(!tokenizer.encode(content, ids) && tokenizer.decode(ids) == content,
                "a text changes when it is encoded");
  text::Decoder decoder(tokenizer);
  std::string decoded;
  for (int32_t id : ids)
    decoded += decoder.add(id);
  decoded += decoder.finish();
  fuzz::require(decoded == text::replaceInvalid(content), "a text changes when it is streamed");
  fuzz::require(text::firstInvalid(decoded) == std::string::npos, "a streamed text is not UTF-8");

  std::string path = fuzz::placeFile("t.txt", data + 1, size - 1);
  DataBlock block{"texts", {{"a", DType::I32, {4}, 0, {}}}, {}};
  TokenizerSpec ofField{choice & 2 ? TokenizerSpec::Kind::Words : TokenizerSpec::Kind::Characters,
                        0,
                        true,
                        {"<pad>", "<unk>", "<end>"}};
  block.fields[0].tokenizer =
      std::make_shared<text::Tokenizer>(text::Tokenizer::train(ofField, {content.substr(0, 40)}));
  if (choice & 1)
    block.fields[0].padded = 0;
  if (choice & 4)
    block.fields.push_back({"kind", DType::I32, {}, 3, {}});
  DataSplit split;
  split.name = "train";
  split.reader = choice & 13 ? "lines" : "text";
  split.files = {path};
  split.encoding = choice & 16   ? text::Encoding::Windows1252
                   : choice & 32 ? text::Encoding::Latin1
                                 : text::Encoding::Utf8;
  split.truncate = choice & 64;
  if (choice & 128)
    split.part = {0.5, 1};
  DataConventions conventions;
  fuzz::callReader(path, [&] { checkIds(block, readSplit(block, split, "", conventions)); });
  return 0;
}
