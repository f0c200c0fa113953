// Plans each kernel for one thread and for several, counts the transfers between caches, and
// chooses for each function whether its kernels share their loops.
#include "compiler/loops/KernelPlanner.h"

#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/analysis/BlockLayout.h"
#include "compiler/dialect/NN.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace nnc {

const ContractionTiling &TilingCache::tiling(const ContractionProblem &problem) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << problem.elementBits() << ' ' << problem.startA << ' ' << problem.startB
         << problem.accumulate << problem.usesResult;
  for (const auto *group : {&problem.batch, &problem.m, &problem.n, &problem.k}) {
    stream << ';';
    for (const ContractionDim &dim : *group) {
      stream << ' ' << dim.extent << ',' << dim.a << ',' << dim.b << ',' << dim.c;
      for (int64_t stride : dim.companions)
        stream << ',' << stride;
    }
  }
  for (const ZeroBorder &border : problem.borders)
    stream << '|' << border.group << ',' << border.outer << ',' << border.reduction << ','
           << border.interior.scale << ',' << border.interior.step << ',' << border.interior.low
           << ',' << border.interior.high;
  auto [entry, isNew] = known.try_emplace(key);
  if (isNew)
    entry->second = chooseTiling(problem, target, target.threads);
  return entry->second;
}

/// The element-wise kernel that assign-arena has put behind a contraction to be computed on its
/// tiles.
static linalg::LinalgOp epilogueOf(linalg::LinalgOp contraction) {
  auto next = dyn_cast_or_null<linalg::LinalgOp>(contraction->getNextNode());
  if (!next || !next->hasAttr(epilogueAttrName) || !isEpilogue(contraction, next))
    return {};
  return next;
}

/// Whether the contraction keeps its result in memory: because another kernel reads it, or because
/// the epilogue's result goes to the same place, where partial sums may be kept as well.
static bool usesResult(linalg::LinalgOp contraction, linalg::LinalgOp epilogue, bool accumulate) {
  return accumulate || !epilogue || !contraction->hasAttr(consumedAttrName) ||
         llvm::is_contained(epilogue.getDpsInits(), contraction.getDpsInits()[0]);
}

double KernelPlanner::transferCycles(const Access &access, Division division) const {
  // Bytes beyond the other core's cache come from the shared cache or memory for both threads.
  double bytes =
      std::min(affinity.remoteBytes(access, division), static_cast<double>(target.l2Bytes));
  // Parameters are handed back in the next step.
  if (auto block = dyn_cast<BlockArgument>(access.block); block && block.getArgNumber() == 0)
    bytes *= 2;
  // To write a line that others have read takes it away from them first.
  const double cycles = bytes / target.remoteBytesPerCycle * (access.write ? 2 : 1);
  if (!access.write || division.kind != Division::Parts)
    return cycles;
  // Where parts of two threads meet, they write one line or prefetch each other's.
  return cycles +
         target.sharedLineCycles * static_cast<double>((access.end - access.begin) / division.span);
}

ContractionKernel KernelPlanner::planContraction(linalg::LinalgOp op) {
  ContractionKernel kernel;
  kernel.op = op;
  kernel.epilogue = epilogueOf(op);
  const bool accumulate = !starts.contains({op, 0});
  describeKernel(kernel, accumulate, usesResult(op, kernel.epilogue, accumulate));
  const SmallVector<Access> accesses = operandAccesses(kernel);
  const int64_t bytes = kernel.problem.elementBits() / 8;
  kernel.tiling = tilings.tiling(kernel.problem);
  auto division = [&](const SharedLoop &shared, size_t access) {
    // The spans are those of A, B, C, used or not, and the companions.
    const size_t operand = access < 2 || kernel.operands.c ? access : access + 1;
    return Division::parts(operand < shared.spans.size() ? shared.spans[operand] * bytes : 0,
                           shared.first);
  };
  const double cycles = chooseSplit(
      kernel.tiling, kernel.problem, target, target.threads, [&](const SharedLoop &shared) {
        double transfers = 0;
        for (auto [index, access] : llvm::enumerate(accesses))
          transfers += transferCycles(access, division(shared, index));
        return transfers;
      });
  kernel.everyThread = kernel.tiling.estimatedCycles >= TargetDescription::leastSharedCycles &&
                       kernel.tiling.split != ThreadSplit::None;
  aloneCycles += kernel.tiling.estimatedCycles;
  sharedCycles +=
      kernel.everyThread ? cycles + target.meetingCycles() : kernel.tiling.estimatedCycles;
  const SharedLoop shared = sharedLoop(kernel.problem, kernel.tiling);
  for (auto [index, access] : llvm::enumerate(accesses))
    affinity.record(access,
                    kernel.everyThread ? division(shared, index) : Division{Division::FirstThread});
  mostScratch = std::max(mostScratch, alignToBlock(kernel.tiling.scratchBytes));
  return kernel;
}

