// The pass lower-to-loops: it emits the kernels of each function in order, with regions of thread
// 0 and barriers between them, and the remarks on contractions and threads.
#include "compiler/loops/FunctionLowering.h"

#include "compiler/analysis/BlockLayout.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/kernels/attention/AttentionEmitter.h"
#include "compiler/kernels/nest/KernelAccesses.h"
#include "compiler/kernels/nest/KernelEmitter.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"
#include "compiler/analysis/StepAnalysis.h"

#include "llvm/ADT/StringSwitch.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_LOWERTOLOOPS
#include "compiler/passes/Passes.h.inc"

static constexpr StringLiteral barrierName = "nnc_barrier";
static constexpr StringLiteral profileName = "nnc_profile";

/// Operations in a cycle of a loop that shares its work itself.
static constexpr int64_t lanesOfShared = 4;

/// Everything that has no effects goes first, so that a region of thread 0 can take up later
/// kernels.
void FunctionLowering::hoistViews() {
  Block &entry = function.getBody().front();
  Operation *firstKernel = nullptr;
  for (Operation &operation : llvm::make_early_inc_range(entry)) {
    if (isPreparation(operation) && !operation.hasTrait<OpTrait::IsTerminator>()) {
      if (firstKernel)
        operation.moveBefore(firstKernel);
    } else if (!firstKernel) {
      firstKernel = &operation;
    }
  }
}

/// The units of thread `thread` of `threads`.
static UnitRange divideUnits(OpBuilder &builder, Location loc, ConstantPool &constants,
                             int64_t units, Value thread, Value threads) {
  Value count = constants.index(units);
  Value next = arith::AddIOp::create(builder, loc, thread, constants.index(1));
  auto part = [&](Value number) {
    return arith::DivUIOp::create(builder, loc, arith::MulIOp::create(builder, loc, number, count),
                                  threads);
  };
  return {part(thread), part(next)};
}

UnitRange FunctionLowering::unitRange(int64_t units) {
  UnitRange &range = ranges[units];
  if (!range.begin) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(isFirst);
    range = divideUnits(builder, function.getLoc(), constants, units, thread, threads);
  }
  return range;
}

/// The bytes of the arena, with the panels behind it.
int64_t FunctionLowering::arenaBytes() const {
  auto blocks = function->getAttrOfType<DictionaryAttr>(blocksAttrName);
  return alignToBlock(blocks.getAs<IntegerAttr>("arena_bytes").getInt());
}

void FunctionLowering::setBlockBytes(StringRef name, int64_t bytes) {
  NamedAttrList entries(function->getAttrOfType<DictionaryAttr>(blocksAttrName));
  entries.set(name, builder.getI64IntegerAttr(bytes));
  function->setAttr(blocksAttrName, entries.getDictionary(builder.getContext()));
}

Value FunctionLowering::scratchMemory() {
  if (!scratch) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    auto type = MemRefType::get({planner.scratchBytes()}, builder.getI8Type());
    if (!function->hasAttr(blocksAttrName)) {
      scratch =
          memref::AllocaOp::create(builder, function.getLoc(), type, builder.getI64IntegerAttr(64));
      return scratch;
    }
    // Each thread has its own behind the arena.
    setBlockBytes("thread_bytes", planner.scratchBytes());
    builder.setInsertionPointAfterValue(isFirst);
    Location loc = function.getLoc();
    Value offset = arith::AddIOp::create(
        builder, loc,
        arith::MulIOp::create(builder, loc, thread, constants.index(planner.scratchBytes())),
        constants.index(arenaBytes()));
    scratch =
        memref::ViewOp::create(builder, loc, type, function.getArgument(1), offset, ValueRange{});
  }
  return scratch;
}

void FunctionLowering::beginKernel(Operation *at, ArrayRef<Access> accesses, bool everyThread) {
  if (!threaded) {
    placeKernel(at);
    return;
  }
  if (areRowsShared()) {
    placeKernel(at);
    return markRegion(at);
  }
  if (barriers.conflicts(accesses)) {
    placeKernel(at);
    callBarrier(at->getLoc());
  }
  barriers.record(accesses);
  if (everyThread) {
    serial = nullptr;
    placeKernel(at);
    return markRegion(at);
  }
  if (!serial) {
    placeKernel(at);
    serial = scf::IfOp::create(builder, at->getLoc(), isFirst, /*withElseRegion=*/false);
  }
  builder.setInsertionPoint(serial.thenBlock()->getTerminator());
  markRegion(at);
}

