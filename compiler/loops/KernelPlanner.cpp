// Plans each kernel for one thread and for several, counts the transfers between caches, and
// chooses for each function whether its kernels share their loops.
#include "compiler/loops/KernelPlanner.h"

#include "compiler/analysis/EpilogueLegality.h"
#include "compiler/analysis/PrologueLegality.h"
#include "compiler/analysis/BlockLayout.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/dialect/NN.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace nnc {

const ContractionTiling &TilingCache::tiling(const ContractionProblem &problem) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << problem.elementBits() << ' ' << problem.startA << ' ' << problem.startB
         << problem.accumulate << problem.usesResult << ' ' << problem.timesA << ' '
         << problem.timesB << ' ' << problem.rowUnit << problem.rowsAreN << ' ' << problem.cyclesA
         << ' ' << problem.cyclesB;
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

/// The element-wise kernels that assign-arena has put behind a contraction: its epilogue, then its
/// prologues.
static SmallVector<linalg::LinalgOp> markedBehind(linalg::LinalgOp contraction) {
  SmallVector<linalg::LinalgOp> marked;
  auto next = dyn_cast_or_null<linalg::LinalgOp>(contraction->getNextNode());
  auto take = [&] {
    marked.push_back(next);
    next = dyn_cast_or_null<linalg::LinalgOp>(next->getNextNode());
  };
  if (next && next->hasAttr(epilogueAttrName) && isEpilogue(contraction, next))
    take();
  while (next && next->hasAttr(prologueAttrName))
    take();
  return marked;
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

ContractionKernel KernelPlanner::describeContraction(linalg::LinalgOp op) const {
  ContractionKernel kernel;
  kernel.op = op;
  addMarked(kernel, markedBehind(op));
  const bool accumulate = !starts.contains({op, 0});
  describeKernel(kernel, accumulate, usesResult(op, kernel.epilogue, accumulate));
  return kernel;
}

void KernelPlanner::insertParts(const ContractionKernel &kernel) {
  if (kernel.epilogue)
    parts.insert(kernel.epilogue);
  parts.insert(kernel.prologues.begin(), kernel.prologues.end());
}

void KernelPlanner::planContraction(ContractionKernel kernel) {
  const SmallVector<Access> accesses = operandAccesses(kernel);
  const int64_t bytes = kernel.problem.elementBits() / 8;
  kernel.tiling = tilings.tiling(kernel.problem);
  auto division = [&](const SharedLoop &shared, size_t access) {
    // The spans are those of A, B, C, used or not, and the companions.
    const size_t operand = access < 2 || kernel.operands.c ? access : access + 1;
    return Division::parts(operand < shared.spans.size() ? shared.spans[operand] * bytes : 0,
                           shared.first);
  };
  // In a loop, panels stay in the caches of the threads that read them.
  const bool panels = kernel.tiling.panelsBefore;
  const size_t packed = kernel.tiling.swapped ? 0 : 1;
  auto transfers = [&](const SharedLoop &shared) {
    double total = 0;
    for (auto [index, access] : llvm::enumerate(accesses))
      if (!panels || index != packed)
        total += transferCycles(access, division(shared, index));
    return total;
  };
  double cycles = chooseSplit(kernel.tiling, kernel.problem, target, target.threads, transfers);
  if (panels)
    cycles = std::min(cycles, partCycles(kernel.tiling, kernel.problem, target, target.threads,
                                         kernel.tiling.split) +
                                  transfers(sharedLoop(kernel.problem, kernel.tiling)));
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
  contractions.try_emplace(kernel.op, std::move(kernel));
}

void KernelPlanner::planAttentionKernel(linalg::LinalgOp op) {
  const AttentionKernelParts parts = readAttention(op);
  AttentionKernel kernel;
  kernel.plan = planAttention(parts, target);
  // A thread has units that follow each other: parts of the outermost dimension of the batch.
  const AttentionOperands operands(parts);
  SmallVector<std::pair<Access, Division>> accesses;
  double transfers = 0;
  for (auto [number, memory] : llvm::enumerate(operands.memrefs)) {
    auto type = dyn_cast<MemRefType>(memory.getType());
    if (!type)
      continue;
    Access access = wholeAccess(memory, number >= operands.firstOutput);
    const int64_t span =
        parts.batchLoops == 0 || kernel.plan.partsOfUnit > 1
            ? 0
            : operands.stride(number, 0) * parts.extents()[0] * elementBytes(type.getElementType());
    Division division = Division::parts(span);
    transfers += transferCycles(access, division);
    accesses.push_back({access, division});
  }
  const double alone = kernel.plan.cycles;
  // Of the five products of a gradient, parts of a unit take two twice.
  const double inParts = parts.isGradient && kernel.plan.partsOfUnit > 1 ? 1.4 : 1;
  const auto parallel = static_cast<double>(
      std::min<int64_t>(kernel.plan.units * kernel.plan.partsOfUnit, target.threads));
  const double shared = alone * inParts / parallel + transfers + target.meetingCycles();
  kernel.everyThread =
      alone >= TargetDescription::leastSharedCycles && parallel > 1 && shared < alone;
  aloneCycles += alone;
  sharedCycles += kernel.everyThread ? shared : alone;
  for (auto &[access, division] : accesses)
    affinity.record(access, kernel.everyThread ? division : Division{Division::FirstThread});
  mostScratch = std::max(mostScratch, alignToBlock(kernel.plan.scratchBytes));
  attentions.try_emplace(op, std::move(kernel));
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

LogicalResult KernelPlanner::planKernels(ArrayRef<Operation *> kernels) {
  for (Operation *kernel : kernels) {
    auto op = dyn_cast<linalg::LinalgOp>(kernel);
    if (!op || parts.contains(kernel))
      continue;
    if (isAttention(kernel)) {
      planAttentionKernel(op);
    } else if (auto found = contractions.find(kernel); found != contractions.end()) {
      // describeLoop has described it.
      ContractionKernel described = std::move(found->second);
      contractions.erase(found);
      planContraction(std::move(described));
    } else if (succeeded(matchContraction(op))) {
      ContractionKernel contraction = describeContraction(op);
      insertParts(contraction);
      planContraction(std::move(contraction));
    } else if (failed(planNest(op))) {
      return failure();
    }
  }
  return success();
}

//===-- Loops over steps ----------------------------------------------------------------------===//

/// Describes the contractions of a loop, and finds the operands that the loop does not write.
void KernelPlanner::describeLoop(ArrayRef<Operation *> kernels) {
  SmallVector<Access> writes;
  for (Operation *kernel : kernels)
    if (auto op = dyn_cast<linalg::LinalgOp>(kernel)) {
      for (Value init : op.getDpsInits())
        writes.push_back(sweptAccess(kernel, init, true));
    } else {
      kernel->walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (isa<MemRefType>(operand.getType()))
            writes.push_back(sweptAccess(kernel, operand, true));
      });
    }
  for (Operation *kernel : kernels) {
    auto op = dyn_cast<linalg::LinalgOp>(kernel);
    if (!op || parts.contains(kernel) || failed(matchContraction(op)))
      continue;
    ContractionKernel contraction = describeContraction(op);
    insertParts(contraction);
    auto timesOfOperand = [&](Value memref) -> int64_t {
      const Access access = wholeAccess(memref, false), swept = sweptAccess(kernel, memref, false);
      bool stays = access.begin == swept.begin && access.end == swept.end &&
                   isa<BlockArgument>(access.block) &&
                   llvm::none_of(writes, [&](const Access &write) {
                     return write.block == access.block && write.begin < access.end &&
                            access.begin < write.end;
                   });
      return stays ? timesOf(kernel) : 1;
    };
    contraction.problem.timesA = timesOfOperand(contraction.operands.a);
    contraction.problem.timesB = timesOfOperand(contraction.operands.b);
    contractions.try_emplace(kernel, std::move(contraction));
  }
}

