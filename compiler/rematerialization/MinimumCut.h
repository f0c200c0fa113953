// Which edges of a network to cut, with the least sum of capacities, so that nothing leads from the
// source to the sink any more. Knows nothing of tensors.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace nnc {

class FlowNetwork {
public:
  /// An edge that no finite cut has.
  static constexpr int64_t uncuttable = std::numeric_limits<int64_t>::max() / 4;

  unsigned addNode() {
    edgesOf.emplace_back();
    return edgesOf.size() - 1;
  }
  void addEdge(unsigned from, unsigned to, int64_t capacity);

  /// The nodes on the sink's side of a minimum cut: of several, the one that is nearest the sink,
  /// whose side is the smallest. Uses the network up.
  std::vector<bool> sinkSide(unsigned source, unsigned sink);

private:
  struct Edge {
    unsigned to;
    int64_t capacity; // the rest of it
  };

  bool findLevels(unsigned source, unsigned sink);
  void pushAlongLevels(unsigned source, unsigned sink);

  std::vector<Edge> edges; // in pairs: number e and its reverse, e ^ 1
  std::vector<std::vector<unsigned>> edgesOf;
  std::vector<int> level;
};

} // namespace nnc
