// Chooses the loop that vectors run along, the order of the loops, and the loop that threads
// share, by a count of cycles.
#include "compiler/kernels/nest/KernelPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <limits>
#include <numeric>

using namespace mlir;

namespace nnc {

double operationCycles(Operation *operation, int64_t lanes) {
  if (isa<arith::ConstantOp>(operation))
    return 0;
  Type type = operation->getNumResults() ? operation->getResult(0).getType() : Type();
  bool isDouble = type && type.isF64();
  // Functions of f64 are library calls, one lane after the other.
  auto function = [&](double vectorCycles) { return isDouble ? 50.0 * lanes : vectorCycles; };
  return llvm::TypeSwitch<Operation *, double>(operation)
      .Case<math::AbsFOp, math::FmaOp, math::CopySignOp, math::FloorOp, math::CeilOp,
            math::RoundEvenOp>([](auto) { return 1.0; })
      .Case<math::SqrtOp, math::RsqrtOp, arith::DivFOp>([](auto) { return 12.0; })
      .Case<math::PowFOp>([&](auto) { return function(60.0); })
      .Case<arith::RemFOp>([&](auto) { return 30.0 * lanes; })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(
          [&](auto) { return 20.0 * lanes; })
      .Case<arith::MulIOp>(
          [&](arith::MulIOp multiply) { return multiply.getType().isInteger(64) ? 6.0 : 2.0; })
      .Case<memref::LoadOp>([&](auto) { return double(lanes); })
      .Default([&](Operation *other) {
        return isa<math::MathDialect>(other->getDialect()) ? function(30.0) : 1.0;
      });
}

static bool isVectorizable(const KernelNest &nest) {
  return llvm::all_of(nest.body, [](Operation *operation) {
    if (isa<memref::LoadOp, arith::ConstantOp>(operation))
      return true;
    return OpTrait::hasElementwiseMappableTraits(operation) &&
           llvm::all_of(operation->getResultTypes(),
                        [](Type type) { return isa<FloatType, IntegerType, IndexType>(type); });
  });
}

static double bodyCycles(const KernelNest &nest, int64_t lanes) {
  double cycles = 0;
  for (Operation *operation : nest.body)
    cycles += operationCycles(operation, lanes);
  return cycles + nest.reductions.size();
}

/// Bits of the widest element that is touched at every lane.
static unsigned widestElement(const KernelNest &nest, unsigned dimension) {
  unsigned bits = 0;
  auto consider = [&](const NestOperand &operand) {
    if (operand.form.strides[dimension] != 0)
      bits = std::max(bits, operand.elementType.getIntOrFloatBitWidth());
  };
  llvm::for_each(nest.inputs, consider);
  llvm::for_each(nest.outputs, consider);
  // Bytes are handled in the company of 32-bit values: masks, labels.
  return std::max(bits, 32u);
}

/// Cycles of the whole nest with lanes along `dimension`; of a scalar nest without.
static double nestCycles(const KernelNest &nest, std::optional<unsigned> dimension, int64_t lanes) {
  double rows = 1, parallelRows = 1;
  for (auto [i, dim] : llvm::enumerate(nest.dimensions)) {
    if (dimension == i)
      continue;
    rows *= dim.extent;
    if (!dim.reduction)
      parallelRows *= dim.extent;
  }
  if (!dimension)
    return rows * (bodyCycles(nest, 1) + nest.inputs.size() + nest.outputs.size() + 1);

  const NestDimension &along = nest.dimensions[*dimension];
  double steps = rows * llvm::divideCeil(along.extent, lanes);
  auto access = [&](const NestOperand &operand) {
    int64_t stride = operand.form.strides[*dimension];
    return stride == 0 ? 0.5 : stride == 1 ? 1.0 : stride == -1 ? 2.0 : 1.5 * lanes;
  };
  double perStep = bodyCycles(nest, lanes) + 0.5, perResult = 0;
  for (const NestOperand &input : nest.inputs)
    perStep += access(input);
  for (const NestOperand &output : nest.outputs)
    (nest.reductions.empty() ? perStep : perResult) += access(output);
  double results = parallelRows;
  if (along.reduction)
    perResult += 4 * llvm::Log2_64_Ceil(lanes) * nest.outputs.size();
  else
    results *= llvm::divideCeil(along.extent, lanes);
  return steps * perStep + results * perResult;
}

/// Parallel loops by how far they move through the outputs, then reductions by how far they move
/// through the inputs, so that memory is walked in order.
static SmallVector<unsigned> loopOrder(const KernelNest &nest, std::optional<unsigned> vector) {
  SmallVector<unsigned> order(nest.dimensions.size());
  std::iota(order.begin(), order.end(), 0);
  auto distance = [&](ArrayRef<NestOperand> operands, unsigned dimension) {
    int64_t total = 0;
    for (const NestOperand &operand : operands)
      total += std::abs(operand.form.strides[dimension]);
    return total;
  };
  auto key = [&](unsigned dimension) {
    bool reduction = nest.dimensions[dimension].reduction;
    bool last = vector == dimension;
    int64_t outer = distance(reduction ? ArrayRef(nest.inputs) : ArrayRef(nest.outputs), dimension);
    return std::make_tuple(reduction, last, -outer, -distance(nest.inputs, dimension));
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](unsigned left, unsigned right) { return key(left) < key(right); });
  return order;
}

