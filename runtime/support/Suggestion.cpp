// Implements suggestions, as the front end's: by meaning first, by edit distance second.
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

/// Settings and options of other programs, and those of nnc that mean the same.
struct Synonym {
  std::string_view foreign, name;
};
static constexpr Synonym synonyms[] = {
    {"lr", "rate"},          {"learning_rate", "rate"},  {"weight_decay", "decay"},
    {"momentum", "mu"},      {"epsilon", "eps"},         {"betas", "beta1"},
    {"max_norm", "limit"},   {"warmup_steps", "warmup"}, {"gamma", "factor"},
    {"step_size", "every"},  {"num_epochs", "epochs"},   {"max_epochs", "epochs"},
    {"max_steps", "steps"},  {"num_workers", "threads"}, {"data_dir", "data"},
    {"random_seed", "seed"}, {"checkpoint", "weights"},  {"output", "save"},
    {"evaluate", "eval"},    {"test", "eval"},           {"validate", "eval"},
    {"fit", "train"},        {"infer", "predict"},       {"inference", "predict"},
    {"benchmark", "bench"},  {"summary", "info"},
};

/// The candidate that means the word, with its dashes in front; empty if there is none.
static std::string_view byMeaning(std::string_view word,
                                  const std::vector<std::string> &candidates) {
  std::string plain(word.substr(std::min(word.find_first_not_of('-'), word.size())));
  std::ranges::replace(plain, '-', '_');
  for (const Synonym &synonym : synonyms)
    if (synonym.foreign == plain || "optimizer." + std::string(synonym.foreign) == plain)
      for (const std::string &candidate : candidates) {
        std::string_view end(candidate);
        end.remove_prefix(std::min(end.find_first_not_of('-'), end.size()));
        if (end == synonym.name || end.ends_with("." + std::string(synonym.name)))
          return candidate;
      }
  return {};
}

/// Empty if none is near enough.
static std::string_view nearest(std::string_view word, const std::vector<std::string> &candidates) {
  constexpr size_t longest = 80; // a word longer than this is not a slip of the fingers
  if (word.empty() || word.size() > longest)
    return {};
  if (std::string_view meant = byMeaning(word, candidates); !meant.empty())
    return meant;
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