/// The number of rows, if threads can share the loop by rows; else 0. `rowLoops` gets the loops
/// over rows of kernels that are not contractions.
int64_t KernelPlanner::findRows(ArrayRef<Operation *> kernels,
                                DenseMap<Operation *, RowLoop> &rowLoops) {
  const int64_t rows = rowsOf(kernels);
  if (rows < 2)
    return 0;
  RowSharing sharing(rows);
  for (Operation *kernel : kernels) {
    auto op = dyn_cast<linalg::LinalgOp>(kernel);
    if (!op)
      return 0;
    if (parts.contains(kernel))
      continue;
    if (auto found = contractions.find(kernel); found != contractions.end()) {
      std::optional<bool> rowsAreN = sharing.add(found->second);
      if (!rowsAreN)
        return 0;
      found->second.problem.rowsAreN = *rowsAreN;
      continue;
    }
    FailureOr<KernelNest> nest = describeNest(op, memory);
    std::optional<RowLoop> loop;
    if (succeeded(nest))
      loop = sharing.add(*nest);
    if (!loop)
      return 0;
    rowLoops[kernel] = *loop;
  }
  return sharing.isPossible() ? rows : 0;
}

/// The rows of a register tile, and of a unit that threads share: the number with which the
/// contractions take the fewest cycles; 0 if rows cannot be shared.
int64_t KernelPlanner::chooseRowUnit(ArrayRef<Operation *> kernels, int64_t rows) {
  int64_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t unit : {4, 6, 8}) {
    if (unit >= rows)
      continue;
    double cycles = 0;
    for (Operation *kernel : kernels) {
      auto found = contractions.find(kernel);
      if (found == contractions.end())
        continue;
      ContractionProblem problem = found->second.problem;
      problem.rowUnit = unit;
      const ContractionTiling &tiling = tilings.tiling(problem);
      if (tiling.rowTile != unit || tiling.form != LaneForm::Columns) {
        cycles = std::numeric_limits<double>::infinity();
        break;
      }
      cycles += partCycles(tiling, problem, target, target.threads, ThreadSplit::Rows);
    }
    if (cycles < least) {
      least = cycles;
      best = unit;
    }
  }
  return best;
}

