// The steps of k that a register tile needs where an operand has a border of zeros: Bounds::steps,
// in loops.
#include "compiler/kernels/contraction/ContractionEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace nnc::contraction {

ReductionRange ContractionEmitter::countedSteps(const ReductionRange &range) {
  if (!tiling.skipsBorders)
    return range;
  ReductionRange counted = range;
  auto most = [&](Value a, Value b) {
    return emit.builder.createOrFold<arith::MaxSIOp>(emit.loc, a, b);
  };
  auto least = [&](Value a, Value b) {
    return emit.builder.createOrFold<arith::MinSIOp>(emit.loc, a, b);
  };
  const Value zero = emit.index(0);
  for (auto [level, dim] : llvm::enumerate(nest.reduction)) {
    counted.skipped.push_back(zero);
    auto position = positions.find(dim.bounds.outer);
    if (!dim.bounds || position == positions.end())
      continue;
    const Bounds &bounds = dim.bounds;
    const Interior &interior = bounds.interior;
    auto [first, extent] = position->second;
    Value low = emit.mul(first, interior.scale),
          high = emit.add(low, (extent - 1) * interior.scale);
    if (interior.scale < 0)
      std::swap(low, high);
    // Differences may be negative; dividends are not.
    const Value below = most(emit.sub(emit.index(interior.low), high), zero);
    const Value above = most(emit.sub(emit.index(interior.high - 1 + interior.step), low), zero);
    const Value step = emit.index(interior.step);
    Value from = emit.mul(emit.floorDiv(emit.add(below, interior.step - 1), step), bounds.inner);
    Value to = least(emit.mul(emit.floorDiv(above, step), bounds.inner), emit.index(dim.extent));
    if (!range.starts.empty()) {
      from = most(emit.sub(from, range.starts[level]), zero);
      to = emit.sub(to, range.starts[level]);
    }
    to = least(to, range.counts[level]);
    counted.skipped.back() = from;
    counted.counts[level] = most(emit.sub(to, from), zero);
  }
  return counted;
}

} // namespace nnc::contraction
