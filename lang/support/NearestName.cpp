// Implements nearestName() by edit distance.
#include "lang/support/NearestName.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace nnc::lang {

namespace {

/// The number of single-character edits (insertion, deletion, replacement, swap of neighbours)
/// between two names.
size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> distance(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        distance[i][j] = i + j;
        continue;
      }
      bool same = std::tolower((unsigned char)a[i - 1]) == std::tolower((unsigned char)b[j - 1]);
      size_t best = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1,
                              distance[i - 1][j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, distance[i - 2][j - 2] + 1);
      distance[i][j] = best;
    }
  return distance[a.size()][b.size()];
}

} // namespace

std::string_view nearestName(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr size_t longest = 80; // a name longer than this is not a slip of the finger
  std::string_view best;
  size_t allowed = name.size() <= 2 ? name.size() - 1 : (name.size() + 1) / 3;
  size_t bestDistance = allowed + 1;
  if (name.empty() || name.size() > longest)
    return best;
  for (std::string_view candidate : candidates) {
    size_t difference =
        std::max(candidate.size(), name.size()) - std::min(candidate.size(), name.size());
    if (candidate.empty() || difference >= bestDistance)
      continue;
    size_t distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

} // namespace nnc::lang
