// Greedy best-fit placement of buffers, the lower bound, and the check of a plan.
#include "compiler/memory/MemoryPlanner.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

using namespace mlir;

namespace nnc {

static bool aliveTogether(const BufferRequest &left, const BufferRequest &right) {
  return left.first <= right.last && right.first <= left.last;
}

static MemoryPlan placeInOrder(ArrayRef<BufferRequest> requests, ArrayRef<unsigned> order) {
  MemoryPlan plan;
  plan.offsets.assign(requests.size(), 0);
  SmallVector<unsigned> placed; // by offset
  for (unsigned index : order) {
    int64_t bytes = alignToBlock(requests[index].bytes);
    int64_t bestOffset = -1, bestGap = std::numeric_limits<int64_t>::max(), end = 0;
    for (unsigned other : placed) {
      if (!aliveTogether(requests[index], requests[other]))
        continue;
      int64_t gap = plan.offsets[other] - end;
      if (gap >= bytes && gap < bestGap) {
        bestGap = gap;
        bestOffset = end;
      }
      end = std::max(end, plan.offsets[other] + alignToBlock(requests[other].bytes));
    }
    plan.offsets[index] = bestOffset >= 0 ? bestOffset : end;
    plan.bytes = std::max(plan.bytes, plan.offsets[index] + bytes);
    auto position = llvm::upper_bound(placed, index, [&](unsigned left, unsigned right) {
      return plan.offsets[left] < plan.offsets[right];
    });
    placed.insert(position, index);
  }
  return plan;
}

MemoryPlan planMemory(ArrayRef<BufferRequest> requests) {
  using Key = std::function<std::pair<double, double>(const BufferRequest &)>;
  auto size = [](const BufferRequest &request) { return double(request.bytes); };
  auto life = [](const BufferRequest &request) { return double(request.last - request.first + 1); };
  const Key keys[] = {
      [&](const BufferRequest &r) { return std::pair(-size(r), double(r.first)); },
      [&](const BufferRequest &r) { return std::pair(-size(r) * life(r), double(r.first)); },
      [&](const BufferRequest &r) { return std::pair(-life(r), -size(r)); },
      [&](const BufferRequest &r) { return std::pair(double(r.first), -size(r)); },
      [&](const BufferRequest &r) { return std::pair(-double(r.last), -size(r)); },
  };
  int64_t bound = largestLiveSum(requests);
  MemoryPlan best;
  best.bytes = std::numeric_limits<int64_t>::max();
  SmallVector<unsigned> order(requests.size());
  for (const Key &key : keys) {
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](unsigned left, unsigned right) {
      return key(requests[left]) < key(requests[right]);
    });
    MemoryPlan plan = placeInOrder(requests, order);
    if (plan.bytes < best.bytes)
      best = std::move(plan);
    if (best.bytes == bound)
      break;
  }
  return best;
}

int64_t largestLiveSum(ArrayRef<BufferRequest> requests) {
  std::map<int64_t, int64_t> changes;
  for (const BufferRequest &request : requests) {
    changes[request.first] += alignToBlock(request.bytes);
    changes[request.last + 1] -= alignToBlock(request.bytes);
  }
  int64_t alive = 0, most = 0;
  for (auto [position, change] : changes)
    most = std::max(most, alive += change);
  return most;
}

LogicalResult verifyPlan(ArrayRef<BufferRequest> requests, const MemoryPlan &plan,
                         std::string &error) {
  auto fail = [&](std::string message) {
    error = std::move(message);
    return failure();
  };
  SmallVector<unsigned> order(requests.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](unsigned left, unsigned right) {
    return plan.offsets[left] < plan.offsets[right];
  });
  for (unsigned i = 0; i < order.size(); ++i) {
    unsigned index = order[i];
    int64_t offset = plan.offsets[index], end = offset + alignToBlock(requests[index].bytes);
    if (offset < 0 || offset % blockAlignment != 0 || end > plan.bytes)
      return fail("buffer " + std::to_string(index) + " is misaligned or outside of the block");
    for (unsigned j = i + 1; j < order.size() && plan.offsets[order[j]] < end; ++j)
      if (aliveTogether(requests[index], requests[order[j]]))
        return fail("buffers " + std::to_string(index) + " and " + std::to_string(order[j]) +
                    " are alive at the same time and overlap");
  }
  return success();
}

} // namespace nnc
