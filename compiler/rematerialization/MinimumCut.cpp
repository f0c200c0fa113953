// Dinic's algorithm: as long as the sink can be reached, number the nodes by their distance from
// the source and fill every path that goes up by one with each step.
#include "compiler/rematerialization/MinimumCut.h"

#include <algorithm>

namespace nnc {

void FlowNetwork::addEdge(unsigned from, unsigned to, int64_t capacity) {
  edgesOf[from].push_back(edges.size());
  edges.push_back({to, capacity});
  edgesOf[to].push_back(edges.size());
  edges.push_back({from, 0});
}

bool FlowNetwork::findLevels(unsigned source, unsigned sink) {
  level.assign(edgesOf.size(), -1);
  level[source] = 0;
  std::vector<unsigned> queue{source};
  for (size_t next = 0; next < queue.size(); ++next)
    for (unsigned number : edgesOf[queue[next]]) {
      const Edge &edge = edges[number];
      if (edge.capacity == 0 || level[edge.to] >= 0)
        continue;
      level[edge.to] = level[queue[next]] + 1;
      queue.push_back(edge.to);
    }
  return level[sink] >= 0;
}

/// Depth first with the path as an explicit stack: networks are as deep as the models are.
void FlowNetwork::pushAlongLevels(unsigned source, unsigned sink) {
  std::vector<size_t> tried(edgesOf.size(), 0); // edges of each node that lead nowhere any more
  std::vector<unsigned> path;                   // numbers of edges
  while (true) {
    unsigned node = path.empty() ? source : edges[path.back()].to;
    if (node == sink) {
      int64_t flow = uncuttable;
      for (unsigned number : path)
        flow = std::min(flow, edges[number].capacity);
      size_t full = path.size();
      for (size_t i = path.size(); i-- > 0;) {
        edges[path[i]].capacity -= flow;
        edges[path[i] ^ 1].capacity += flow;
        if (edges[path[i]].capacity == 0)
          full = i;
      }
      path.resize(full);
      continue;
    }
    size_t &next = tried[node];
    auto leadsOn = [&](unsigned number) {
      return edges[number].capacity > 0 && level[edges[number].to] == level[node] + 1;
    };
    while (next < edgesOf[node].size() && !leadsOn(edgesOf[node][next]))
      ++next;
    if (next < edgesOf[node].size()) {
      path.push_back(edgesOf[node][next]);
      continue;
    }
    if (path.empty())
      return;
    ++tried[edges[path.back() ^ 1].to];
    path.pop_back();
  }
}

std::vector<bool> FlowNetwork::sinkSide(unsigned source, unsigned sink) {
  while (findLevels(source, sink))
    pushAlongLevels(source, sink);
  // Backwards from the sink, along edges that have something left.
  std::vector<bool> side(edgesOf.size(), false);
  side[sink] = true;
  std::vector<unsigned> work{sink};
  while (!work.empty()) {
    unsigned node = work.back();
    work.pop_back();
    for (unsigned number : edgesOf[node]) {
      unsigned from = edges[number].to;
      if (edges[number ^ 1].capacity == 0 || side[from])
        continue;
      side[from] = true;
      work.push_back(from);
    }
  }
  return side;
}

} // namespace nnc
