// Byte pair encoding: the training of merges, and their application.
#pragma once

#include "runtime/text/Pieces.h"

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nnc::text {

/// The ids of two neighbours that become one; its id is the number of ids before it, 256 for the
/// first.
using Merge = std::pair<int32_t, int32_t>;

/// Trains merges on texts until there are `size` ids, the 256 bytes among them, or until no pair
/// occurs twice. Each merge is of the most frequent pair of neighbours within the pieces; of
/// several, of the one with the smallest left id, then right id. Depends on the pieces and their
/// counts alone, not on their order.
std::vector<Merge> trainBytePairs(const std::vector<std::string_view> &texts, int64_t size);

/// Applies merges by rank: within a piece, the pair whose merge stands first, from the left, until
/// no merge applies.
class BytePairs {
public:
  /// A merge of two ids into a third.
  struct Rule {
    int32_t left, right, result;
  };
  BytePairs() = default;
  /// `ofBytes` are the ids of the 256 bytes.
  BytePairs(std::vector<int32_t> ofBytes, const std::vector<Rule> &rules);

  /// Appends the ids of a text.
  void encode(std::string_view text, Cut cut, std::vector<int32_t> &ids) const;

private:
  void encodePiece(std::string_view piece, std::vector<int32_t> &ids) const;

  struct Ranked {
    int32_t rank, result;
  };
  std::vector<int32_t> ofBytes;
  std::unordered_map<uint64_t, Ranked> ranks; ///< by pair
};

} // namespace nnc::text
