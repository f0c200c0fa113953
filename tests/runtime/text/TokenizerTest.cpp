// Tokenizers of all kinds: training, encoding, decoding, and errors.
#include "runtime/support/Philox.h"
#include "runtime/text/Content.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/Utf8.h"

#include <gtest/gtest.h>

using namespace nnc::text;
using Kind = TokenizerSpec::Kind;
using Ids = std::vector<int32_t>;

namespace {

Ids encode(const Tokenizer &tokenizer, std::string_view text) {
  Ids ids;
  std::optional<UnknownPiece> unknown = tokenizer.encode(text, ids);
  EXPECT_FALSE(unknown) << unknown->piece;
  return ids;
}

std::vector<std::string> piecesOf(const Tokenizer &tokenizer) {
  std::vector<std::string> pieces;
  for (int32_t id = 0; id < tokenizer.size(); ++id)
    pieces.push_back(tokenizer.piece(id));
  return pieces;
}

TEST(Tokenizer, CharactersAreNumberedInTheirOrder) {
  Tokenizer tokenizer = Tokenizer::train({}, {"b\xC3\xA9", "a\nb"});
  EXPECT_EQ(piecesOf(tokenizer), (std::vector<std::string>{"\n", "a", "b", "\xC3\xA9"}));
  EXPECT_EQ(encode(tokenizer, "ab\xC3\xA9"), (Ids{1, 2, 3}));
  EXPECT_EQ(tokenizer.decode({3, 0}), "\xC3\xA9\n");
  Ids ids{7};
  std::optional<UnknownPiece> unknown = tokenizer.encode("ab\xE2\x82\xACx", ids);
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->position, 2u);
  EXPECT_EQ(unknown->piece, "\xE2\x82\xAC");
  EXPECT_EQ(ids, Ids{7});
}

TEST(Tokenizer, SpecialPiecesComeFirstAndNoTextHasThem) {
  Tokenizer tokenizer =
      Tokenizer::train({Kind::Characters, 0, false, {"<pad>", "<unk>", "<end>"}}, {"<end>"});
  EXPECT_EQ(tokenizer.special("<end>"), 2);
  EXPECT_EQ(tokenizer.special("<start>"), std::nullopt);
  EXPECT_EQ(encode(tokenizer, "<end>?"), (Ids{3, 6, 7, 5, 4, 1}));
  EXPECT_EQ(tokenizer.decode({6, 2, 0, 1}), "e<unk>");
}

TEST(Tokenizer, WordsAreNumberedByFrequencyThenBytes) {
  std::vector<std::string_view> texts = {"The cat, the hat.", "A cat? 12"};
  Tokenizer all = Tokenizer::train({Kind::Words, 0, true, {"<unk>"}}, texts);
  EXPECT_EQ(piecesOf(all),
            (std::vector<std::string>{"<unk>", "cat", "the", ",", ".", "12", "?", "a", "hat"}));
  EXPECT_EQ(encode(all, "THE dog , the CAT"), (Ids{2, 0, 3, 2, 1}));
  EXPECT_EQ(all.decode({2, 1, 0}), "the cat <unk>");
  EXPECT_EQ(Tokenizer::train({Kind::Words, 3, true, {"<unk>"}}, texts).size(), 3);
  Tokenizer exact = Tokenizer::train({Kind::Words, 0, false, {}}, texts);
  Ids ids;
  std::optional<UnknownPiece> unknown = exact.encode("The  dog", ids);
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->position, 5u);
  EXPECT_EQ(unknown->piece, "dog");
}

TEST(Tokenizer, TheOrderOfTextsDoesNotMatter) {
  for (Kind kind : {Kind::Characters, Kind::Words, Kind::BytePairs}) {
    TokenizerSpec spec{kind, 280, false, {"<unk>"}};
    EXPECT_EQ(Tokenizer::train(spec, {"one two", "two three", "eno"}).serialize(),
              Tokenizer::train(spec, {"eno", "two three", "one two"}).serialize());
  }
}

TEST(Tokenizer, BytesAndBytePairsRoundTripRandomBytes) {
  for (Kind kind : {Kind::Bytes, Kind::BytePairs})
    for (uint32_t number = 0; number < 200; ++number) {
      using namespace nnc::runtime;
      std::string text;
      for (size_t i = 0; i < number; ++i)
        text += static_cast<char>(randomWord(3, RandomStream::MadeData, number, i));
      Tokenizer tokenizer = Tokenizer::train({kind, 300, false, {"<end>"}}, {text, "some text"});
      ASSERT_EQ(tokenizer.decode(encode(tokenizer, text)), text);
    }
}