LogicalResult KernelPlanner::planNest(linalg::LinalgOp op) {
  FailureOr<KernelNest> nest = describeNest(op, memory);
  if (failed(nest))
    return op.emitOpError("cannot be lowered: needs linear indexing maps");
  SmallVector<std::pair<const NestOperand *, Access>> accesses;
  auto add = [&](const NestOperand &operand, bool write) {
    if (operand.memory)
      accesses.push_back({&operand, wholeAccess(operand.memref, write)});
  };
  for (const NestOperand &input : nest->inputs)
    add(input, false);
  for (const NestOperand &output : nest->outputs)
    add(output, true);
  auto division = [&](const NestOperand &operand, unsigned dimension) {
    const int64_t bytes = (operand.elementType.getIntOrFloatBitWidth() + 7) / 8;
    return Division::parts(std::abs(operand.form.strides[dimension]) *
                           nest->dimensions[dimension].extent * bytes);
  };
  auto transfers = [&](unsigned dimension) {
    double cycles = 0;
    for (auto &[operand, access] : accesses)
      cycles += transferCycles(access, division(*operand, dimension));
    return cycles;
  };
  KernelPlan plan = planKernel(*nest, target, transfers);
  const bool everyThread = plan.partitionLoop.has_value();
  aloneCycles += plan.cycles;
  sharedCycles += plan.cycles;
  if (everyThread)
    sharedCycles += target.meetingCycles() + transfers(plan.order[*plan.partitionLoop]) -
                    plan.cycles * (1 - 1.0 / target.threads);
  for (auto &[operand, access] : accesses)
    affinity.record(access, everyThread ? division(*operand, plan.order[*plan.partitionLoop])
                                        : Division{Division::FirstThread});
  nests.try_emplace(op, NestKernel{std::move(*nest), std::move(plan), everyThread});
  return success();
}

LogicalResult KernelPlanner::plan(ArrayRef<Operation *> kernels, bool threaded) {
  DenseSet<Operation *> epilogues;
  for (Operation *kernel : kernels) {
    auto op = dyn_cast<linalg::LinalgOp>(kernel);
    if (!op || epilogues.contains(kernel))
      continue;
    for (Type type : op->getOperandTypes())
      if (auto shaped = dyn_cast<ShapedType>(type); shaped && !nn::isUsable(shaped))
        return op.emitOpError("cannot be lowered: has the operand ")
               << type << ", which has no static shape with elements, or too many";
    if (succeeded(matchContraction(op))) {
      ContractionKernel contraction = planContraction(op);
      if (contraction.epilogue)
        epilogues.insert(contraction.epilogue);
      contractions.try_emplace(kernel, std::move(contraction));
    } else if (failed(planNest(op))) {
      return failure();
    }
  }
  if (threaded && sharedCycles < aloneCycles)
    return success();
  for (auto &[operation, kernel] : contractions)
    kernel.everyThread = false;
  for (auto &[operation, kernel] : nests)
    kernel.everyThread = false;
  return success();
}

std::string KernelPlanner::describeThreads() const {
  if (target.threads == 1)
    return llvm::formatv("one thread: about {0:f0} cycles", aloneCycles);
  return llvm::formatv("{0} of {1} threads: about {2:f0} cycles on one, {3:f0} on {1}",
                       sharedCycles < aloneCycles ? target.threads : 1, target.threads, aloneCycles,
                       sharedCycles);
}

ContractionKernel *KernelPlanner::contraction(Operation *operation) {
  auto found = contractions.find(operation);
  return found == contractions.end() ? nullptr : &found->second;
}

bool KernelPlanner::isShared(Operation *operation) {
  if (ContractionKernel *kernel = contraction(operation))
    return kernel->everyThread;
  NestKernel *kernel = nest(operation);
  return kernel && kernel->everyThread;
}

NestKernel *KernelPlanner::nest(Operation *operation) {
  auto found = nests.find(operation);
  return found == nests.end() ? nullptr : &found->second;
}

} // namespace nnc
