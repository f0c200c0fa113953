// Compares the accesses of a kernel with those since the last barrier.
#include "compiler/loops/Barriers.h"

#include <limits>

using namespace mlir;

namespace nnc {

bool BarrierTracker::conflicts(ArrayRef<Access> accesses) const {
  for (const Access &access : accesses)
    for (const Access &earlier : since) {
      if (!access.write && !earlier.write)
        continue;
      if (access.block != earlier.block || access.begin >= earlier.end ||
          earlier.begin >= access.end)
        continue;
      if (access.ownership.kind == Ownership::Everyone || access.ownership != earlier.ownership)
        return true;
    }
  return false;
}

bool BarrierTracker::isOfFirstThread() const {
  return llvm::all_of(
      since, [](const Access &access) { return access.ownership.kind == Ownership::FirstThread; });
}

void BarrierTracker::widen() {
  for (Access &access : since) {
    access.begin = 0;
    access.end = std::numeric_limits<int64_t>::max();
  }
}

void BarrierTracker::record(ArrayRef<Access> accesses) { llvm::append_range(since, accesses); }

} // namespace nnc
