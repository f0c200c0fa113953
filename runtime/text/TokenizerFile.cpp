// Implements tokenizers as JSON: the one that executables and weight files hold, and the
// `tokenizer.json` of the Hugging Face library.
//
// Pieces of bytes are spelled in the alphabet of GPT-2: the 188 bytes that are visible characters
// of Latin-1 stand for themselves, the others for U+0100, U+0101 and so on in their order.
#include "runtime/text/Tokenizer.h"
#include "runtime/text/Utf8.h"

#ifndef JSON_NO_IO
#define JSON_NO_IO
#endif
#include <nlohmann/json.hpp>

#include <array>
#include <set>

namespace nnc::text {

/// As in the rest of the runtime, whose executables carry its code.
using Json = nlohmann::ordered_json;
/// Finds a member among many fast; only the compiler reads files of other tools.
using SortedJson = nlohmann::json;
using Kind = TokenizerSpec::Kind;

static const std::array<char32_t, 256> &byteAlphabet() {
  static const std::array<char32_t, 256> alphabet = [] {
    std::array<char32_t, 256> result{};
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
      bool isVisible = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
      result[byte] = isVisible ? byte : next++;
    }
    return result;
  }();
  return alphabet;
}

static std::string spellBytes(std::string_view bytes) {
  std::string result;
  for (char byte : bytes)
    appendCharacter(result, byteAlphabet()[static_cast<unsigned char>(byte)]);
  return result;
}

/// std::nullopt if a character is not in the alphabet.
static std::optional<std::string> bytesOf(std::string_view spelled) {
  static const std::unordered_map<char32_t, char> bytes = [] {
    std::unordered_map<char32_t, char> result;
    for (size_t byte = 0; byte < 256; ++byte)
      result[byteAlphabet()[byte]] = static_cast<char>(byte);
    return result;
  }();
  std::string result;
  for (size_t position = 0; position < spelled.size();) {
    Character character = characterAt(spelled, position);
    auto found = bytes.find(character.code);
    if (character.bytes == 0 || found == bytes.end())
      return std::nullopt;
    result += found->second;
    position += character.bytes;
  }
  return result;
}

/// The value of a JSON text; discarded if it is not valid JSON, or nests so deeply that its
/// recursive destructor could overflow the stack.
template <typename Json> static Json parseBounded(std::string_view source) {
  constexpr int deepest = 100;
  int depth = 0;
  bool inString = false;
  for (size_t i = 0; i < source.size(); ++i) {
    char c = source[i];
    if (c == '\0')
      return Json(Json::value_t::discarded);
    if (inString && c == '\\')
      ++i;
    else if (c == '"')
      inString = !inString;
    else if (!inString && (c == '[' || c == '{') && ++depth > deepest)
      return Json(Json::value_t::discarded);
    else if (!inString && (c == ']' || c == '}'))
      --depth;
  }
  return Json::parse(source.begin(), source.end(), nullptr, /*allow_exceptions=*/false);
}

/// More ids than any vocabulary has.
static constexpr size_t mostPieces = size_t{1} << 24;

constexpr const char *kindNames[] = {"characters", "bytes", "words", "bpe"};
constexpr const char *cutNames[] = {"plain", "gpt2", "whole"};

const char *Tokenizer::kindName() const { return kindNames[static_cast<size_t>(type)]; }

