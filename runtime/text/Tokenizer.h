// Tokenizers: texts as sequences of ids of a vocabulary, and back. This library depends on nothing
// but the C++ library, and does not throw: the compiler, which makes vocabularies of the training
// data, is linked with it as executables are.
#pragma once

#include "runtime/text/BytePairs.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::text {

/// A tokenizer as a program declares it.
struct TokenizerSpec {
  enum class Kind { Characters, Bytes, Words, BytePairs };
  Kind kind = Kind::Characters;
  /// Words, byte pairs: the maximum number of ids, including special pieces; 0: all words.
  int64_t size = 0;
  bool lower = false; ///< words: in lower case
  /// Names of the special pieces, such as `<end>`, which texts never contain. They have the first
  /// ids, in this order.
  std::vector<std::string> special;
};

/// The special piece that replaces out-of-vocabulary pieces.
inline constexpr std::string_view unknownPiece = "<unk>";

/// An out-of-vocabulary piece of a text.
struct UnknownPiece {
  size_t position = 0; ///< in the text
  std::string piece;
};

/// Its large parts are virtual, so that a program that makes none is linked without it.
class Tokenizer {
public:
  /// Characters: the code points of the texts, in numeric order. Bytes: all 256. Words: by
  /// frequency, the most frequent first, then by their bytes. Byte pairs: the 256 bytes, then the
  /// merges. Texts are UTF-8, but for bytes.
  static Tokenizer train(const TokenizerSpec &spec, const std::vector<std::string_view> &texts);

  /// The tokenizer of a `tokenizer.json` of the Hugging Face library, if it is byte pairs on bytes.
  /// std::nullopt, with one line in `error`, if it is of another kind or damaged.
  static std::optional<Tokenizer> fromHuggingFace(std::string_view json, std::string &error);

  /// The tokenizer that serialize() wrote; std::nullopt, with one line in `error`, if it is
  /// damaged.
  static std::optional<Tokenizer> parse(std::string_view json, std::string &error);
  /// One line of JSON, the same for equal tokenizers.
  virtual std::string serialize() const;
  /// The hash of serialize(), as 16 hexadecimal digits.
  virtual std::string hash() const;

  TokenizerSpec::Kind kind() const { return type; }
  /// characters, bytes, words or bpe
  virtual const char *kindName() const;
  int64_t size() const { return static_cast<int64_t>(pieces.size()); }
  /// The bytes of a piece, or the name of a special one. `0 <= id < size()`.
  const std::string &piece(int32_t id) const { return pieces[static_cast<size_t>(id)]; }
  bool isSpecial(int32_t id) const { return specials[static_cast<size_t>(id)]; }
  /// The id of a special piece.
  virtual std::optional<int32_t> special(std::string_view name) const;

  /// Appends the ids of a text, with `<unk>` for out-of-vocabulary pieces. If the vocabulary has no
  /// `<unk>`, appends nothing and returns the first such piece.
  virtual std::optional<UnknownPiece> encode(std::string_view text,
                                             std::vector<int32_t> &ids) const;

  /// The text of a sequence, without special pieces except `<unk>`; ids are in range. Words have a
  /// space between them. The bytes may end within a character: see Decoder.
  virtual std::string decode(const std::vector<int32_t> &ids) const;

private:
  friend class TokenizerReader;
  friend class HuggingFaceReader;
  /// Computes the derived members.
  void index();

  TokenizerSpec::Kind type = TokenizerSpec::Kind::Characters;
  bool lower = false;
  Cut cut = Cut::Plain;            ///< of byte pairs
  bool addsSpace = false;          ///< byte pairs: in front of a text
  std::vector<std::string> pieces; ///< by id
  std::vector<bool> specials;      ///< by id
  std::vector<BytePairs::Rule> rules;
  // Derived:
  std::vector<int32_t> specialIds;
  std::optional<int32_t> unknown;
  std::unordered_map<std::string_view, int32_t> ids; ///< of pieces that are not special
  BytePairs bytePairs;

public:
  // The index refers to the pieces.
  Tokenizer() = default;
  virtual ~Tokenizer() = default;
  Tokenizer(Tokenizer &&) = default;
  Tokenizer &operator=(Tokenizer &&) = default;
};

/// Text out of ids that come one by one: bytes are held back until they end a character.
class Decoder {
public:
  explicit Decoder(const Tokenizer &tokenizer) : tokenizer(tokenizer) {}

  /// The text that is complete with this id: valid UTF-8, often empty.
  std::string add(int32_t id);
  /// The bytes held back, with U+FFFD for bytes that are not part of a character.
  std::string finish();

private:
  const Tokenizer &tokenizer;
  std::string held;
  bool first = true;
};

} // namespace nnc::text