void FunctionLowering::placeKernel(Operation *at) {
  if (loops.empty())
    builder.setInsertionPoint(at);
  else
    builder.setInsertionPoint(loops.back().steps.getBody()->getTerminator());
}

void FunctionLowering::callBarrier(Location location) {
  func::CallOp::create(builder, location, barrierName, TypeRange());
  barriers.barrier();
  serial = nullptr;
}

void FunctionLowering::markRegion(Operation *at) {
  auto number = at->getAttrOfType<IntegerAttr>(regionAttrName);
  if (!number || number == region)
    return;
  region = number;
  func::CallOp::create(builder, at->getLoc(), profileName, TypeRange(),
                       ValueRange{constants.index(number.getInt()), thread});
}

/// A fill with a constant becomes part of the reduction if a reduction is the next to use its
/// memory, and starts from it.
bool FunctionLowering::absorbFill(linalg::FillOp fill) {
  TypedAttr value;
  if (!matchPattern(fill.getInputs()[0], m_Constant(&value)))
    return false;
  Value filled = fill.getOutputs()[0];
  for (Operation *next = fill->getNextNode(); next; next = next->getNextNode()) {
    if (!llvm::is_contained(next->getOperands(), filled))
      continue;
    auto op = dyn_cast<linalg::LinalgOp>(next);
    if (!op || op.getNumReductionLoops() == 0 || !areInOneLoop(op, fill))
      return false;
    for (OpOperand *input : op.getDpsInputOperands())
      if (input->get() == filled)
        return false;
    if (isAttention(op) || succeeded(matchContraction(op))) {
      // These begin with 0.
      if (!matchPattern(fill.getInputs()[0], m_AnyZeroFloat()))
        return false;
    } else {
      FailureOr<KernelNest> nest = describeNest(op, memory);
      if (failed(nest) || nest->reductions.empty())
        return false;
    }
    for (auto [i, init] : llvm::enumerate(op.getDpsInits()))
      if (init == filled)
        fills[{next, i}] = value;
    return true;
  }
  return false;
}

/// The contraction in a remark: the result's name if it has one, its size and the terms of a sum.
static std::string describeSums(linalg::LinalgOp op, const ContractionProblem &problem) {
  auto size = [](ArrayRef<ContractionDim> dims) {
    int64_t product = 1;
    for (const ContractionDim &dim : dims)
      product *= dim.extent;
    return product;
  };
  std::string name = nameOf(op.getLoc());
  std::string text = name.empty() ? "" : "`" + name + "`, ";
  if (!problem.batch.empty())
    text += llvm::formatv("{0} x ", size(problem.batch));
  return text + llvm::formatv("{0} x {1} sums of {2} products", size(problem.m), size(problem.n),
                              size(problem.k))
                    .str();
}

/// Which loop threads share, in the terms of describeSums.
static StringRef describeSplit(const ContractionTiling &tiling) {
  if (tiling.split == ThreadSplit::Batch)
    return "; threads share the batch";
  return (tiling.split == ThreadSplit::Rows) != tiling.swapped ? "; threads share m"
                                                               : "; threads share n";
}

LogicalResult FunctionLowering::lowerContraction(linalg::LinalgOp op, ContractionKernel &plan) {
  const bool everyThread = plan.everyThread;
  SmallVector<Access> accesses = operandAccesses(plan);
  if (everyThread) {
    plan.operands.thread = thread;
    plan.operands.threads = threads;
  } else {
    for (Access &access : accesses)
      access.ownership.kind = Ownership::FirstThread;
  }
  if (plan.tiling.scratchBytes)
    plan.operands.scratch = scratchMemory();
  if (plan.tiling.panelsBefore) {
    plan.operands.panels = panelMemory(plan, builder.getI8Type());
    accesses.push_back(wholeAccess(plan.operands.panels, false));
    if (!everyThread)
      accesses.back().ownership.kind = Ownership::FirstThread;
  }
  remark::passed(op.getLoc(), remark::RemarkOpts::name("tiling")
                                  .category(contractionCategory)
                                  .function(function.getSymName()))
      << remark::detail::LazyTextBuild{
             "Remark", [&] {
               return describeSums(op, plan.problem) + ": " + plan.tiling.reason +
                      (everyThread ? describeSplit(plan.tiling).str() : "");
             }};
  beginKernel(op, accesses, everyThread);
  // Without blocks (in a function that assign-arena did not compile) loops go where the contraction
  // was.
  if (failed(callContraction(plan)) &&
      (!loops.empty() || failed(emitKernel(builder, plan, target))))
    return op.emitOpError("cannot be lowered as a contraction");
  if (plan.epilogue)
    done.insert(plan.epilogue);
  done.insert(plan.prologues.begin(), plan.prologues.end());
  op.erase();
  return success();
}