std::string Tokenizer::serialize() const {
  Json json = {{"kind", kindName()}};
  if (lower)
    json["lower"] = true;
  json["special"] = specialIds;
  std::vector<std::string> spelled;
  for (int32_t id = 0; id < size(); ++id) {
    bool isText = isSpecial(id) || type == Kind::Characters || type == Kind::Words;
    spelled.push_back(isText ? piece(id) : spellBytes(piece(id)));
  }
  json["pieces"] = spelled;
  if (type == Kind::BytePairs) {
    json["cut"] = cutNames[static_cast<size_t>(cut)];
    json["adds_space"] = addsSpace;
    std::vector<int32_t> merges;
    for (const BytePairs::Rule &rule : rules)
      merges.insert(merges.end(), {rule.left, rule.right, rule.result});
    json["merges"] = merges;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Reads what serialize() writes.
class TokenizerReader {
public:
  explicit TokenizerReader(std::string &error) : error(error) {}

  std::optional<Tokenizer> read(std::string_view source) {
    json = parseBounded<Json>(source);
    if (!json.is_object())
      return damaged("it is not a JSON object");
    if (!readKind() || !readPieces() || !readSpecial())
      return std::nullopt;
    if (result.type == Kind::BytePairs && !readMerges())
      return std::nullopt;
    result.index();
    return std::move(result);
  }

private:
  const Json &member(const char *name) const {
    static const Json none;
    auto found = json.find(name);
    return found == json.end() ? none : *found;
  }
  std::nullopt_t damaged(const std::string &reason) {
    error = "the vocabulary is damaged: " + reason;
    return std::nullopt;
  }
  bool wrong(const std::string &reason) {
    damaged(reason);
    return false;
  }
  /// The place of a word among others.
  template <size_t N>
  std::optional<size_t> choice(const char *name, const char *const (&words)[N]) {
    const Json &value = member(name);
    for (size_t i = 0; value.is_string() && i < N; ++i)
      if (value.get_ref<const std::string &>() == words[i])
        return i;
    return std::nullopt;
  }
  bool isTrue(const char *name) const { return member(name) == Json(true); }
  bool isId(const Json &value) const {
    return value.is_number_integer() && value.get<int64_t>() >= 0 &&
           value.get<int64_t>() < result.size();
  }

  bool readKind() {
    std::optional<size_t> kind = choice("kind", kindNames);
    if (!kind)
      return wrong("it has no \"kind\"");
    result.type = static_cast<Kind>(*kind);
    result.lower = isTrue("lower");
    result.addsSpace = isTrue("adds_space");
    return true;
  }

  bool readPieces() {
    const Json &pieces = member("pieces");
    if (!pieces.is_array() || pieces.empty() || pieces.size() > mostPieces)
      return wrong("it has no \"pieces\"");
    for (const Json &piece : pieces) {
      if (!piece.is_string())
        return wrong("a piece is not text");
      result.pieces.push_back(piece.get<std::string>());
    }
    result.specials.assign(result.pieces.size(), false);
    return true;
  }

  bool readSpecial() {
    const Json &special = member("special");
    if (!special.is_array())
      return wrong("it has no \"special\"");
    for (const Json &id : special) {
      if (!isId(id))
        return wrong("\"special\" holds something other than ids");
      result.specials[id.get<size_t>()] = true;
    }
    if (result.type == Kind::Characters || result.type == Kind::Words)
      return true;
    std::set<std::string> bytes;
    for (int32_t id = 0; id < result.size(); ++id) {
      if (result.isSpecial(id))
        continue;
      std::string &piece = result.pieces[static_cast<size_t>(id)];
      std::optional<std::string> decoded = bytesOf(piece);
      if (!decoded || decoded->empty())
        return wrong("a piece is not spelled in bytes");
      piece = *decoded;
      if (piece.size() == 1)
        bytes.insert(piece);
    }
    return bytes.size() == 256 || wrong("it does not have all bytes");
  }

  bool readMerges() {
    std::optional<size_t> cut = choice("cut", cutNames);
    const Json &merges = member("merges");
    if (!cut || !merges.is_array() || merges.size() % 3 != 0)
      return wrong("it has no \"cut\" or no \"merges\"");
    result.cut = static_cast<Cut>(*cut);
    for (size_t i = 0; i < merges.size(); i += 3) {
      if (!isId(merges[i]) || !isId(merges[i + 1]) || !isId(merges[i + 2]))
        return wrong("\"merges\" holds something other than ids");
      result.rules.push_back(
          {merges[i].get<int32_t>(), merges[i + 1].get<int32_t>(), merges[i + 2].get<int32_t>()});
    }
    return true;
  }

  std::string &error;
  Json json;
  Tokenizer result;
};

std::optional<Tokenizer> Tokenizer::parse(std::string_view json, std::string &error) {
  return TokenizerReader(error).read(json);
}

/// Reads a `tokenizer.json`. Refuses unknown settings that change texts or ids.
class HuggingFaceReader {
public:
  explicit HuggingFaceReader(std::string &error) : error(error) {}

  std::optional<Tokenizer> read(std::string_view source) {
    json = parseBounded<SortedJson>(source);
    if (!json.is_object() || !part("model").is_object())
      return refuse("it is not a tokenizer.json: it has no \"model\"");
    result.type = Kind::BytePairs;
    if (!checkModel() || !readPreTokenizer() || !readVocabulary() || !readMerges())
      return std::nullopt;
    result.index();
    return std::move(result);
  }

private:
  static const SortedJson &memberOf(const SortedJson &object, const char *name) {
    static const SortedJson none;
    if (!object.is_object())
      return none;
    auto found = object.find(name);
    return found == object.end() ? none : *found;
  }
  const SortedJson &part(const char *name) const { return memberOf(json, name); }
  static std::string typeOf(const SortedJson &object) {
    const SortedJson &type = memberOf(object, "type");
    return type.is_string() ? type.get<std::string>() : "";
  }
  static bool isOff(const SortedJson &value) {
    return value.is_null() || value == SortedJson(false) || value == SortedJson("") ||
           value == SortedJson(0);
  }
  std::nullopt_t refuse(const std::string &reason) {
    error = reason;
    return std::nullopt;
  }
  bool no(const std::string &reason) {
    refuse(reason);
    return false;
  }

  bool checkModel() {
    const SortedJson &model = part("model");
    std::string type = typeOf(model);
    if (!type.empty() && type != "BPE")
      return no("its model is " + shown(type) + ", and only \"BPE\" on bytes is read");
    for (const char *option : {"dropout", "continuing_subword_prefix", "end_of_word_suffix",
                               "byte_fallback", "ignore_merges"})
      if (!isOff(memberOf(model, option)))
        return no(std::string("its model has \"") + option + "\", which is not supported");
    if (!isOff(part("normalizer")))
      return no("it has the normalizer " + shown(typeOf(part("normalizer"))) +
                ", and texts are read as they are");
    return true;
  }

  bool readPreTokenizer() {
    const SortedJson &cut = part("pre_tokenizer");
    if (typeOf(cut) != "ByteLevel")
      return no("its pre_tokenizer is not \"ByteLevel\", so that it does not work on bytes, or "
                "cuts texts by a pattern of its own");
    result.cut = memberOf(cut, "use_regex") == SortedJson(false) ? Cut::Whole : Cut::Gpt2;
    result.addsSpace = memberOf(cut, "add_prefix_space") == SortedJson(true);
    return true;
  }

  bool add(const SortedJson &id, const std::string &piece, bool isSpecial) {
    if (!id.is_number_unsigned())
      return no("a piece of its vocabulary has no id");
    uint64_t place = id.get<uint64_t>();
    if (place >= result.pieces.size())
      return no("the ids of its vocabulary have gaps");
    const std::string &taken = result.pieces[place];
    if (!taken.empty() && !(isSpecial && taken == piece))
      return no("two pieces of its vocabulary have the id " + std::to_string(place));
    result.pieces[place] = piece;
    result.specials[place] = isSpecial;
    return true;
  }

  bool readVocabulary() {
    const SortedJson &vocabulary = memberOf(part("model"), "vocab"), &added = part("added_tokens");
    if (!vocabulary.is_object() || vocabulary.empty())
      return no("its model has no \"vocab\"");
    std::set<std::string> names;
    if (added.is_array())
      for (const SortedJson &token : added) {
        const SortedJson &content = memberOf(token, "content");
        if (!content.is_string())
          return no("one of its \"added_tokens\" has no \"content\"");
        names.insert(content.get<std::string>());
      }
    // Added pieces may stand in the vocabulary, too.
    size_t most = vocabulary.size() + (added.is_array() ? added.size() : 0);
    result.pieces.resize(most);
    result.specials.resize(most, false);
    for (const auto &[piece, id] : vocabulary.items()) {
      std::optional<std::string> bytes = bytesOf(piece);
      if (names.count(piece))
        continue;
      if (!bytes || bytes->empty())
        return no("its piece " + shown(piece) + " is not spelled in bytes");
      if (!add(id, *bytes, false))
        return false;
      known.emplace(*bytes, id.get<int32_t>());
    }
    if (added.is_array())
      for (const SortedJson &token : added)
        if (!add(memberOf(token, "id"), memberOf(token, "content").get<std::string>(), true))
          return false;
    for (size_t id = 0; id < result.pieces.size(); ++id)
      if (result.specials[id] && names.erase(result.pieces[id]) == 0)
        return no("its piece " + shown(result.pieces[id]) + " has two ids");
    for (int byte = 0; byte < 256; ++byte)
      if (!known.count(std::string(1, static_cast<char>(byte))))
        return no("its vocabulary does not have all bytes");
    while (!result.pieces.empty() && result.pieces.back().empty())
      result.pieces.pop_back();
    result.specials.resize(result.pieces.size());
    for (const std::string &piece : result.pieces)
      if (piece.empty())
        return no("the ids of its vocabulary have gaps");
    return true;
  }

  bool readMerges() {
    const SortedJson &merges = memberOf(part("model"), "merges");
    if (!merges.is_array())
      return no("its model has no \"merges\"");
    for (const SortedJson &merge : merges) {
      std::string left, right;
      if (merge.is_string()) {
        const std::string &both = merge.get_ref<const std::string &>();
        size_t space = both.find(' ');
        left = both.substr(0, space);
        right = space == std::string::npos ? "" : both.substr(space + 1);
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
                 merge[1].is_string()) {
        left = merge[0].get<std::string>();
        right = merge[1].get<std::string>();
      }
      std::optional<std::string> leftBytes = bytesOf(left), rightBytes = bytesOf(right);
      if (!leftBytes || !rightBytes)
        return no("its merge " + shown(left + " " + right) + " is not spelled in bytes");
      auto first = known.find(*leftBytes), second = known.find(*rightBytes),
           both = known.find(*leftBytes + *rightBytes);
      if (first == known.end() || second == known.end() || both == known.end())
        return no("its merge " + shown(left + " " + right) + " is of pieces that it does not have");
      result.rules.push_back({first->second, second->second, both->second});
    }
    return true;
  }

  std::string &error;
  SortedJson json;
  Tokenizer result;
  std::unordered_map<std::string, int32_t> known; ///< ids by bytes
};

std::optional<Tokenizer> Tokenizer::fromHuggingFace(std::string_view json, std::string &error) {
  return HuggingFaceReader(error).read(json);
}

} // namespace nnc::text