/// Divides a kernel that is not a contraction among threads by rows; false if a unit of rows does
/// not consist of whole vectors.
static bool divideRows(NestKernel &kernel, const RowLoop &loop, int64_t rows, int64_t unit) {
  KernelPlan &plan = kernel.plan;
  const int64_t iterations = unit * loop.iterations;
  plan.partitionLoop = llvm::find(plan.order, loop.dimension) - plan.order.begin();
  plan.unitSize = 1;
  if (plan.partitionLoop == plan.vectorLoop) {
    if (iterations % (plan.lanes * plan.copies) != 0)
      plan.copies = 1;
    plan.unitSize = plan.lanes * plan.copies;
  }
  plan.partitionUnits = llvm::divideCeil(rows * loop.iterations, plan.unitSize);
  kernel.everyThread = true;
  kernel.rowUnits = llvm::divideCeil(rows, unit);
  kernel.unitsOfRow = iterations / plan.unitSize;
  return iterations % plan.unitSize == 0;
}

/// The cycles of a step of a loop, the innermost of the `depth` outermost ones, if threads share
/// rows; infinite if a unit of rows does not consist of whole vectors. `divided` gets the kernels
/// that are not contractions, divided by rows.
double KernelPlanner::planRows(ArrayRef<Operation *> kernels, size_t depth,
                               const DenseMap<Operation *, RowLoop> &rowLoops, int64_t rows,
                               int64_t unit, std::vector<NestKernel> &divided) {
  const int64_t most = llvm::divideCeil(llvm::divideCeil(rows, unit), target.threads) * unit;
  const double share = std::min(1.0, static_cast<double>(most) / static_cast<double>(rows));
  double cycles = 0;
  for (Operation *kernel : kernels) {
    double times = 1;
    const StepLoops around = loopsOf(kernel);
    for (const StepLoop &inside : ArrayRef(around).drop_front(depth))
      times *= static_cast<double>(inside.steps);
    if (ContractionKernel *sums = contraction(kernel))
      cycles += times *
                partCycles(sums->tiling, sums->problem, target, target.threads, ThreadSplit::Rows);
    NestKernel *other = nest(kernel);
    if (!other)
      continue;
    cycles += times * other->plan.cycles * share;
    divided.push_back(*other);
    if (!divideRows(divided.back(), rowLoops.at(kernel), rows, unit))
      return std::numeric_limits<double>::infinity();
  }
  return cycles;
}