LogicalResult FunctionLowering::callContraction(const ContractionKernel &kernel) {
  SmallVector<linalg::LinalgOp> ops{kernel.op};
  if (kernel.epilogue)
    ops.push_back(kernel.epilogue);
  llvm::append_range(ops, kernel.prologues);
  std::string choices;
  llvm::raw_string_ostream(choices)
      << kernel.problem.accumulate << kernel.problem.usesResult
      << static_cast<int>(kernel.tiling.split) << kernel.tiling.reason;
  KernelThread shared{kernel.operands.thread, kernel.operands.threads, kernel.operands.scratch,
                      kernel.operands.panels};
  return library.call(builder, ops, "contraction", choices, shared,
                      [&target = target, tiling = kernel.tiling,
                       accumulate = kernel.problem.accumulate,
                       usesResult = kernel.problem.usesResult](OpBuilder &inner, func::FuncOp,
                                                               ArrayRef<linalg::LinalgOp> copies,
                                                               const KernelThread &own) {
                        ContractionKernel copy;
                        copy.op = copies[0];
                        addMarked(copy, copies.drop_front());
                        copy.tiling = tiling;
                        describeKernel(copy, accumulate, usesResult);
                        copy.operands.thread = own.number;
                        copy.operands.threads = own.count;
                        copy.operands.scratch = own.scratch;
                        copy.operands.panels = own.panels;
                        return emitKernel(inner, copy, target);
                      });
}

LogicalResult FunctionLowering::lowerAttention(linalg::LinalgOp op, const AttentionKernel &kernel) {
  SmallVector<Access> accesses;
  for (OpOperand &operand : op->getOpOperands())
    if (isa<MemRefType>(operand.get().getType())) {
      accesses.push_back(wholeAccess(operand.get(), op.isDpsInit(&operand)));
      if (!kernel.everyThread)
        accesses.back().ownership.kind = Ownership::FirstThread;
    }
  Value memory = scratchMemory();
  beginKernel(op, accesses, kernel.everyThread);
  AttentionThread shared{kernel.everyThread ? thread : Value(),
                         kernel.everyThread ? threads : Value(), memory};
  LogicalResult called =
      library.call(builder, op, "attention", kernel.everyThread ? "shared" : "",
                   {shared.number, shared.count, memory, Value()},
                   [&target = target, plan = kernel.plan](OpBuilder &inner, func::FuncOp,
                                                          ArrayRef<linalg::LinalgOp> copies,
                                                          const KernelThread &own) {
                     return emitAttention(inner, readAttention(copies[0]), plan, target,
                                          {own.number, own.count, own.scratch});
                   });
  if (failed(called) && (!loops.empty() || failed(emitAttention(builder, readAttention(op),
                                                                kernel.plan, target, shared))))
    return op.emitOpError("cannot be lowered as an attention");
  op.erase();
  return success();
}

