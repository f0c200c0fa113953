// Implements suggestions by edit distance, with the measure of the front end.
#include "runtime/support/Suggestion.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cctype>

namespace nnc::runtime {

/// Insertions, deletions, replacements and swaps of neighbours; upper and lower case are the same.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> distance(a.size() + 1, std::vector<size_t>(b.size() + 1));
  auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        distance[i][j] = i + j;
        continue;
      }
      distance[i][j] = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1,
                                 distance[i - 1][j - 1] + (lower(a[i - 1]) != lower(b[j - 1]))});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
    }
  return distance[a.size()][b.size()];
}

/// Empty if none is near enough.
static std::string_view nearest(std::string_view word, const std::vector<std::string> &candidates) {
  constexpr size_t longest = 80; // a word longer than this is not a slip of the fingers
  if (word.empty() || word.size() > longest)
    return {};
  // Of one letter or two, one must be right.
  const size_t allowed = word.size() <= 2 ? word.size() - 1 : (word.size() + 1) / 3;
  std::string_view best;
  size_t bestDistance = allowed + 1;
  for (const std::string &candidate : candidates) {
    // Longer candidates are looked at by their ends only.
    size_t distance =
        candidate.size() > word.size() + allowed ? bestDistance : editDistance(word, candidate);
    // `rate` for `optimizer.rate`: the end of a dotted name is as good as one slip.
    if (candidate.size() > word.size() + 1 && std::string_view(candidate).ends_with(word) &&
        candidate[candidate.size() - word.size() - 1] == '.')
      distance = std::min<size_t>(1, allowed);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string> &candidates) {
  std::string_view found = nearest(word, candidates);
  return found.empty() ? std::string() : ", did you mean '" + printable(found) + "'?";
}

std::string suggestionOrAll(std::string_view word, const std::vector<std::string> &candidates) {
  std::string found = suggestion(word, candidates);
  return found.empty() ? ", they are " + list(candidates) : found;
}

} // namespace nnc::runtime