TEST(Tokenizer, SerializesToTheSame) {
  for (Kind kind : {Kind::Characters, Kind::Bytes, Kind::Words, Kind::BytePairs}) {
    Tokenizer tokenizer =
        Tokenizer::train({kind, 300, true, {"<unk>"}}, {"caf\xC3\xA9 \"caf\xC3\xA9\"\n\t"});
    std::string error;
    std::optional<Tokenizer> again = Tokenizer::parse(tokenizer.serialize(), error);
    ASSERT_TRUE(again) << error;
    EXPECT_EQ(again->serialize(), tokenizer.serialize());
    EXPECT_EQ(again->hash(), tokenizer.hash());
    EXPECT_EQ(encode(*again, "CAF \n"), encode(tokenizer, "CAF \n"));
  }
}

TEST(Tokenizer, RefusesDamagedVocabularies) {
  for (const char *json : {"", "[]", "{}", R"({"kind":"letters","special":[],"pieces":["a"]})",
                           R"({"kind":"words","special":[],"pieces":[]})",
                           R"({"kind":"words","special":[1],"pieces":["a"]})",
                           R"({"kind":"words","special":[],"pieces":[1]})",
                           R"({"kind":"bytes","special":[],"pieces":["a"]})",
                           R"({"kind":"bytes","special":[],"pieces":["a b"]})"}) {
    std::string error;
    EXPECT_FALSE(Tokenizer::parse(json, error)) << json;
    EXPECT_TRUE(error.starts_with("the vocabulary is damaged: ")) << error;
  }
  std::string error;
  EXPECT_FALSE(Tokenizer::parse(std::string(100'000, '['), error));
}

TEST(Tokenizer, StreamsWholeCharacters) {
  Tokenizer tokenizer = Tokenizer::train({Kind::Bytes, 0, false, {"<end>"}}, {});
  Decoder decoder(tokenizer);
  std::vector<std::string> parts;
  for (int32_t id : encode(tokenizer, "a\xF0\x9F\x98\x80!\xFFz\xF0\x9F"))
    parts.push_back(decoder.add(id));
  EXPECT_EQ(parts, (std::vector<std::string>{"a", "", "", "", "\xF0\x9F\x98\x80", "!",
                                             "\xEF\xBF\xBD", "z", "", ""}));
  EXPECT_EQ(decoder.add(0), "");
  EXPECT_EQ(decoder.finish(), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(decoder.finish(), "");

  Tokenizer words = Tokenizer::train({Kind::Words, 0, false, {}}, {"a b"});
  Decoder ofWords(words);
  EXPECT_EQ(ofWords.add(0) + ofWords.add(1) + ofWords.add(0) + ofWords.finish(), "a b a");
}

TEST(HuggingFace, ReadsBytePairsOnBytes) {
  Tokenizer bytes = Tokenizer::train({Kind::Bytes, 0, false, {}}, {});
  std::string serialized = bytes.serialize();
  size_t begin = serialized.find("[\""), end = serialized.rfind("\"]");
  std::string list = serialized.substr(begin + 1, end - begin);
  // The 256 bytes as a vocabulary, with three merges behind them.
  std::string vocabulary;
  int32_t id = 0;
  for (size_t position = 0; position < list.size();) {
    size_t quote = position + 1;
    while (list[quote] != '"')
      quote += list[quote] == '\\' ? 2 : 1;
    vocabulary += list.substr(position, quote + 1 - position) + ":" + std::to_string(id++) + ",";
    position = quote + 2;
  }
  ASSERT_EQ(id, 256);
  auto file = [&](const std::string &cut, const std::string &merges, const std::string &model) {
    return "{\"added_tokens\":[{\"id\":259,\"content\":\"<|end|>\",\"special\":true}],"
           "\"normalizer\":null,\"pre_tokenizer\":" +
           cut + ",\"model\":{\"type\":\"BPE\"," + model + "\"vocab\":{" + vocabulary +
           "\"th\":256,\"the\":257,\"\xC4\xA0the\":258},\"merges\":" + merges + "}}";
  };
  const std::string cut = R"({"type":"ByteLevel","add_prefix_space":false,"use_regex":true})",
                    merges = "[\"t h\",[\"th\",\"e\"],\"\xC4\xA0 the\"]";
  std::string error;
  std::optional<Tokenizer> tokenizer = Tokenizer::fromHuggingFace(file(cut, merges, ""), error);
  ASSERT_TRUE(tokenizer) << error;
  EXPECT_EQ(tokenizer->size(), 260);
  EXPECT_EQ(encode(*tokenizer, "the the't <|end|>").size(), 12u);
  EXPECT_EQ(encode(*tokenizer, "the the"), (Ids{257, 258}));
  EXPECT_EQ(tokenizer->decode({257, 258, 259}), "the the");
  std::optional<Tokenizer> again = Tokenizer::parse(tokenizer->serialize(), error);
  ASSERT_TRUE(again) << error;
  EXPECT_EQ(again->serialize(), tokenizer->serialize());

  auto refused = [&](const std::string &json, const std::string &reason) {
    error.clear();
    EXPECT_FALSE(Tokenizer::fromHuggingFace(json, error));
    EXPECT_NE(error.find(reason), std::string::npos) << error;
  };
  refused("{", "it is not a tokenizer.json");
  refused("[]", "it is not a tokenizer.json");
  refused(file("null", merges, ""), "pre_tokenizer");
  refused(file(cut, "[\"q q\"]", ""), "its merge `q q` is of pieces that it does not have");
  refused(file(cut, merges, "\"byte_fallback\":true,"), "byte_fallback");
  refused(R"({"model":{"type":"WordPiece"}})", "its model is `WordPiece`");
}

TEST(Content, DropsTheMarkAndCarriageReturns) {
  std::string error;
  EXPECT_EQ(toText("\xEF\xBB\xBF"
                   "a\r\nb\rc\n",
                   Encoding::Utf8, "f", error),
            "a\nb\rc\n");
  EXPECT_EQ(toText("caf\xE9 \x80\x93", Encoding::Windows1252, "f", error),
            "caf\xC3\xA9 \xE2\x82\xAC\xE2\x80\x9C");
  EXPECT_EQ(toText("\x85", Encoding::Latin1, "f", error), "\xC2\x85");
  EXPECT_EQ(parseEncoding("windows-1252"), Encoding::Windows1252);
  EXPECT_FALSE(parseEncoding("ebcdic"));
  auto refused = [&](std::string_view content, Encoding encoding, const std::string &message) {
    EXPECT_FALSE(toText(content, encoding, "f", error));
    EXPECT_EQ(error.substr(0, message.size()), message);
  };
  refused("ab\nc\xC3\xA9\xE9", Encoding::Utf8, "f:2: column 3: byte 0xE9 is not UTF-8");
  refused("\x81", Encoding::Windows1252, "f:1: column 1: byte 0x81 is not defined");
  refused("\xFF\xFEx", Encoding::Utf8, "f: the text is UTF-16");
  refused("\x1f\x8b", Encoding::Utf8, "f: it is compressed");
}

TEST(Content, PartsMeetAndKeepCharactersWhole) {
  std::string text = "aaaa\xC3\xA9zzzz";
  EXPECT_EQ(partOf(text, {0, 0.5}), "aaaa");
  EXPECT_EQ(partOf(text, {0.5, 1}), "\xC3\xA9zzzz");
  EXPECT_EQ(partOf(text, {0, 1}), text);
  for (int hundredths = 1; hundredths < 100; ++hundredths) {
    int64_t kept = 0;
    for (int64_t line = 0; line < 1000; ++line) {
      bool inFirst = isInPart(line, {0, hundredths / 100.0});
      ASSERT_NE(inFirst, isInPart(line, {hundredths / 100.0, 1}));
      ASSERT_TRUE(isInPart(line, {}));
      kept += inFirst;
    }
    ASSERT_EQ(kept, hundredths * 10);
  }
  EXPECT_FALSE(isInPart(9, {0, 0.9}));
  EXPECT_EQ(linesOf("a\n\nb\n").size(), 3u);
  EXPECT_EQ(linesOf("").size(), 0u);
  EXPECT_EQ(columnsOf("a\t\tb"), (std::vector<std::string_view>{"a", "", "b"}));
}

TEST(Utf8, FindsWhatIsNotWellFormed) {
  for (std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98"}) {
    std::string text = "ok" + std::string(bad);
    EXPECT_EQ(firstInvalid(text), 2u) << shown(bad);
    EXPECT_EQ(firstInvalid(text + "z"), 2u);
  }
  std::string all;
  for (char32_t code : {0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xFFFFu, 0x10000u, 0x10FFFFu})
    appendCharacter(all, code);
  EXPECT_EQ(firstInvalid(all), std::string_view::npos);
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    std::string_view part = std::string_view(all).substr(0, cut);
    EXPECT_EQ(firstInvalid(part.substr(0, wholeCharacters(part))), std::string_view::npos);
    EXPECT_LT(cut - wholeCharacters(part), 4u);
  }
  EXPECT_EQ(placeOf("a\nb\xC3\xA9z", 5).line, 2u);
  EXPECT_EQ(placeOf("a\nb\xC3\xA9z", 5).column, 3u);
  EXPECT_EQ(shown("\n"), "U+000A");
  EXPECT_EQ(shown("\xC3\xA9"), "`\xC3\xA9`");
}

} // namespace