/// Plans the kernels of a loop, the innermost of the `depth` outermost ones, each by itself, with the
/// loops inside of it; `byRows`: threads may share the rows of those.
LogicalResult KernelPlanner::planSteps(ArrayRef<Operation *> kernels, size_t depth, bool byRows) {
  while (!kernels.empty()) {
    const StepLoops first = loopsOf(kernels.front());
    const bool isLoop = first.size() > depth;
    ArrayRef<Operation *> together = kernels.take_while([&](Operation *kernel) {
      const StepLoops inside = loopsOf(kernel);
      return isLoop ? inside.size() > depth && inside[depth] == first[depth]
                    : inside.size() == depth;
    });
    if (failed(isLoop ? shareLoop(together, depth + 1, byRows) : planKernels(together)))
      return failure();
    kernels = kernels.drop_front(together.size());
  }
  return success();
}

/// Chooses how threads share a loop, the innermost of the `depth` outermost ones around its kernels.
/// Where they cannot share its rows they may share those of a loop inside of it: the register tiles
/// of a contraction suit one of the two. `byRows`: rows may be shared at all.
LogicalResult KernelPlanner::shareLoop(ArrayRef<Operation *> kernels, size_t depth, bool byRows) {
  DenseMap<Operation *, RowLoop> rowLoops;
  const int64_t rows = byRows ? findRows(kernels, rowLoops) : 0;
  const int64_t unit = rows == 0 ? 0 : chooseRowUnit(kernels, rows);
  for (Operation *kernel : kernels)
    if (auto found = contractions.find(kernel); found != contractions.end() && unit != 0)
      found->second.problem.rowUnit = unit;

  const double aloneBefore = aloneCycles, sharedBefore = sharedCycles;
  if (failed(planSteps(kernels, depth, byRows && unit == 0)))
    return failure();
  LoopSharing loop;
  loop.rows = rows;
  loop.unit = unit;
  const StepLoop place = loopsOf(kernels.front())[depth - 1];
  const double times = static_cast<double>(place.steps);
  loop.aloneCycles = (aloneCycles - aloneBefore) * times;
  loop.kernelCycles = (sharedCycles - sharedBefore) * times;
  loop.rowCycles = std::numeric_limits<double>::infinity();
  std::vector<NestKernel> divided;
  if (unit != 0)
    loop.rowCycles = times * planRows(kernels, depth, rowLoops, rows, unit, divided) +
                     2 * target.meetingCycles();
  const bool isPossible = loop.rowCycles < std::numeric_limits<double>::infinity();
  if (loopThreads == LoopThreads::Rows)
    loop.sharing = isPossible ? LoopThreads::Rows : LoopThreads::Kernels;
  else if (loopThreads != LoopThreads::Choose)
    loop.sharing = loopThreads;
  else if (loop.rowCycles < std::min(loop.kernelCycles, loop.aloneCycles))
    loop.sharing = LoopThreads::Rows;
  else
    loop.sharing = loop.kernelCycles < loop.aloneCycles ? LoopThreads::Kernels : LoopThreads::One;

  aloneCycles = aloneBefore + loop.aloneCycles;
  sharedCycles = sharedBefore + (loop.sharing == LoopThreads::Rows      ? loop.rowCycles
                                 : loop.sharing == LoopThreads::Kernels ? loop.kernelCycles
                                                                        : loop.aloneCycles);
  loops[place.number] = loop;
  if (loop.sharing == LoopThreads::Rows)
    divideByRows(kernels, divided);
  else if (loop.sharing == LoopThreads::One)
    keepOnOneThread(kernels);
  return success();
}

/// Lets threads share the kernels of a loop by rows; `divided` has those that are not contractions.
void KernelPlanner::divideByRows(ArrayRef<Operation *> kernels, std::vector<NestKernel> &divided) {
  auto next = divided.begin();
  for (Operation *kernel : kernels) {
    if (ContractionKernel *sums = contraction(kernel)) {
      sums->everyThread = true;
      sums->tiling.split = ThreadSplit::Rows;
    } else if (NestKernel *other = nest(kernel)) {
      *other = std::move(*next++);
    }
  }
}

