// Estimates the bytes that a thread reads from another core's cache, from the divisions by
// which kernels last wrote the memory and have read it since.
#include "compiler/loops/CacheAffinity.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace nnc {

/// Bytes of `bytes` that one of two threads finds in the other's cache, if kernels divided the
/// range as `had` and the next one divides it as `wanted`.
static double remotePart(double bytes, Division had, Division wanted) {
  if (had.kind == Division::Everyone)
    return 0;
  if (had.kind == Division::FirstThread)
    return wanted.kind == Division::Everyone ? bytes : bytes / 2;
  if (wanted.kind == Division::Everyone)
    return bytes / 2;
  // Spans that differ little end nearly in one place; of others half is elsewhere.
  const double least = static_cast<double>(std::min(had.span, wanted.span)),
               most = static_cast<double>(std::max(had.span, wanted.span));
  const double between = std::abs(had.first * static_cast<double>(had.span) -
                                  wanted.first * static_cast<double>(wanted.span)) /
                         most;
  return bytes * std::min(0.25, between + (1 - least / most) / 2);
}

static bool overlaps(const Access &access, Value block, int64_t begin, int64_t end) {
  return access.block == block && access.begin < end && begin < access.end;
}

double CacheAffinity::remoteBytes(const Access &access, Division division) const {
  const double bytes = static_cast<double>(access.end - access.begin);
  for (const Range &range : llvm::reverse(ranges)) {
    if (!overlaps(access, range.block, range.begin, range.end))
      continue;
    double least = bytes;
    for (Division had : range.divisions)
      least = std::min(least, remotePart(bytes, had, division));
    return least;
  }
  return division.kind == Division::Everyone ? bytes / 2 : 0;
}

void CacheAffinity::record(const Access &access, Division division) {
  if (!access.write)
    for (Range &range : llvm::reverse(ranges))
      if (overlaps(access, range.block, range.begin, range.end)) {
        range.divisions.push_back(division);
        return;
      }
  ranges.push_back({access.block, access.begin, access.end, {division}});
}

} // namespace nnc