LogicalResult FunctionLowering::callNest(linalg::LinalgOp op, const NestKernel &kernel,
                                         ArrayRef<TypedAttr> initial) {
  const KernelPlan &plan = kernel.plan;
  const bool everyThread = kernel.everyThread;
  std::string choices;
  llvm::raw_string_ostream stream(choices);
  for (TypedAttr value : initial)
    stream << value << ' ';
  // The decisions that do not follow from the op.
  if (everyThread)
    stream << *plan.partitionLoop << ' ';
  if (kernel.rowUnits != 0)
    stream << kernel.rowUnits << ' ' << kernel.unitsOfRow << ' ';
  stream << plan.copies;
  KernelThread shared;
  if (everyThread)
    shared = {thread, threads, Value(), Value()};
  return library.call(
      builder, op, "kernel", choices, shared,
      [plan, everyThread, rowUnits = kernel.rowUnits, unitsOfRow = kernel.unitsOfRow,
       initial = SmallVector<TypedAttr>(initial)](OpBuilder &inner, func::FuncOp kernel,
                                                  ArrayRef<linalg::LinalgOp> copies,
                                                  const KernelThread &own) {
        FlatMemory memory;
        ConstantPool constants(kernel);
        FailureOr<KernelNest> nest = describeNest(copies[0], memory);
        if (failed(nest))
          return LogicalResult(failure());
        UnitRange range;
        if (everyThread)
          range = divideUnits(inner, kernel.getLoc(), constants,
                              rowUnits ? rowUnits : plan.partitionUnits, own.number, own.count);
        if (rowUnits)
          for (Value *end : {&range.begin, &range.end}) {
            Value scaled =
                arith::MulIOp::create(inner, kernel.getLoc(), *end, constants.index(unitsOfRow));
            *end = arith::MinSIOp::create(inner, kernel.getLoc(), scaled,
                                          constants.index(plan.partitionUnits));
          }
        emitKernel(inner, *nest, plan, constants, everyThread ? &range : nullptr, initial);
        return LogicalResult(success());
      });
}

/// Results on tiles need no memory, and operands of kernels in functions of their own need no view
/// here.
void FunctionLowering::eraseUnused() {
  for (Operation &operation : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&operation) ||
        (isa<memref::AllocaOp>(operation) && operation.use_empty()))
      operation.erase();
}

/// Any other operation with effects runs as it is: on thread 0, or on all threads if it shares its work
/// itself.
void FunctionLowering::lowerOther(Operation *operation) {
  if (!threaded)
    return;
  auto operations = operation->getAttrOfType<IntegerAttr>(sharedOperationsAttrName);
  const bool everyThread = operations && planner.usesThreads() &&
                           operations.getInt() / lanesOfShared >=
                               static_cast<int64_t>(TargetDescription::leastSharedCycles);
  if (operations && !everyThread)
    operation->walk([&](Operation *inner) {
      inner->replaceUsesOfWith(thread, constants.index(0));
      inner->replaceUsesOfWith(threads, constants.index(1));
    });
  SmallVector<Access> accesses;
  operation->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (isa<MemRefType>(operand.getType())) {
        accesses.push_back(wholeAccess(operand, true));
        accesses.back().ownership.kind = everyThread ? Ownership::Everyone : Ownership::FirstThread;
      }
  });
  beginKernel(operation, accesses, everyThread);
  if (!everyThread)
    operation->moveBefore(builder.getInsertionBlock(), builder.getInsertionPoint());
}

LogicalResult FunctionLowering::lower(Operation *operation) {
  auto op = dyn_cast<linalg::LinalgOp>(operation);
  if (!op) {
    lowerOther(operation);
    return success();
  }
  if (ContractionKernel *contraction = planner.contraction(operation))
    return lowerContraction(op, *contraction);
  if (AttentionKernel *attention = planner.attention(operation))
    return lowerAttention(op, *attention);

  NestKernel &kernel = *planner.nest(operation);
  const KernelNest &nest = kernel.nest;
  const KernelPlan &plan = kernel.plan;
  const bool everyThread = kernel.everyThread;
  SmallVector<Access> accesses = kernelAccesses(nest, plan, everyThread);
  beginKernel(op, accesses, everyThread);
  SmallVector<TypedAttr> initial;
  for (unsigned i = 0; i < nest.outputs.size(); ++i)
    initial.push_back(fills.lookup({operation, i}));
  if (failed(callNest(op, kernel, initial))) {
    // Only functions take memory at a place that moves.
    if (!loops.empty())
      return op.emitOpError("cannot be lowered in a loop over steps");
    UnitRange range = everyThread ? unitRange(plan.partitionUnits) : UnitRange();
    emitKernel(builder, nest, plan, constants, everyThread ? &range : nullptr, initial);
  } else if (everyThread && loops.empty()) {
    auto call = cast<func::CallOp>(std::prev(builder.getInsertionPoint()));
    sharedCalls.push_back({call, std::move(accesses), plan.partitionUnits});
  }
  op.erase();
  return success();
}

