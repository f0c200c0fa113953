#include "compiler/Conversion/Schedule.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

#include <queue>

using namespace mlir;

namespace nnc {

namespace {
struct Node {
  SmallVector<unsigned> successors;
  unsigned waitsFor = 0;
  bool update = false;
};
} // namespace

/// Does `to` run after `from` in any order?
static bool reaches(ArrayRef<Node> nodes, unsigned from, unsigned to) {
  SmallVector<unsigned> work{from};
  llvm::DenseSet<unsigned> seen;
  while (!work.empty()) {
    unsigned node = work.pop_back_val();
    if (node == to)
      return true;
    for (unsigned next : nodes[node].successors)
      if (seen.insert(next).second)
        work.push_back(next);
  }
  return false;
}

SmallVector<Operation *> scheduleKernels(BufferAnalysis &analysis, ArrayRef<Update> updates,
                                         unsigned &offender) {
  ArrayRef<Operation *> kernels = analysis.kernels;
  DenseMap<Operation *, unsigned> numbers;
  for (auto [i, kernel] : llvm::enumerate(kernels))
    numbers[kernel] = i;
  SmallVector<Node> nodes(kernels.size());
  auto edge = [&](unsigned from, unsigned to) {
    nodes[from].successors.push_back(to);
    ++nodes[to].waitsFor;
  };

  llvm::MapVector<unsigned, SmallVector<unsigned>> readers; // of each storage
  for (auto [i, kernel] : llvm::enumerate(kernels)) {
    for (Value operand : kernel->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        if (Operation *producer = producerOf(operand))
          edge(numbers[producer], i);
    for (Value tensor : tensorsRead(kernel)) {
      readers[analysis.memory(tensor).storage].push_back(i);
      if (Operation *producer = producerOf(tensor))
        edge(numbers[producer], i);
    }
  }
  for (auto [number, update] : llvm::enumerate(updates)) {
    unsigned writer = numbers[update.writer];
    nodes[writer].update = true;
    if (!update.argument)
      continue;
    for (unsigned reader : readers[analysis.memory(update.argument).storage]) {
      if (reader == writer)
        continue;
      if (reaches(nodes, writer, reader)) {
        offender = number;
        return {};
      }
      edge(reader, writer);
    }
  }

  using Queue = std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>>;
  Queue ready, readyUpdates;
  auto release = [&](unsigned node) { (nodes[node].update ? readyUpdates : ready).push(node); };
  for (unsigned i = 0; i < nodes.size(); ++i)
    if (nodes[i].waitsFor == 0)
      release(i);
  SmallVector<Operation *> order;
  while (!ready.empty() || !readyUpdates.empty()) {
    Queue &queue = readyUpdates.empty() ? ready : readyUpdates;
    unsigned node = queue.top();
    queue.pop();
    order.push_back(kernels[node]);
    for (unsigned next : nodes[node].successors)
      if (--nodes[next].waitsFor == 0)
        release(next);
  }
  return order;
}

} // namespace nnc
