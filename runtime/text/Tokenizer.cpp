// Implements training, encoding and decoding of all kinds of tokenizers.
#include "runtime/text/Tokenizer.h"

#include "runtime/text/Utf8.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

namespace nnc::text {

using Kind = TokenizerSpec::Kind;

static std::vector<std::string> charactersOf(const std::vector<std::string_view> &texts) {
  std::set<char32_t> codes;
  for (std::string_view text : texts)
    for (size_t position = 0; position < text.size();) {
      Character character = characterAt(text, position);
      if (character.bytes)
        codes.insert(character.code);
      position += std::max<size_t>(character.bytes, 1);
    }
  std::vector<std::string> pieces;
  for (char32_t code : codes)
    appendCharacter(pieces.emplace_back(), code);
  return pieces;
}

/// At most `most` words.
static std::vector<std::string> wordsOf(const std::vector<std::string_view> &texts, bool lower,
                                        size_t most) {
  std::map<std::string, int64_t, std::less<>> counts;
  for (std::string_view text : texts)
    forEachWord(text, [&](size_t, std::string_view word) {
      ++counts[lower ? toLower(word) : std::string(word)];
    });
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto &a, const auto &b) { return a.second > b.second; });
  std::vector<std::string> pieces;
  for (const auto &[word, count] : sorted)
    if (pieces.size() < most)
      pieces.push_back(word);
  return pieces;
}

Tokenizer Tokenizer::train(const TokenizerSpec &spec, const std::vector<std::string_view> &texts) {
  Tokenizer result;
  result.type = spec.kind;
  result.lower = spec.lower;
  result.pieces = spec.special;
  int64_t specialCount = static_cast<int64_t>(spec.special.size());
  auto add = [&](const std::vector<std::string> &pieces) {
    result.pieces.insert(result.pieces.end(), pieces.begin(), pieces.end());
  };
  switch (spec.kind) {
  case Kind::Characters:
    add(charactersOf(texts));
    break;
  case Kind::Words:
    add(wordsOf(texts, spec.lower,
                spec.size ? static_cast<size_t>(std::max<int64_t>(0, spec.size - specialCount))
                          : SIZE_MAX));
    break;
  case Kind::Bytes:
  case Kind::BytePairs:
    for (int byte = 0; byte < 256; ++byte)
      result.pieces.emplace_back(1, static_cast<char>(byte));
    if (spec.kind == Kind::BytePairs)
      for (const auto &[left, right] : trainBytePairs(texts, spec.size - specialCount)) {
        int32_t shift = static_cast<int32_t>(specialCount);
        BytePairs::Rule rule{left + shift, right + shift,
                             static_cast<int32_t>(result.pieces.size())};
        result.pieces.push_back(result.piece(rule.left) + result.piece(rule.right));
        result.rules.push_back(rule);
      }
    break;
  }
  result.specials.assign(result.pieces.size(), false);
  std::fill_n(result.specials.begin(), specialCount, true);
  result.index();
  return result;
}

void Tokenizer::index() {
  for (int32_t id = 0; id < size(); ++id) {
    if (isSpecial(id))
      specialIds.push_back(id);
    else
      ids.emplace(piece(id), id);
  }
  unknown = special(unknownPiece);
  if (type != Kind::BytePairs)
    return;
  std::vector<int32_t> ofBytes(256, 0);
  for (int byte = 0; byte < 256; ++byte) {
    const char character = static_cast<char>(byte);
    if (auto found = ids.find(std::string_view(&character, 1)); found != ids.end())
      ofBytes[static_cast<size_t>(byte)] = found->second;
  }
  bytePairs = BytePairs(std::move(ofBytes), rules);
}

std::optional<int32_t> Tokenizer::special(std::string_view name) const {
  for (int32_t id : specialIds)
    if (piece(id) == name)
      return id;
  return std::nullopt;
}

std::string Tokenizer::hash() const {
  // FNV-1a of 64 bits.
  uint64_t value = 0xCBF29CE484222325u;
  for (char byte : serialize())
    value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

std::optional<UnknownPiece> Tokenizer::encode(std::string_view text,
                                              std::vector<int32_t> &result) const {
  const size_t before = result.size();
  std::optional<UnknownPiece> missing;
  auto add = [&](size_t position, std::string_view piece) {
    if (auto found = ids.find(piece); found != ids.end())
      result.push_back(found->second);
    else if (unknown)
      result.push_back(*unknown);
    else if (!missing)
      missing = {position, std::string(piece)};
  };
  switch (type) {
  case Kind::Characters:
    for (size_t position = 0; position < text.size() && !missing;) {
      size_t bytes = std::max<size_t>(characterAt(text, position).bytes, 1);
      add(position, text.substr(position, bytes));
      position += bytes;
    }
    break;
  case Kind::Words:
    forEachWord(text, [&](size_t position, std::string_view word) {
      add(position, lower ? std::string_view(toLower(word)) : word);
    });
    break;
  case Kind::Bytes:
    for (size_t position = 0; position < text.size(); ++position)
      add(position, text.substr(position, 1));
    break;
  case Kind::BytePairs: {
    std::string spaced;
    if (addsSpace && !text.empty() && text[0] != ' ') {
      spaced = " " + std::string(text);
      text = spaced;
    }
    bytePairs.encode(text, cut, result);
    break;
  }
  }
  if (missing)
    result.resize(before);
  return missing;
}

std::string Tokenizer::decode(const std::vector<int32_t> &sequence) const {
  std::string text;
  for (int32_t id : sequence) {
    if (isSpecial(id) && id != unknown)
      continue;
    if (type == Kind::Words && !text.empty())
      text += ' ';
    text += piece(id);
  }
  return text;
}

std::string Decoder::add(int32_t id) {
  std::string piece = tokenizer.decode({id});
  if (piece.empty())
    return "";
  if (tokenizer.kind() == Kind::Words && !first)
    held += ' ';
  first = false;
  held += piece;
  size_t whole = wholeCharacters(held);
  std::string complete = replaceInvalid(std::string_view(held).substr(0, whole));
  held.erase(0, whole);
  return complete;
}

std::string Decoder::finish() {
  std::string rest = replaceInvalid(held);
  held.clear();
  first = true;
  return rest;
}

} // namespace nnc::text
