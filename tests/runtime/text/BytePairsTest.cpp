// Byte pairs against a slow reference trainer and encoder.
#include "runtime/support/Philox.h"
#include "runtime/text/Tokenizer.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>

using namespace nnc::text;
using nnc::runtime::RandomStream;
using nnc::runtime::randomWord;

namespace {

using Sequences = std::vector<std::vector<int32_t>>;

Sequences sequencesOf(std::string_view text) {
  Sequences result;
  forEachPiece(text, Cut::Plain, [&](std::string_view piece) {
    std::vector<int32_t> &sequence = result.emplace_back();
    for (char byte : piece)
      sequence.push_back(static_cast<unsigned char>(byte));
  });
  return result;
}

void mergeIn(std::vector<int32_t> &ids, Merge pair, int32_t id) {
  std::vector<int32_t> merged;
  for (size_t i = 0; i < ids.size(); ++i) {
    bool both = i + 1 < ids.size() && Merge(ids[i], ids[i + 1]) == pair;
    merged.push_back(both ? id : ids[i]);
    i += both;
  }
  ids = merged;
}

/// Counts all pairs anew for each merge.
std::vector<Merge> trainSlowly(const std::vector<std::string_view> &texts, int64_t size) {
  Sequences sequences;
  for (std::string_view text : texts)
    for (std::vector<int32_t> &sequence : sequencesOf(text))
      sequences.push_back(sequence);
  std::vector<Merge> merges;
  while (256 + static_cast<int64_t>(merges.size()) < size) {
    std::map<Merge, int64_t> counts;
    for (const std::vector<int32_t> &sequence : sequences)
      for (size_t i = 1; i < sequence.size(); ++i)
        ++counts[{sequence[i - 1], sequence[i]}];
    Merge best;
    int64_t most = 1;
    for (const auto &[pair, count] : counts) // in the order of ids: the first of equals stays
      if (count > most) {
        best = pair;
        most = count;
      }
    if (most == 1)
      break;
    for (std::vector<int32_t> &sequence : sequences)
      mergeIn(sequence, best, static_cast<int32_t>(256 + merges.size()));
    merges.push_back(best);
  }
  return merges;
}

std::vector<int32_t> encodeSlowly(std::string_view text, const std::vector<Merge> &merges) {
  std::vector<int32_t> result;
  for (std::vector<int32_t> &sequence : sequencesOf(text)) {
    for (size_t rank = 0; rank < merges.size(); ++rank)
      mergeIn(sequence, merges[rank], static_cast<int32_t>(256 + rank));
    result.insert(result.end(), sequence.begin(), sequence.end());
  }
  return result;
}

/// Up to 40 characters of few kinds, so that ties and overlaps are frequent.
std::string randomText(uint32_t number) {
  static const std::string_view alphabets[] = {"ab", "aab ", "abc 1,\n", "\xC3\xA9 a\t"};
  std::string_view alphabet = alphabets[number % 4];
  std::string text;
  size_t size = randomWord(1, RandomStream::MadeData, number, 0) % 41;
  for (size_t i = 0; i < size; ++i)
    text += alphabet[randomWord(1, RandomStream::MadeData, number, i + 1) % alphabet.size()];
  return text;
}

TEST(BytePairs, AgreeWithASlowTrainerOnRandomTexts) {
  for (uint32_t number = 0; number < 1000; ++number) {
    std::string first = randomText(number), second = randomText(number + 4000);
    int64_t size = 256 + number % 23;
    std::vector<Merge> merges = trainBytePairs({first, second}, size);
    ASSERT_EQ(merges, trainSlowly({first, second}, size)) << first << "|" << second;
    ASSERT_EQ(merges, trainBytePairs({second, first}, size));

    TokenizerSpec spec;
    spec.kind = TokenizerSpec::Kind::BytePairs;
    spec.size = size;
    Tokenizer tokenizer = Tokenizer::train(spec, {first, second});
    std::string other = randomText(number + 8000);
    std::vector<int32_t> ids;
    ASSERT_FALSE(tokenizer.encode(other, ids));
    ASSERT_EQ(ids, encodeSlowly(other, merges)) << other;
    ASSERT_EQ(tokenizer.decode(ids), other);
  }
}

TEST(BytePairs, OverlapsMergeFromTheLeftAndTiesGoToTheSmallerIds) {
  EXPECT_EQ(trainBytePairs({"aaaa"}, 300), (std::vector<Merge>{{'a', 'a'}}));
  EXPECT_EQ(trainBytePairs({"aaaaa aaaaa"}, 300),
            (std::vector<Merge>{{'a', 'a'}, {256, 'a'}, {256, 257}}));
  EXPECT_EQ(trainBytePairs({"zy\nba\nzy\nba"}, 300), (std::vector<Merge>{{'b', 'a'}, {'z', 'y'}}));
  EXPECT_TRUE(trainBytePairs({""}, 300).empty());
  EXPECT_TRUE(trainBytePairs({"abc"}, 300).empty());
}

TEST(BytePairs, APieceOfAMegabyteIsCutAndQuick) {
  std::string text(1 << 20, 'a');
  TokenizerSpec spec;
  spec.kind = TokenizerSpec::Kind::BytePairs;
  spec.size = 300;
  Tokenizer tokenizer = Tokenizer::train(spec, {text});
  std::vector<int32_t> ids;
  ASSERT_FALSE(tokenizer.encode(text, ids));
  EXPECT_EQ(tokenizer.decode(ids), text);
  EXPECT_EQ(ids.size(), text.size() / 256);
}

TEST(Pieces, FollowTheRules) {
  auto cut = [](std::string_view text, Cut how) {
    std::vector<std::string> result;
    forEachPiece(text, how, [&](std::string_view piece) { result.emplace_back(piece); });
    return result;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(cut("It's 12345  (fine)\n\n ok", Cut::Plain),
            (Texts{"It", "'", "s", " ", "123", "45", " ", " (", "fine", ")", "\n\n", " ok"}));
  // As GPT-2's pattern cuts it.
  EXPECT_EQ(cut("It's 12345  (fine)\n\n ok ", Cut::Gpt2),
            (Texts{"It", "'s", " 12345", " ", " (", "fine", ")", "\n\n", " ok", " "}));
  EXPECT_EQ(cut("a\n\nb", Cut::Gpt2), (Texts{"a", "\n", "\n", "b"}));
  EXPECT_EQ(cut(" a b", Cut::Whole), (Texts{" a b"}));
  Texts words;
  forEachWord("Don't: l\xE2\x80\x99\xC3\xA9t\xC3\xA9\xE2\x80\xAF! 42b",
              [&](size_t, std::string_view word) { words.emplace_back(word); });
  EXPECT_EQ(words, (Texts{"Don", "'", "t", ":", "l", "\xE2\x80\x99", "\xC3\xA9t\xC3\xA9", "!", "42",
                          "b"}));
  EXPECT_EQ(toLower("\xC3\x89T\xC3\x89 \xD0\x96\xD0\x81 \xCE\xA9 \xE4\xB8\xAD"),
            "\xC3\xA9t\xC3\xA9 \xD0\xB6\xD1\x91 \xCF\x89 \xE4\xB8\xAD");
}

} // namespace
