// Implements the search in the table of synonyms.
#include "lang/support/Synonyms.h"

#include "lang/support/Names.h"
#include "lang/support/NearestName.h"

#include <fmt/format.h>

#include <algorithm>

namespace nnc::lang {

namespace {

constexpr Synonym table[] = {
#define SYNONYM(KIND, FOREIGN, NAME, NOTATION, ADVICE)                                             \
  {NameKind::KIND, FOREIGN, NAME, NOTATION, ADVICE},
#include "lang/support/Synonyms.def"
};

/// Compares spellings without their underscores and as lower case.
constexpr int compareSpellings(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (true) {
    while (i < a.size() && a[i] == '_')
      ++i;
    while (j < b.size() && b[j] == '_')
      ++j;
    if (i == a.size() || j == b.size())
      return int(i < a.size()) - int(j < b.size());
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
    char left = lower(a[i++]), right = lower(b[j++]);
    if (left != right)
      return left < right ? -1 : 1;
  }
}

struct Key {
  NameKind kind;
  std::string_view name;
};

constexpr bool isBefore(const Synonym &row, const Key &key) {
  return row.kind != key.kind ? row.kind < key.kind : compareSpellings(row.foreign, key.name) < 0;
}

constexpr bool isSorted() {
  for (size_t i = 1; i < std::size(table); ++i)
    if (isBefore(table[i], {table[i - 1].kind, table[i - 1].foreign}))
      return false;
  return true;
}
static_assert(isSorted());

} // namespace

std::span<const Synonym> synonyms() { return table; }

const Synonym *findSynonym(NameKind kind, std::string_view name,
                           std::span<const std::string_view> known) {
  for (auto row = std::lower_bound(std::begin(table), std::end(table), Key{kind, name}, isBefore);
       row != std::end(table) && row->kind == kind && compareSpellings(row->foreign, name) == 0;
       ++row)
    if (row->name.empty() || contains(known, row->name))
      return row;
  return nullptr;
}

bool isBracketed(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (depth == 0)
      return i > 0 && i + 1 == text.size();
  }
  return false;
}

static std::string_view withoutBrackets(std::string_view text) {
  return isBracketed(text) ? text.substr(1, text.size() - 2) : text;
}

std::string notationFor(const Synonym &synonym, std::span<const std::string_view> arguments) {
  std::string result;
  std::string_view notation = synonym.notation;
  for (size_t i = 0; i < notation.size(); ++i) {
    bool place = notation.substr(i).size() > 2 && notation[i] == '{' && notation[i + 2] == '}';
    if (!place) {
      result += notation[i];
      continue;
    }
    char which = notation[i + 1];
    if (which == '*') {
      if (arguments.empty())
        return {};
      for (size_t index = 1; index < arguments.size(); ++index)
        result += (index > 1 ? ", " : "") + std::string(withoutBrackets(arguments[index]));
    } else {
      size_t index = size_t(which - '0');
      if (index >= arguments.size())
        return {};
      // Brackets of an operand mean nothing between those of a call or a block.
      std::string_view argument = arguments[index], behind = notation.substr(i + 3);
      bool opens = result.ends_with('(') || result.ends_with(", ") || result.ends_with("{ ") ||
                   result.ends_with("if ");
      bool closes = behind.starts_with(')') || behind.starts_with(',') ||
                    behind.starts_with(" }") || behind.starts_with(" {");
      result += opens && closes ? withoutBrackets(argument) : argument;
    }
    i += 2;
  }
  return result;
}

std::string suggestionFor(NameKind kind, std::string_view name,
                          std::span<const std::string_view> known,
                          std::span<const std::string_view> arguments, char quote) {
  const Synonym *synonym = findSynonym(kind, name, known);
  if (!synonym) {
    std::string_view nearest = nearestName(name, known);
    return nearest.empty() ? "" : fmt::format("did you mean {0}{1}{0}?", quote, nearest);
  }
  std::string notation = notationFor(*synonym, arguments);
  std::string_view code = notation.empty() ? synonym->name : notation;
  if (code.empty())
    return std::string(synonym->advice);
  if (!synonym->advice.empty())
    return fmt::format("write {0}{1}{0}: {2}", quote, code, synonym->advice);
  return notation.empty() ? fmt::format("did you mean {0}{1}{0}?", quote, code)
                          : fmt::format("write {0}{1}{0}", quote, code);
}

} // namespace nnc::lang
