// The part of FunctionLowering that opens and closes loops over steps, and packs operands in front
// of them.
#include "compiler/loops/FunctionLowering.h"

#include "compiler/analysis/BlockLayout.h"
#include "compiler/passes/RemarkCategories.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace nnc {

bool isPreparation(Operation &operation) {
  return operation.getNumRegions() == 0 &&
         (isMemoryEffectFree(&operation) || isa<memref::AllocaOp>(operation));
}

/// Closes the open loops that the kernel is not in, and opens those that it is in.
LogicalResult FunctionLowering::enterLoops(Operation *kernel) {
  StepLoops next = loopsOf(kernel);
  size_t common = 0;
  while (common < std::min(next.size(), loops.size()) && loops[common].loop == next[common])
    ++common;
  while (loops.size() > common)
    closeLoop();
  while (loops.size() < next.size())
    if (failed(openLoop(kernel, ArrayRef(next).take_front(loops.size() + 1))))
      return failure();
  return success();
}

void FunctionLowering::closeLoop() {
  OpenLoop closed = loops.pop_back_val();
  serial = nullptr;
  region = nullptr;
  // The code behind the loop may read results of any step, which any thread may have written.
  if (areRowsShared())
    return;
  if (threaded && closed.isShared) {
    builder.setInsertionPointAfter(closed.steps);
    callBarrier(closed.steps.getLoc());
  } else {
    barriers.widen();
  }
}

/// Opens the innermost of the loops `around` a kernel; the others are open.
LogicalResult FunctionLowering::openLoop(Operation *kernel, ArrayRef<StepLoop> around) {
  OpenLoop opened{around.back(), {}, false, false};
  SmallVector<Operation *> kernels;
  for (Operation *inner = kernel; inner; inner = inner->getNextNode()) {
    if (isPreparation(*inner))
      continue;
    StepLoops innerLoops = loopsOf(inner);
    if (innerLoops.size() < around.size() || innerLoops[around.size() - 1] != opened.loop)
      break;
    kernels.push_back(inner);
    opened.isShared |= planner.isShared(inner);
  }
  const bool isInside = areRowsShared();
  opened.sharesRows = isInside;
  if (threaded && !isInside) {
    const LoopSharing &sharing = planner.sharing(opened.loop.number);
    opened.sharesRows = sharing.sharing == LoopThreads::Rows;
    if (loops.empty() || opened.sharesRows)
      remark::analysis(kernel->getLoc(), remark::RemarkOpts::name("loop")
                                             .category(threadsCategory)
                                             .function(function.getSymName()))
          << remark::detail::LazyTextBuild{"Remark",
                                           [&] { return sharing.describe(opened.loop.steps); }};
  }
  if (loops.empty() && failed(makePanels(kernels)))
    return failure();
  placeKernel(kernel);
  serial = nullptr;
  region = nullptr;
  opened.steps = scf::ForOp::create(builder, kernel->getLoc(), constants.index(0),
                                    constants.index(opened.loop.steps), constants.index(1));
  setLoops(opened.steps, around);
  // Each step waits for the one before, unless thread 0 runs them all. Within a step, all rows that
  // kernels access have moved equally far, so that their places in the first step tell which meet.
  loops.push_back(opened);
  if (!threaded || isInside)
    return success();
  if (opened.isShared && !opened.sharesRows)
    builder.setInsertionPointToStart(opened.steps.getBody());
  else if (!opened.sharesRows && barriers.isOfFirstThread())
    return success();
  else
    builder.setInsertionPoint(opened.steps);
  callBarrier(kernel->getLoc());
  return success();
}

/// The memory of a contraction's panels, as a memref of one dimension.
Value FunctionLowering::panelMemory(const ContractionKernel &kernel, Type element) {
  OpBuilder::InsertionGuard guard(builder);
  Value offset = constants.index(arenaBytes() - planner.panelBytes() + kernel.panelOffset);
  builder.setInsertionPointAfterValue(offset);
  auto type = MemRefType::get({kernel.tiling.panelBytes / elementBytes(element)}, element);
  return memref::ViewOp::create(builder, function.getLoc(), type, function.getArgument(1), offset,
                                ValueRange{});
}

/// Packs panels for the contractions of a loop in front of it, each by a kernel.
LogicalResult FunctionLowering::makePanels(ArrayRef<Operation *> kernels) {
  for (Operation *operation : kernels) {
    ContractionKernel *kernel = planner.contraction(operation);
    if (!kernel || !kernel->tiling.panelsBefore)
      continue;
    const ContractionProblem &problem = kernel->problem;
    const bool isA = kernel->tiling.swapped;
    Value operand = isA ? kernel->operands.a : kernel->operands.b,
          panels = panelMemory(*kernel, problem.elementType);
    SmallVector<Access> accesses{wholeAccess(operand, false), wholeAccess(panels, true)};
    if (!kernel->everyThread)
      for (Access &access : accesses)
        access.ownership.kind = Ownership::FirstThread;
    beginKernel(kernels.front(), accesses, kernel->everyThread);
    markRegion(operation);
    std::string choices;
    llvm::raw_string_ostream stream(choices);
    stream << isA << ' ' << kernel->tiling.lanes << ' ' << kernel->tiling.columnVectors;
    for (const auto *group : {isA ? &problem.m : &problem.n, &problem.k})
      for (const ContractionDim &dim : *group)
        stream << ' ' << dim.extent << ',' << (isA ? dim.a : dim.b);
    // The library takes a linalg op: one that reads the operand and writes the panels.
    auto type = cast<MemRefType>(operand.getType());
    AffineMap line = builder.getMultiDimIdentityMap(1);
    SmallVector<AffineExpr> origin(type.getRank(), builder.getAffineConstantExpr(0));
    auto copy = linalg::GenericOp::create(
        builder, operation->getLoc(), TypeRange{}, operand, panels,
        ArrayRef<AffineMap>{AffineMap::get(1, 0, origin, builder.getContext()), line},
        ArrayRef<utils::IteratorType>{utils::IteratorType::parallel},
        [](OpBuilder &inner, Location location, ValueRange arguments) {
          linalg::YieldOp::create(inner, location, arguments[0]);
        });
    KernelThread shared;
    if (kernel->everyThread)
      shared = {thread, threads, Value(), Value()};
    LogicalResult called =
        library.call(builder, linalg::LinalgOp(copy), "panels", choices, shared,
                     [&target = target, problem, tiling = kernel->tiling,
                      isA](OpBuilder &inner, func::FuncOp, ArrayRef<linalg::LinalgOp> copies,
                           const KernelThread &own) {
                       ContractionOperands operands;
                       linalg::LinalgOp op = copies[0];
                       (isA ? operands.a : operands.b) = op.getDpsInputs()[0];
                       operands.panels = op.getDpsInits()[0];
                       operands.thread = own.number;
                       operands.threads = own.count;
                       return emitPanels(inner, op.getLoc(), problem, target, tiling, operands);
                     });
    copy.erase();
    if (failed(called))
      return operation->emitOpError("cannot be packed in front of a loop");
  }
  return success();
}

} // namespace nnc
