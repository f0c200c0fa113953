// Implements byte pair encoding with heaps, whose entries are corrected when they come to the top.
#include "runtime/text/BytePairs.h"

#include <map>
#include <queue>
#include <string>
#include <tuple>

namespace nnc::text {

static uint64_t keyOf(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

namespace {

/// The pieces of the training texts, each once, and the pairs of neighbours in them.
class Trainer {
public:
  explicit Trainer(const std::vector<std::string_view> &texts) {
    // Sorted by piece, so that the order of the texts does not matter.
    std::map<std::string_view, int64_t> counts;
    for (std::string_view text : texts)
      forEachPiece(text, Cut::Plain, [&](std::string_view piece) { ++counts[piece]; });
    for (const auto &[piece, count] : counts) {
      Piece &added = pieces.emplace_back();
      added.count = count;
      for (char byte : piece)
        added.ids.push_back(static_cast<unsigned char>(byte));
      countPairs(static_cast<int32_t>(pieces.size() - 1), 1);
    }
    for (const auto &[key, pair] : pairs)
      heap.push(entryOf(key, pair.count));
  }

  std::vector<Merge> run(int64_t size) {
    std::vector<Merge> merges;
    while (256 + static_cast<int64_t>(merges.size()) < size && !heap.empty()) {
      Entry top = heap.top();
      heap.pop();
      int64_t count = pairs[keyOf(top.left, top.right)].count;
      if (count != top.count) {
        if (count > 1)
          heap.push({count, top.left, top.right});
        continue;
      }
      if (count < 2)
        continue;
      merge(top.left, top.right, static_cast<int32_t>(256 + merges.size()));
      merges.emplace_back(top.left, top.right);
    }
    return merges;
  }

private:
  struct Piece {
    std::vector<int32_t> ids;
    int64_t count = 0;
    int32_t lastMerge = 0; ///< the id of the last merge applied to it
  };
  struct Pair {
    int64_t count = 0;
    std::vector<int32_t> pieces; ///< that contain or contained it
  };
  struct Entry {
    int64_t count;
    int32_t left, right;
    /// The order of a max-heap.
    bool operator<(const Entry &other) const {
      return std::tuple(count, -int64_t{left}, -int64_t{right}) <
             std::tuple(other.count, -int64_t{other.left}, -int64_t{other.right});
    }
  };
  static Entry entryOf(uint64_t key, int64_t count) {
    return {count, static_cast<int32_t>(key >> 32), static_cast<int32_t>(key)};
  }

  /// Adds the counts of the pairs of a piece, or subtracts them.
  void countPairs(int32_t number, int sign) {
    const Piece &piece = pieces[static_cast<size_t>(number)];
    for (size_t i = 1; i < piece.ids.size(); ++i) {
      Pair &pair = pairs[keyOf(piece.ids[i - 1], piece.ids[i])];
      pair.count += sign * piece.count;
      if (sign > 0 && (pair.pieces.empty() || pair.pieces.back() != number))
        pair.pieces.push_back(number);
    }
  }

  void merge(int32_t left, int32_t right, int32_t result) {
    std::vector<int32_t> holders = std::move(pairs[keyOf(left, right)].pieces);
    std::vector<uint64_t> changed;
    for (int32_t number : holders) {
      Piece &piece = pieces[static_cast<size_t>(number)];
      if (piece.lastMerge == result)
        continue;
      piece.lastMerge = result;
      countPairs(number, -1);
      size_t kept = 0;
      for (size_t i = 0; i < piece.ids.size(); ++i) {
        bool both = piece.ids[i] == left && i + 1 < piece.ids.size() && piece.ids[i + 1] == right;
        piece.ids[kept++] = both ? result : piece.ids[i];
        i += both;
      }
      piece.ids.resize(kept);
      countPairs(number, 1);
      for (size_t i = 1; i < kept; ++i)
        if (piece.ids[i - 1] == result || piece.ids[i] == result)
          changed.push_back(keyOf(piece.ids[i - 1], piece.ids[i]));
    }
    // A pair may be pushed several times: all but one entry of its count are corrected away, since
    // a pair is merged at most once.
    for (uint64_t key : changed)
      heap.push(entryOf(key, pairs[key].count));
  }

  std::vector<Piece> pieces;
  std::unordered_map<uint64_t, Pair> pairs;
  std::priority_queue<Entry> heap;
};

} // namespace

std::vector<Merge> trainBytePairs(const std::vector<std::string_view> &texts, int64_t size) {
  return Trainer(texts).run(size);
}

BytePairs::BytePairs(std::vector<int32_t> ofBytes, const std::vector<Rule> &rules)
    : ofBytes(std::move(ofBytes)) {
  int32_t rank = 0;
  for (const Rule &rule : rules)
    ranks.emplace(keyOf(rule.left, rule.right), Ranked{rank++, rule.result});
}

void BytePairs::encodePiece(std::string_view piece, std::vector<int32_t> &ids) const {
  // A list of neighbours, in which a merge takes out the right one.
  struct Node {
    int32_t id, before, after;
  };
  std::vector<Node> nodes;
  int32_t count = static_cast<int32_t>(piece.size());
  for (int32_t i = 0; i < count; ++i)
    nodes.push_back({ofBytes[static_cast<unsigned char>(piece[static_cast<size_t>(i)])], i - 1,
                     i + 1 < count ? i + 1 : -1});
  struct Candidate {
    int32_t rank, place, left, right, result;
    bool operator<(const Candidate &other) const {
      return std::tie(rank, place) > std::tie(other.rank, other.place);
    }
  };
  std::priority_queue<Candidate> candidates;
  auto consider = [&](int32_t place) {
    const Node &node = nodes[static_cast<size_t>(place)];
    if (node.after < 0)
      return;
    int32_t right = nodes[static_cast<size_t>(node.after)].id;
    if (auto found = ranks.find(keyOf(node.id, right)); found != ranks.end())
      candidates.push({found->second.rank, place, node.id, right, found->second.result});
  };
  for (int32_t i = 0; i + 1 < count; ++i)
    consider(i);
  while (!candidates.empty()) {
    Candidate best = candidates.top();
    candidates.pop();
    Node &node = nodes[static_cast<size_t>(best.place)];
    // One of the two may have been merged since; a node that was taken out has a negative id.
    if (node.id != best.left || node.after < 0 ||
        nodes[static_cast<size_t>(node.after)].id != best.right)
      continue;
    Node &taken = nodes[static_cast<size_t>(node.after)];
    node.id = best.result;
    node.after = taken.after;
    taken.id = -1;
    if (node.after >= 0)
      nodes[static_cast<size_t>(node.after)].before = best.place;
    consider(best.place);
    if (node.before >= 0)
      consider(node.before);
  }
  for (int32_t place = 0; place >= 0 && place < count;
       place = nodes[static_cast<size_t>(place)].after)
    ids.push_back(nodes[static_cast<size_t>(place)].id);
}

void BytePairs::encode(std::string_view text, Cut cut, std::vector<int32_t> &ids) const {
  // Texts repeat their pieces: ids of earlier ones are copied.
  struct Range {
    size_t begin, end;
  };
  std::unordered_map<std::string_view, Range> known;
  forEachPiece(text, cut, [&](std::string_view piece) {
    auto [found, isNew] = known.try_emplace(piece, Range{ids.size(), 0});
    if (isNew) {
      encodePiece(piece, ids);
      found->second.end = ids.size();
    } else {
      for (size_t i = found->second.begin; i < found->second.end; ++i)
        ids.push_back(ids[i]);
    }
  });
}

} // namespace nnc::text