static bool hasIntegerDivision(const KernelNest &nest) {
  return llvm::any_of(nest.body, [](Operation *operation) {
    return isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(operation);
  });
}

/// The last vector may compute, and store, lanes that do not exist: every buffer owns them, and no
/// operation traps on what they hold.
static bool tailFitsPadding(const KernelNest &nest) {
  if (nest.dimensions.size() != 1 || nest.hasReductionLoops() || hasIntegerDivision(nest) ||
      llvm::any_of(nest.body, [](Operation *operation) { return isa<memref::LoadOp>(operation); }))
    return false;
  auto fits = [](const NestOperand &operand) {
    int64_t stride = operand.form.strides[0];
    return stride == 0 || (stride == 1 && operand.padded && operand.form.offset == 0);
  };
  return llvm::all_of(nest.inputs, fits) &&
         llvm::all_of(nest.outputs, [&](const NestOperand &output) {
           return fits(output) && output.form.strides[0] == 1;
         });
}

static void chooseVectors(const KernelNest &nest, const TargetDescription &target,
                          KernelPlan &plan) {
  unsigned dimension = plan.order[*plan.vectorLoop];
  const NestDimension &along = nest.dimensions[dimension];
  int64_t vectors = llvm::divideCeil(along.extent, plan.lanes);
  double cycles = bodyCycles(nest, plan.lanes);
  // Accumulators hide the latency of the combination, and columns that are summed side by side share
  // the way to their row; elsewhere only the loop's own cost is shared.
  int64_t most = nest.hasReductionLoops() ? (cycles <= 4 && !along.reduction ? 8
                                             : cycles <= 24                  ? 4
                                                                             : 2)
                 : cycles <= 8            ? 4
                 : cycles <= 24           ? 2
                                          : 1;
  plan.copies = std::min(most, std::max<int64_t>(vectors, 1));
  if (along.extent % plan.lanes == 0)
    plan.tail = TailForm::None;
  else if (tailFitsPadding(nest))
    plan.tail = TailForm::Padded;
  else if (target.hasMaskedLoads && cycles > 40 && along.extent > plan.lanes && !along.reduction) {
    plan.tail = TailForm::Masked;
    plan.copies = 1;
  } else {
    plan.tail = TailForm::Peeled;
    plan.copies = std::max<int64_t>(1, std::min(plan.copies, along.extent / plan.lanes));
  }
}

/// A partition should suit the threads that are planned for, and more of them.
static int64_t manyThreads(const TargetDescription &target) {
  return std::max<int64_t>(16, target.threads);
}

/// The largest share of `units` that one of `threads` gets.
static double largestShare(int64_t units, int64_t threads) {
  return static_cast<double>(llvm::divideCeil(units, threads)) / units;
}