/// Leaves the kernels of a loop, and the loops inside of it, to thread 0.
void KernelPlanner::keepOnOneThread(ArrayRef<Operation *> kernels) {
  for (Operation *kernel : kernels) {
    if (ContractionKernel *sums = contraction(kernel))
      sums->everyThread = false;
    else if (NestKernel *other = nest(kernel))
      other->everyThread = false;
    for (const StepLoop &inside : loopsOf(kernel))
      if (auto found = loops.find(inside.number); found != loops.end())
        found->second.sharing = LoopThreads::One;
  }
}

LogicalResult KernelPlanner::planLoop(ArrayRef<Operation *> kernels) {
  describeLoop(kernels);
  if (failed(shareLoop(kernels, 1, true)))
    return failure();
  placePanels(kernels);
  return success();
}

/// Places the panels of a loop in the memory behind the arena, which all loops use in turn.
void KernelPlanner::placePanels(ArrayRef<Operation *> kernels) {
  int64_t bytes = 0;
  for (Operation *kernel : kernels)
    if (ContractionKernel *known = contraction(kernel); known && known->tiling.panelsBefore) {
      known->panelOffset = bytes;
      bytes += alignToBlock(known->tiling.panelBytes);
    }
  mostPanels = std::max(mostPanels, bytes);
}

LogicalResult KernelPlanner::plan(ArrayRef<Operation *> kernels, bool threaded) {
  for (Operation *kernel : kernels)
    if (auto op = dyn_cast<linalg::LinalgOp>(kernel))
      for (Type type : op->getOperandTypes())
        if (auto shaped = dyn_cast<ShapedType>(type); shaped && !nn::isUsable(shaped))
          return op.emitOpError("cannot be lowered: has the operand ")
                 << type << ", which has no static shape with elements, or too many";
  while (!kernels.empty()) {
    const StepLoops first = loopsOf(kernels.front());
    ArrayRef<Operation *> together = kernels.take_while([&](Operation *kernel) {
      const StepLoops inside = loopsOf(kernel);
      return inside.empty() ? first.empty() : !first.empty() && inside.front() == first.front();
    });
    if (failed(first.empty() ? planKernels(together) : planLoop(together)))
      return failure();
    kernels = kernels.drop_front(together.size());
  }
  if (threaded && usesThreads())
    return success();
  for (auto &[operation, kernel] : contractions)
    kernel.everyThread = false;
  for (auto &[operation, kernel] : attentions)
    kernel.everyThread = false;
  for (auto &[operation, kernel] : nests)
    kernel.everyThread = false;
  for (auto &[number, loop] : loops)
    loop.sharing = LoopThreads::One;
  return success();
}

std::string LoopSharing::describe(int64_t steps) const {
  StringRef who = sharing == LoopThreads::Rows      ? "threads share rows"
                  : sharing == LoopThreads::Kernels ? "threads share each kernel"
                                                    : "one thread";
  std::string text = llvm::formatv("a loop of {0} steps: {1}", steps, who).str();
  if (sharing == LoopThreads::Rows)
    text += llvm::formatv(" in units of {0} of {1}", unit, rows);
  text += llvm::formatv("; about {0:f0} cycles on one, {1:f0} if they share kernels", aloneCycles,
                        kernelCycles);
  if (rowCycles < std::numeric_limits<double>::infinity())
    text += llvm::formatv(", {0:f0} if they share rows", rowCycles);
  return text;
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

AttentionKernel *KernelPlanner::attention(Operation *operation) {
  auto found = attentions.find(operation);
  return found == attentions.end() ? nullptr : &found->second;
}

bool KernelPlanner::isShared(Operation *operation) {
  if (ContractionKernel *kernel = contraction(operation))
    return kernel->everyThread;
  if (AttentionKernel *kernel = attention(operation))
    return kernel->everyThread;
  NestKernel *kernel = nest(operation);
  return kernel && kernel->everyThread;
}

NestKernel *KernelPlanner::nest(Operation *operation) {
  auto found = nests.find(operation);
  return found == nests.end() ? nullptr : &found->second;
}

} // namespace nnc
