// Names of PyTorch, Keras, JAX with optax, NumPy and Python, and the names of nnc that mean the same.
// Suggestions come from these meanings first and from near spellings second, both through
// `suggestionFor`. The table is lang/support/Synonyms.def.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nnc::lang {

/// Where a name stands that is not known.
enum class NameKind : uint8_t {
  Name,        // of a value, a function, a layer, ...
  Argument,    // of a setting or an input, before `=`
  Key,         // of a train block
  Entry,       // of a data block
  Member,      // behind a dot
  Type,        //
  Declaration, // the word that begins one
  Statement,   // likewise
  Other,       // has no row: only spelling counts
};

struct Synonym {
  NameKind kind;
  std::string_view foreign;
  std::string_view name;     // ours; empty where there is none
  std::string_view notation; // ours for the whole call, {0} for its first argument; may be empty
  std::string_view advice;   // a sentence without its full stop; may be empty
};

std::span<const Synonym> synonyms();

/// The row for a name; null if there is none, or if it suggests a name that is not among `known`.
const Synonym *findSynonym(NameKind kind, std::string_view name,
                           std::span<const std::string_view> known);

/// Whether a text stands in round brackets as a whole.
bool isBracketed(std::string_view text);

/// The notation with the arguments in their places; empty if it has none or needs more arguments.
std::string notationFor(const Synonym &synonym, std::span<const std::string_view> arguments);

/// The suggestion for an unknown `name`: from the table of synonyms, else by spelling; empty if there
/// is none. `quote` stands around a name that is suggested.
std::string suggestionFor(NameKind kind, std::string_view name,
                          std::span<const std::string_view> known,
                          std::span<const std::string_view> arguments = {}, char quote = '`');

} // namespace nnc::lang