/// Sets the partition if the work is worth it: the loop whose units divide evenly, and along which
/// the operands have been divided before. The outermost of equals, since it keeps each thread's
/// share of memory in one piece.
static void choosePartition(const KernelNest &nest, const TargetDescription &target,
                            KernelPlan &plan, PartitionTransfer transfer) {
  plan.partitionLoop.reset();
  if (plan.cycles < TargetDescription::leastSharedCycles)
    return;
  double least = std::numeric_limits<double>::infinity();
  for (auto [position, dimension] : llvm::enumerate(plan.order)) {
    if (nest.dimensions[dimension].reduction)
      break;
    const int64_t unitSize = plan.vectorLoop == position ? plan.lanes * plan.copies : 1;
    const int64_t units = llvm::divideCeil(nest.dimensions[dimension].extent, unitSize);
    if (units == 1)
      continue;
    // In the mean of both numbers of threads. A loop inside others has its share of each of their
    // iterations.
    const double share =
        (largestShare(units, target.threads) + largestShare(units, manyThreads(target))) / 2;
    const double cost = plan.cycles * share * (position == 0 ? 1 : 1.05) + transfer(dimension);
    if (cost >= least)
      continue;
    least = cost;
    plan.partitionLoop = position;
    plan.partitionUnits = units;
    plan.unitSize = unitSize;
  }
}

/// Divides vectors that threads share, and of which there are but a few, into finer units. Sums of
/// columns get slower by that: each unit goes through all rows.
static void refineUnits(const KernelNest &nest, const TargetDescription &target, KernelPlan &plan,
                        PartitionTransfer transfer) {
  constexpr double rowCycles = 4; // of a line that no prefetcher brings, beside a cycle a vector
  const bool sumsColumns =
      nest.hasReductionLoops() && !nest.dimensions[plan.order[*plan.vectorLoop]].reduction;
  KernelPlan best = plan;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t copies = plan.copies; copies > 0; copies /= 2) {
    KernelPlan finer = plan;
    finer.copies = copies;
    choosePartition(nest, target, finer, transfer);
    const double ofVector = sumsColumns ? rowCycles / static_cast<double>(copies) + 1 : 1;
    const double cost = ofVector * (largestShare(finer.partitionUnits, target.threads) +
                                    largestShare(finer.partitionUnits, manyThreads(target)));
    if (cost >= least)
      continue;
    least = cost;
    best = std::move(finer);
  }
  plan = std::move(best);
}

KernelPlan planKernel(const KernelNest &nest, const TargetDescription &target,
                      PartitionTransfer transfer) {
  KernelPlan plan;
  plan.masksStores = target.hasMaskedStores;
  plan.cycles = nestCycles(nest, std::nullopt, 1);
  std::optional<unsigned> vector;
  // An output that is updated in memory at every step of a summed loop would be updated by several
  // of its lanes at once.
  bool updatesInMemory = nest.hasReductionLoops() && nest.reductions.empty();
  if (isVectorizable(nest)) {
    for (unsigned dimension = 0; dimension < nest.dimensions.size(); ++dimension) {
      if (updatesInMemory && nest.dimensions[dimension].reduction)
        continue;
      int64_t lanes = target.lanes(widestElement(nest, dimension));
      if (lanes == 1)
        continue;
      // Two iterations of a parallel loop never write one element, so a stride is never zero there.
      double cycles = nestCycles(nest, dimension, lanes);
      if (cycles >= plan.cycles)
        continue;
      plan.cycles = cycles;
      plan.lanes = lanes;
      vector = dimension;
    }
  }
  plan.order = loopOrder(nest, vector);
  if (vector) {
    plan.vectorLoop = llvm::find(plan.order, *vector) - plan.order.begin();
    chooseVectors(nest, target, plan);
  }
  choosePartition(nest, target, plan, transfer);
  if (plan.partitionLoop && plan.partitionLoop == plan.vectorLoop && plan.copies > 1 &&
      plan.partitionUnits < manyThreads(target))
    refineUnits(nest, target, plan, transfer);
  return plan;
}

} // namespace nnc