LogicalResult FunctionLowering::planKernels() {
  hoistViews();
  threaded = function->hasAttr(threadedAttrName);
  for (Operation &operation : function.getBody().front().without_terminator())
    if (!isPreparation(operation))
      kernels.push_back(&operation);
  llvm::erase_if(kernels, [&](Operation *kernel) {
    auto fill = dyn_cast<linalg::FillOp>(kernel);
    if (!fill || !absorbFill(fill))
      return false;
    fill.erase();
    return true;
  });
  if (failed(planner.plan(kernels, threaded)))
    return failure();
  if (planner.panelBytes() != 0) {
    setBlockBytes("arena_bytes", arenaBytes() + planner.panelBytes());
    setBlockBytes("panel_bytes", planner.panelBytes());
  }
  return success();
}

LogicalResult FunctionLowering::run() {
  if (failed(planKernels()))
    return failure();
  if (threaded) {
    thread = function.getArgument(function.getNumArguments() - 2);
    threads = function.getArgument(function.getNumArguments() - 1);
    builder.setInsertionPointToStart(&function.getBody().front());
    Value zero = constants.index(0);
    builder.setInsertionPointAfterValue(zero);
    isFirst =
        arith::CmpIOp::create(builder, function.getLoc(), arith::CmpIPredicate::eq, thread, zero);
    remark::analysis(function.getLoc(), remark::RemarkOpts::name("threads")
                                            .category(threadsCategory)
                                            .function(function.getSymName()))
        << remark::detail::LazyTextBuild{"Remark", [&] { return planner.describeThreads(); }};
  }
  for (Operation *kernel : kernels) {
    if (done.contains(kernel)) {
      kernel->erase();
      continue;
    }
    if (failed(enterLoops(kernel)) || failed(lower(kernel)))
      return failure();
  }
  eraseUnused();
  chunkKernels(function.getBody().front(), sharedCalls, thread, threads, target);
  return success();
}

namespace {

struct LowerToLoopsPass : impl::LowerToLoopsBase<LowerToLoopsPass> {
  using LowerToLoopsBase::LowerToLoopsBase;

  void runOnOperation() override {
    std::string error;
    std::optional<TargetDescription> target = describeTarget(targetCpu, "", error, targetThreads);
    if (!target) {
      getOperation().emitError() << error;
      return signalPassFailure();
    }
    std::optional<LoopThreads> sharing = llvm::StringSwitch<std::optional<LoopThreads>>(loopThreads)
                                             .Case("choose", LoopThreads::Choose)
                                             .Case("rows", LoopThreads::Rows)
                                             .Case("kernels", LoopThreads::Kernels)
                                             .Case("one", LoopThreads::One)
                                             .Default(std::nullopt);
    if (!sharing) {
      getOperation().emitError() << "unknown way to share loops: " << loopThreads;
      return signalPassFailure();
    }
    bool threaded = false, profiled = false;
    TilingCache tilings(*target);
    KernelLibrary library(getOperation());
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      if (function.isExternal() || function->hasAttr(kernelAttrName))
        continue;
      if (placePanels) {
        bool hasLoops = llvm::any_of(function.getBody().front(), [](Operation &operation) {
          return operation.hasAttr(loopAttrName);
        });
        if (hasLoops &&
            failed(FunctionLowering(function, *target, tilings, library, *sharing).planKernels()))
          return signalPassFailure();
        continue;
      }
      threaded |= function->hasAttr(threadedAttrName);
      function.walk([&](linalg::LinalgOp op) { profiled |= op->hasAttr(regionAttrName); });
      if (failed(FunctionLowering(function, *target, tilings, library, *sharing).run()))
        return signalPassFailure();
    }
    if (failed(library.emit()))
      return signalPassFailure();
    Type index = IndexType::get(&getContext());
    if (threaded)
      declare(barrierName, {});
    if (profiled)
      declare(profileName, {index, index});
  }

  /// A function of the runtime.
  void declare(StringRef name, TypeRange arguments) {
    if (getOperation().lookupSymbol(name))
      return;
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto function = func::FuncOp::create(builder, getOperation().getLoc(), name,
                                         builder.getFunctionType(arguments, {}));
    function.setPrivate();
  }
};

} // namespace
} // namespace nnc
