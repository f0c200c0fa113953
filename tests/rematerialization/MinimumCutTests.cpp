// Minimum cuts beside the best of all subsets of nodes, on small random networks.
#include "compiler/rematerialization/MinimumCut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

using nnc::FlowNetwork;

namespace {

struct Example {
  unsigned nodes; // the first is the source, the last the sink
  std::vector<std::tuple<unsigned, unsigned, int64_t>> edges;

  /// The sum of the capacities of edges into the sink's side.
  int64_t worth(const std::vector<bool> &sinkSide) const {
    int64_t sum = 0;
    for (auto [from, to, capacity] : edges)
      if (!sinkSide[from] && sinkSide[to])
        sum += capacity;
    return sum;
  }
};

TEST(MinimumCut, IsTheBestOfAllSubsets) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    Example example{unsigned(2 + random() % 7), {}};
    FlowNetwork network;
    for (unsigned node = 0; node < example.nodes; ++node)
      network.addNode();
    for (unsigned count = random() % 24; count > 0; --count) {
      unsigned from = random() % example.nodes, to = random() % example.nodes;
      if (from == to)
        continue;
      example.edges.push_back({from, to, int64_t(random() % 10)});
      network.addEdge(from, to, std::get<2>(example.edges.back()));
    }
    int64_t best = FlowNetwork::uncuttable;
    size_t smallest = example.nodes;
    for (unsigned subset = 0; subset < (1u << example.nodes); ++subset) {
      std::vector<bool> side(example.nodes);
      for (unsigned node = 0; node < example.nodes; ++node)
        side[node] = subset >> node & 1;
      if (side.front() || !side.back())
        continue;
      size_t size = std::count(side.begin(), side.end(), true);
      int64_t worth = example.worth(side);
      if (worth < best || (worth == best && size < smallest)) {
        best = worth;
        smallest = size;
      }
    }
    std::vector<bool> found = network.sinkSide(0, example.nodes - 1);
    EXPECT_FALSE(found.front());
    EXPECT_TRUE(found.back());
    EXPECT_EQ(example.worth(found), best);
    EXPECT_EQ(size_t(std::count(found.begin(), found.end(), true)), smallest);
  }
}

TEST(MinimumCut, LeavesWhatCannotBeCut) {
  FlowNetwork network;
  unsigned source = network.addNode(), middle = network.addNode(), sink = network.addNode();
  network.addEdge(source, middle, 1000);
  network.addEdge(middle, sink, FlowNetwork::uncuttable);
  EXPECT_EQ(network.sinkSide(source, sink), (std::vector<bool>{false, true, true}));
}

} // namespace
