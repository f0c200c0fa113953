// Implements patterns of paths.
#include "lang/elaborate/environment/Patterns.h"

#include <algorithm>
#include <set>
#include <vector>

namespace nnc::lang {

/// Whether a text is what a pattern says, in which `*` stands for any characters.
static bool fits(std::string_view pattern, std::string_view text) {
  size_t inPattern = 0, inText = 0, star = std::string_view::npos, retry = 0;
  while (inText < text.size()) {
    if (inPattern < pattern.size() && pattern[inPattern] == '*') {
      star = inPattern++;
      retry = inText;
    } else if (inPattern < pattern.size() && pattern[inPattern] == text[inText]) {
      ++inPattern;
      ++inText;
    } else if (star != std::string_view::npos) {
      // The last `*` takes one character more.
      inPattern = star + 1;
      inText = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', inPattern) == std::string_view::npos;
}

bool matchesPath(std::string_view pattern, std::string_view path) {
  if (pattern.empty())
    return false;
  if (pattern.find('*') != std::string_view::npos)
    return fits(pattern, path);
  for (size_t at = path.find(pattern); at != std::string_view::npos;
       at = path.find(pattern, at + 1)) {
    size_t end = at + pattern.size();
    if ((at == 0 || path[at - 1] == '.') && (end == path.size() || path[end] == '.'))
      return true;
  }
  return false;
}

bool matchesAny(std::span<const Identifier> patterns, std::string_view path) {
  return std::ranges::any_of(
      patterns, [&](const Identifier &pattern) { return matchesPath(pattern.text, path); });
}

/// The patterns to suggest: each part of the model with everything below it in place of a pattern with
/// `*`; the names and the paths of the parameters in place of another one.
static std::vector<std::string> candidates(bool wild, std::span<const std::string> paths) {
  std::set<std::string> found;
  for (const std::string &path : paths) {
    size_t begin = 0;
    for (size_t dot; (dot = path.find('.', begin)) != std::string::npos; begin = dot + 1)
      found.insert(wild ? path.substr(0, dot) + ".*" : path.substr(begin, dot - begin));
    if (!wild)
      found.insert({path, path.substr(begin)});
  }
  return {found.begin(), found.end()};
}

bool checkPattern(Diagnostics &diagnostics, std::string_view pattern, SourceRange range,
                  std::span<const std::string> paths) {
  if (pattern.empty() || // an error of the parser
      std::ranges::any_of(paths, [&](auto &path) { return matchesPath(pattern, path); }))
    return true;
  constexpr size_t mostListed = 12;
  DiagnosticBuilder builder =
      diagnostics.report(Diag::NoSuchParameter, range, std::string(pattern));
  bool wild = pattern.find('*') != std::string_view::npos;
  std::vector<std::string> known = candidates(wild, paths);
  if (builder.suggest(NameKind::Other, pattern, known))
    return false;
  if (wild)
    known.assign(paths.begin(), paths.end());
  bool all = known.size() <= mostListed;
  known.resize(std::min(known.size(), mostListed));
  builder.note(fmt::format("the model has {}{}", fmt::join(known, ", "), all ? "" : " and others"));
  return false;
}

void checkPatterns(Diagnostics &diagnostics, const Entity &value,
                   std::span<const std::string> paths) {
  auto *byPath = value.get<ByPath>();
  if (!byPath)
    return;
  for (const ByPath::Case &one : byPath->cases) {
    for (const Identifier &pattern : one.patterns)
      checkPattern(diagnostics, pattern.text, pattern.range, paths);
    if (one.value)
      checkPatterns(diagnostics, *one.value, paths);
  }
  checkPatterns(diagnostics, *byPath->otherwise, paths);
}

const Entity *valueFor(const Entity &value, std::string_view path) {
  const Entity *result = &value;
  while (auto *byPath = result ? result->get<ByPath>() : nullptr) {
    auto found = std::ranges::find_if(
        byPath->cases, [&](const ByPath::Case &one) { return matchesAny(one.patterns, path); });
    result = found == byPath->cases.end() ? byPath->otherwise.get() : found->value.get();
  }
  return result;
}

} // namespace nnc::lang
