// Data blocks of texts: fields, tokenizers, splits, and vocabularies in types.
#include "tests/lang/elaborate/Elaborating.h"

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

std::string novel(const std::string &reader, const std::string &more = "") {
  return "data novel {\n  tokens: int[9]\n  train = " + reader + "\n" + more +
         "}\nmodel m(tokens: int[n]) -> float[n, vocabulary(novel)] {\n"
         "  param table: float[vocabulary(novel), 4] = normal(0, 1)\n"
         "  table[tokens] |> dense(vocabulary(novel))\n}\n"
         "train m on novel {\n  logits = m(tokens[..8])\n"
         "  loss = mean(cross_entropy(logits, tokens[1..]))\n"
         "  optimizer = sgd(0.1)\n  epochs = 1\n}\npredict m { next = argmax[-1](logits) }\n";
}

TEST(TextData, TheVocabularyIsKnownAndIdsAreClasses) {
  Elaborated elaborated(novel("text(\"a.txt\", tokenizer = bpe(300), split = 90%, stream = true)"));
  const Program &program = elaborated.good();
  const DataField &field = program.data[0].fields[0];
  EXPECT_EQ(field.vocabulary, 65);
  EXPECT_EQ(field.tokenizer->kind, "bpe");
  EXPECT_EQ(field.tokenizer->size, 300);
  EXPECT_TRUE(field.tokenizer->special.empty());
  ASSERT_EQ(program.data[0].splits.size(), 2u);
  EXPECT_EQ(program.data[0].splits[0].name, "train");
  EXPECT_EQ(program.data[0].splits[1].name, "validation");
  EXPECT_EQ(program.parameters[0].type.shape, (std::vector<int64_t>{65, 4}));
  const Function &predict = elaborated.function("predict");
  EXPECT_EQ(predict.values[predict.arguments.back().value].type.classes, 65);
  EXPECT_EQ(predict.values[predict.results[0].value].type.classes, 65);
}

TEST(TextData, LinesHaveSpecialPieces) {
  Elaborated elaborated(
      "config corpus = \"pairs.txt\", most = 500\n"
      "data pairs {\n  source: int[8]\n  target: int[9]\n  weight: float\n"
      "  train = lines(corpus, tokenizer = (source = characters(unknown = true),"
      " target = words(most, lower = true)), start = (target = true), end = true)\n}\n"
      "model m(source: int[8]) -> float[vocabulary(pairs.target)] {\n"
      "  float(source) |> dense(vocabulary(pairs.source))\n}\n"
      "train m on pairs {\n  loss = mean(m(source)) + 0 * mean(float(target)) * weight\n"
      "  optimizer = sgd(0.1)\n  epochs = 1\n}\n");
  const DataInfo &data = elaborated.good().data[0];
  using Names = std::vector<std::string>;
  EXPECT_EQ(data.fields[0].tokenizer->special, (Names{"<pad>", "<unk>", "<end>"}));
  EXPECT_EQ(data.fields[1].tokenizer->special, (Names{"<pad>", "<unk>", "<start>", "<end>"}));
  EXPECT_EQ(data.fields[1].tokenizer->size, 500);
  EXPECT_TRUE(data.fields[1].tokenizer->lower);
  EXPECT_FALSE(data.fields[2].tokenizer);
  EXPECT_EQ(std::get<std::string>(data.splits[0].arguments[0].value), "pairs.txt");
}

TEST(TextData, TextsAreNotHeldOutAtRandom) {
  std::string program = novel("text(\"a.txt\", tokenizer = bytes)");
  Elaborated elaborated(
      program.replace(program.find("epochs = 1"), 10, "epochs = 1\n validate = 10%"));
  EXPECT_EQ(elaborated.messages(),
            (std::vector<std::string>{"N0407: `validate` must be left out with texts and with "
                                      "windows, not 10%"}));
}

TEST(TextData, AProgramOfTextsNeedsAReader) {
  SourceManager sources;
  Diagnostics diagnostics;
  const SourceFile &file = sources.add("test.nn", novel("text(\"a.txt\", tokenizer = bytes)"));
  std::unique_ptr<Module> user = parse(file, diagnostics);
  EXPECT_FALSE(elaborate(*user, standardModules(), diagnostics));
  ASSERT_FALSE(diagnostics.sorted().empty());
  EXPECT_EQ(std::string(diagnostics.sorted()[0]->info->id), "N0426");
}

} // namespace
