// Compares the accesses of a kernel with those since the last barrier.
#include "compiler/loops/Barriers.h"

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

void BarrierTracker::record(ArrayRef<Access> accesses) { llvm::append_range(since, accesses); }

} // namespace nnc
