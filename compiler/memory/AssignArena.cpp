// The pass assign-arena: it places the tensors of each function in blocks, the results in place
// where possible, and the rest by the memory planner.
#include "compiler/analysis/PrologueLegality.h"
#include "compiler/analysis/StepLoops.h"
#include "compiler/memory/FlattenScans.h"
#include "compiler/analysis/BufferAnalysis.h"
#include "compiler/memory/FunctionRewriter.h"
#include "compiler/memory/LoopLifetimes.h"
#include "compiler/fusion/FusionRemarks.h"
#include "compiler/memory/MemoryPlanner.h"
#include "compiler/analysis/Recomputed.h"
#include "compiler/passes/Passes.h"
#include "compiler/memory/Schedule.h"
#include "compiler/analysis/StepAnalysis.h"
#include "compiler/dialect/NNBuilders.h"

#include "llvm/ADT/DenseSet.h"

#include <map>

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_ASSIGNARENA
#include "compiler/passes/Passes.h.inc"

/// Whether a tensor of this kind outlives the call.
static bool isPersistent(StringRef kind) {
  return kind == "parameter" || kind == "slot" || kind == "state" || kind == "cache";
}

/// The block and the offset of a tensor that outlives the call.
static std::pair<FunctionRewriter::BlockNumber, int64_t>
persistentPlace(func::FuncOp function, const ModuleBlocks &module, StringRef kind, StringRef name) {
  bool isCache = kind == "cache";
  const BlockLayout &block = isCache ? module.cache : module.persistent;
  // The tensors of several sequences lie where the space in front is that of so many caches.
  return {isCache ? FunctionRewriter::Cache : FunctionRewriter::Persistent,
          block.tensors[*block.find(kind, name)].offset *
              (isCache ? nn::rowsOfSteps(function) : 1)};
}

static std::string kindOf(DictionaryAttr attributes, StringRef otherwise) {
  std::optional<nn::Kind> kind = nn::kindIn(attributes);
  return (kind ? stringifyKind(*kind) : otherwise).str();
}

static std::string nameOf(DictionaryAttr attributes, StringRef otherwise, unsigned number) {
  auto name = attributes ? attributes.getAs<StringAttr>(nn::nameAttrName) : StringAttr();
  return name ? name.str() : (otherwise + Twine(number)).str();
}

namespace {

/// The kernels of a function in order, and what the order follows from.
struct Arrangement {
  std::unique_ptr<BufferAnalysis> analysis;
  SmallVector<KernelGroup> order;
  SmallVector<EpilogueDecision> epilogues;
  SmallVector<Update> updates;
  SmallVector<BufferRequest> requests; // of the arena
  SmallVector<Storage *> requesters;
};

/// Assigns the memory of one function.
class FunctionAssignment {
public:
  FunctionAssignment(func::FuncOp function, ModuleBlocks &module, bool profile)
      : function(function), module(module), profile(profile) {}
  LogicalResult run();

private:
  void findReplacedArguments();
  void copyResults();
  void placeArguments(BufferAnalysis &analysis);
  void placeResults(BufferAnalysis &analysis, SmallVectorImpl<Update> &updates);
  void takeOverDyingOperands(BufferAnalysis &analysis, ArrayRef<KernelGroup> order);
  void keepOnTiles(BufferAnalysis &analysis, ArrayRef<KernelGroup> order);
  void keepPrologues(BufferAnalysis &analysis, ArrayRef<KernelGroup> order);
  LogicalResult arrange(const ContractionSet &apart, Arrangement &result);
  LogicalResult separateUpdates(Arrangement &arrangement);
  LogicalResult planArena(Arrangement &arrangement);

  func::FuncOp function;
  ModuleBlocks &module;
  bool profile;
  FunctionBlocks blocks;
  /// For each result the argument whose new value it is.
  SmallVector<std::optional<unsigned>> replacedArguments;
};

} // namespace

void FunctionAssignment::findReplacedArguments() {
  std::map<std::pair<std::string, std::string>, unsigned> arguments; // by kind and name
  for (unsigned number = 0; number < function.getNumArguments(); ++number) {
    DictionaryAttr attributes = function.getArgAttrDict(number);
    arguments.try_emplace({kindOf(attributes, "input"), nameOf(attributes, "argument", number)},
                          number);
  }
  for (unsigned number = 0; number < function.getNumResults(); ++number) {
    DictionaryAttr attributes = function.getResultAttrDict(number);
    std::string kind = kindOf(attributes, "output");
    auto found = arguments.find({kind, nameOf(attributes, "result", number)});
    replacedArguments.push_back(isPersistent(kind) && found != arguments.end()
                                    ? std::optional(found->second)
                                    : std::nullopt);
  }
}

/// Gives every result a storage that can be placed in its block: one that nothing else is placed
/// in, and for the new value of an argument one that a single kernel writes.
void FunctionAssignment::copyResults() {
  Operation *terminator = function.getBody().front().getTerminator();
  OpBuilder builder(terminator);
  BufferAnalysis analysis(function);
  if (failed(analysis.status))
    return;
  llvm::DenseSet<unsigned> taken;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value value = operand.get();
    std::optional<unsigned> argument = replacedArguments[operand.getOperandNumber()];
    if (argument && value == function.getArgument(*argument))
      continue;
    TensorMemory memory = analysis.memory(value);
    const Storage &storage = analysis.storages[memory.storage];
    bool persistent =
        isPersistent(kindOf(function.getResultAttrDict(operand.getOperandNumber()), "output"));
    bool single = storage.writers.size() == 1 && isa<linalg::LinalgOp>(storage.writers.front());
    if (storage.kind == Storage::Arena && memory.whole && (!persistent || single) &&
        taken.insert(memory.storage).second)
      continue;
    // An argument may be overwritten before it is copied: twice, so that the first copy comes
    // early.
    if (persistent && storage.kind == Storage::Argument)
      value = buildCopy(builder, terminator->getLoc(), value);
    operand.set(buildCopy(builder, terminator->getLoc(), value));
  }
}

void FunctionAssignment::placeArguments(BufferAnalysis &analysis) {
  for (BlockArgument argument : function.getArguments()) {
    unsigned number = argument.getArgNumber();
    DictionaryAttr attributes = function.getArgAttrDict(number);
    std::string kind = kindOf(attributes, "input");
    std::string name = nameOf(attributes, "argument", number);
    auto type = cast<RankedTensorType>(argument.getType());
    Storage &storage = analysis.storage(argument);
    if (isPersistent(kind)) {
      std::tie(storage.blockNumber, storage.offset) = persistentPlace(function, module, kind, name);
    } else if (kind == "scalar") {
      storage.blockNumber = FunctionRewriter::Scalars;
      storage.offset = module.scalars.tensors[*module.scalars.find(kind, name)].offset;
    } else {
      storage.blockNumber = FunctionRewriter::Inputs;
      unsigned index = blocks.inputs.append(name, kind, type, blockAlignment);
      storage.offset = blocks.inputs.tensors[index].offset;
    }
  }
}

void FunctionAssignment::placeResults(BufferAnalysis &analysis, SmallVectorImpl<Update> &updates) {
  Operation *terminator = function.getBody().front().getTerminator();
  for (OpOperand &operand : terminator->getOpOperands()) {
    unsigned number = operand.getOperandNumber();
    DictionaryAttr attributes = function.getResultAttrDict(number);
    std::string kind = kindOf(attributes, "output"), name = nameOf(attributes, "result", number);
    auto type = cast<RankedTensorType>(operand.get().getType());
    Storage &storage = analysis.storage(operand.get());
    if (!isPersistent(kind)) {
      unsigned index = blocks.outputs.append(name, kind, type, blockAlignment);
      storage.kind = Storage::Result;
      storage.blockNumber = FunctionRewriter::Outputs;
      storage.offset = blocks.outputs.tensors[index].offset;
      continue;
    }
    std::optional<unsigned> argument = replacedArguments[number];
    if (argument && operand.get() == function.getArgument(*argument))
      continue; // unchanged
    storage.kind = Storage::Result;
    std::tie(storage.blockNumber, storage.offset) = persistentPlace(function, module, kind, name);
    Update update;
    update.argument = argument ? function.getArgument(*argument) : BlockArgument();
    update.writer = storage.writers.front();
    update.result = number;
    updates.push_back(update);
  }
}

/// Whether `kernel` may write `result` over the storage of an operand, which nothing reads after
/// it.
static bool canTakeOver(const BufferAnalysis &analysis, linalg::LinalgOp kernel, OpResult result,
                        OpOperand &operand, const KernelGroup &group, int64_t position) {
  TensorMemory memory = analysis.memory(operand.get());
  unsigned source = analysis.resolve(memory.storage);
  const Storage &dying = analysis.storages[source];
  const Storage &target = analysis.storages[analysis.memory(result).storage];
  if (&dying == &target || dying.kind != Storage::Arena || !memory.whole ||
      dying.last != position || llvm::is_contained(dying.writers, kernel.getOperation()) ||
      dying.type.getNumElements() != target.type.getNumElements() ||
      dying.type.getElementTypeBitWidth() != target.type.getElementTypeBitWidth() ||
      !readsInPlace(kernel, operand, result) || !writesOver(analysis, kernel, result, source))
    return false;
  // Kernels that run as one with this one read their operands while it writes.
  return llvm::none_of(group, [&](Operation *other) {
    return other != kernel.getOperation() &&
           llvm::any_of(tensorsRead(other),
                        [&](Value tensor) {
                          return analysis.resolve(analysis.memory(tensor).storage) == source &&
                                 !llvm::is_contained(other->getResults(), tensor) &&
                                 producerOf(tensor) != other;
                        }) &&
           !llvm::any_of(other->getResults(), [&](Value written) {
             return analysis.resolve(analysis.memory(written).storage) == source;
           });
  });
}

/// The inputs of a kernel, but behind the others the result of the contraction whose epilogue it is, if
/// that may stay on the tiles: then it has no memory to take over.
static SmallVector<OpOperand *> byAge(const BufferAnalysis &analysis, linalg::LinalgOp kernel,
                                      const KernelGroup &group) {
  SmallVector<OpOperand *> inputs = kernel.getDpsInputOperands();
  if (group.size() < 2 || group.back() != kernel)
    return inputs;
  auto contraction = dyn_cast<linalg::LinalgOp>(group[group.size() - 2]);
  if (!contraction || contraction.getNumReductionLoops() == 0)
    return inputs;
  llvm::stable_sort(inputs, [&](OpOperand *left, OpOperand *right) {
    auto staysOnTiles = [&](OpOperand *input) {
      return input->get().getDefiningOp() == contraction &&
             isConsumed(analysis, contraction, kernel);
    };
    return !staysOnTiles(left) && staysOnTiles(right);
  });
  return inputs;
}

/// Where an element-wise kernel is the last to read an operand, its result takes over the operand's
/// memory.
void FunctionAssignment::takeOverDyingOperands(BufferAnalysis &analysis,
                                               ArrayRef<KernelGroup> order) {
  auto touch = [&](Value tensor, int64_t position) {
    Storage &storage = analysis.storage(tensor);
    if (storage.first < 0)
      storage.first = position;
    storage.last = std::max(storage.last, position);
  };
  for (auto [position, group] : llvm::enumerate(order))
    for (Operation *kernel : group) {
      for (Value tensor : tensorsRead(kernel))
        touch(tensor, position);
      for (Value result : kernel->getResults())
        touch(result, position);
    }

  extendThroughLoops(analysis, order);

  for (auto [position, group] : llvm::enumerate(order))
    for (Operation *kernel : group) {
      auto op = dyn_cast<linalg::LinalgOp>(kernel);
      if (!op)
        continue;
      for (OpResult result : kernel->getResults()) {
        Storage &target = analysis.storages[analysis.memory(result).storage];
        if (target.kind != Storage::Arena || target.writers.front() != kernel ||
            target.replacedBy || !analysis.memory(result).whole)
          continue;
        for (OpOperand *operand : byAge(analysis, op, group)) {
          if (!isa<RankedTensorType>(operand->get().getType()) ||
              !canTakeOver(analysis, op, result, *operand, group, position))
            continue;
          unsigned source = analysis.resolve(analysis.memory(operand->get()).storage);
          target.replacedBy = source;
          analysis.storages[source].last = target.last;
          break;
        }
      }
    }
  separateTemporaries(analysis, order);
}

/// The results of prologues need no memory.
void FunctionAssignment::keepPrologues(BufferAnalysis &analysis, ArrayRef<KernelGroup> order) {
  for (const KernelGroup &group : order)
    for (Operation *kernel : ArrayRef(group).drop_back())
      if (kernel->hasAttr(prologueAttrName))
        analysis.storage(kernel->getResult(0)).kind = Storage::Tiles;
}

/// A contraction's result that only its epilogue reads needs no memory, unless the epilogue's own
/// result is to take its place.
void FunctionAssignment::keepOnTiles(BufferAnalysis &analysis, ArrayRef<KernelGroup> order) {
  llvm::DenseSet<unsigned> takenOver;
  for (const Storage &storage : analysis.storages)
    if (storage.replacedBy)
      takenOver.insert(analysis.resolve(*storage.replacedBy));
  for (const KernelGroup &group : order) {
    if (group.size() < 2)
      continue;
    auto contraction = dyn_cast<linalg::LinalgOp>(group[group.size() - 2]);
    auto epilogue = dyn_cast<linalg::LinalgOp>(group.back());
    if (!epilogue || !contraction || contraction.getNumReductionLoops() == 0)
      continue;
    unsigned number = analysis.memory(contraction->getResult(0)).storage;
    Storage &storage = analysis.storages[number];
    if (storage.kind == Storage::Arena && !takenOver.contains(number) && !storage.replacedBy &&
        analysis.memory(contraction->getResult(0)).whole &&
        isConsumed(analysis, contraction, epilogue))
      storage.kind = Storage::Tiles;
  }
}

/// For each storage the first name that the user gave to a tensor in it.
static llvm::DenseMap<unsigned, std::string> namesOf(const BufferAnalysis &analysis) {
  llvm::DenseMap<unsigned, std::string> names;
  for (Operation *kernel : analysis.kernels)
    for (Value result : kernel->getResults())
      if (std::string name = nameOf(result.getLoc()); !name.empty())
        names.try_emplace(analysis.resolve(analysis.memory(result).storage), std::move(name));
  return names;
}

LogicalResult FunctionAssignment::planArena(Arrangement &arrangement) {
  BufferAnalysis &analysis = *arrangement.analysis;
  ArrayRef<BufferRequest> requests = arrangement.requests;
  llvm::DenseMap<unsigned, std::string> names = namesOf(analysis);
  MemoryPlan plan = planMemory(requests);
  std::string error;
  if (failed(verifyPlan(requests, plan, error)))
    return function.emitError() << "the memory plan is wrong: " << error;
  blocks.arenaBytes = plan.bytes;
  blocks.largestLiveBytes = largestLiveSum(requests);
  for (auto [i, storage] : llvm::enumerate(arrangement.requesters)) {
    storage->blockNumber = FunctionRewriter::Arena;
    storage->offset = plan.offsets[i];
    int64_t line = lineOf(storage->origin.getLoc());
    std::string name = names.lookup(storage - analysis.storages.data());
    blocks.buffers.push_back({std::move(name), line, plan.offsets[i], requests[i].bytes,
                              requests[i].first, requests[i].last, storage->saved});
  }
  for (Storage &storage : analysis.storages)
    if (storage.replacedBy) {
      const Storage &other = analysis.storages[analysis.resolve(*storage.replacedBy)];
      storage.blockNumber = other.blockNumber;
      storage.offset = other.offset;
    }
  return success();
}

/// The writer's own result behind an update.
static OpResult resultOf(const BufferAnalysis &analysis, const Update &update) {
  auto function = update.writer->getParentOfType<func::FuncOp>();
  Value returned = function.getBody().front().getTerminator()->getOperand(update.result);
  unsigned storage = analysis.memory(returned).storage;
  for (OpResult result : update.writer->getResults())
    if (analysis.memory(result).storage == storage)
      return result;
  llvm_unreachable("an update's writer writes its storage");
}

/// Groups and orders the kernels, and finds the buffers of the arena. The contractions of `apart` are no
/// kernels together with their epilogues.
LogicalResult FunctionAssignment::arrange(const ContractionSet &apart, Arrangement &result) {
  result = {};
  while (true) {
    result.analysis = std::make_unique<BufferAnalysis>(function);
    BufferAnalysis &analysis = *result.analysis;
    if (failed(analysis.status))
      return failure();
    blocks = {};
    placeArguments(analysis);
    SmallVector<Update> &updates = result.updates;
    updates.clear();
    placeResults(analysis, updates);
    unsigned offender = updates.size();
    for (auto [number, update] : llvm::enumerate(updates))
      if (update.argument && !writesOver(analysis, update.writer, resultOf(analysis, update),
                                         analysis.memory(update.argument).storage)) {
        offender = number;
        break;
      }
    if (offender == updates.size()) {
      result.epilogues.clear();
      result.order = scheduleKernels(
          analysis, groupKernels(analysis, updates, apart, result.epilogues), updates, offender);
    }
    if (offender == updates.size())
      break;
    // The new value goes to the arena first, and replaces the old one when no kernel needs that
    // any more.
    Operation *terminator = function.getBody().front().getTerminator();
    OpBuilder builder(terminator);
    OpOperand &operand = terminator->getOpOperand(updates[offender].result);
    operand.set(buildCopy(builder, terminator->getLoc(), operand.get()));
  }
  keepPrologues(*result.analysis, result.order);
  takeOverDyingOperands(*result.analysis, result.order);
  keepOnTiles(*result.analysis, result.order);
  for (Storage &storage : result.analysis->storages) {
    if (storage.kind != Storage::Arena || storage.replacedBy || storage.first < 0)
      continue;
    BlockTensor tensor;
    tensor.type = storage.type;
    result.requests.push_back({tensor.bytes(), storage.first, storage.last});
    result.requesters.push_back(&storage);
  }
  return success();
}

/// The position of the schedule at which the most bytes are alive.
static int64_t fullestPosition(ArrayRef<BufferRequest> requests) {
  std::map<int64_t, int64_t> changes;
  for (const BufferRequest &request : requests) {
    changes[request.first] += alignToBlock(request.bytes);
    changes[request.last + 1] -= alignToBlock(request.bytes);
  }
  int64_t fullest = 0, alive = 0, most = 0;
  for (auto [position, change] : changes)
    if ((alive += change) > most) {
      most = alive;
      fullest = position;
    }
  return fullest;
}

/// The first contraction behind the fullest position, or there, that has an update of an argument as its
/// epilogue, and is the last to read a buffer that is alive there; null if there is none but those
/// of `refused`.
static Operation *findHolder(const Arrangement &arrangement, const ContractionSet &refused) {
  const BufferAnalysis &analysis = *arrangement.analysis;
  const int64_t fullest = fullestPosition(arrangement.requests);
  for (int64_t position = fullest, end = arrangement.order.size(); position < end; ++position) {
    ArrayRef<Operation *> group = arrangement.order[position];
    const bool updates =
        group.size() > 1 && llvm::any_of(arrangement.updates, [&](const Update &update) {
          return update.argument && update.writer == group.back();
        });
    auto contraction =
        updates ? dyn_cast<linalg::LinalgOp>(group[group.size() - 2]) : linalg::LinalgOp();
    if (!contraction || contraction.getNumReductionLoops() == 0 || refused.contains(contraction))
      continue;
    for (Operation *kernel : group.drop_back())
      for (Value tensor : tensorsRead(kernel)) {
        const Storage &storage =
            analysis.storages[analysis.resolve(analysis.memory(tensor).storage)];
        if (storage.kind == Storage::Arena && storage.first < fullest && storage.last == position)
          return contraction;
      }
  }
  return nullptr;
}

/// An update waits for the readers of the old value, and on the tiles of the gradient's product it keeps
/// the operands of that product alive for so long. Where memory is scarce, products are computed
/// before their updates if the arena gets smaller by more than half of the gradient.
LogicalResult FunctionAssignment::separateUpdates(Arrangement &arrangement) {
  ContractionSet apart, tried;
  constexpr unsigned mostAttempts = 8;
  while (tried.size() < mostAttempts) {
    Operation *contraction = findHolder(arrangement, tried);
    if (!contraction)
      break;
    tried.insert(contraction);
    apart.insert(contraction);
    const int64_t before = largestLiveSum(arrangement.requests);
    Arrangement attempt;
    if (failed(arrange(apart, attempt)))
      return failure();
    auto gradient = cast<RankedTensorType>(contraction->getResult(0).getType());
    // The arrangement before the attempt does not have the copy that the attempt has made.
    if (before - largestLiveSum(attempt.requests) > bytesOf(gradient) / 2 ||
        attempt.analysis->kernels.size() != arrangement.analysis->kernels.size())
      arrangement = std::move(attempt);
    else
      apart.erase(contraction);
  }
  return success();
}

LogicalResult FunctionAssignment::run() {
  if (!function.getBody().hasOneBlock())
    return function.emitError("has control flow, for which no memory can be assigned");
  flattenScans(function);
  BufferAnalysis::prepare(function);
  markLoops(function);
  findReplacedArguments();
  copyResults();

  Arrangement arrangement;
  if (failed(arrange({}, arrangement)))
    return failure();
  if (function->hasAttr(recomputationAttrName) && failed(separateUpdates(arrangement)))
    return failure();
  BufferAnalysis &analysis = *arrangement.analysis;
  ArrayRef<KernelGroup> order = arrangement.order;
  emitEpilogueRemarks(function, arrangement.epilogues, [&](linalg::LinalgOp contraction) {
    unsigned storage = analysis.memory(contraction->getResult(0)).storage;
    return analysis.storages[storage].kind != Storage::Tiles;
  });
  StepAnalysis step(function);
  step.markSaved(analysis);
  if (failed(planArena(arrangement)))
    return failure();
  if (profile)
    blocks.regions = step.regions(analysis, order);
  blocks.symbol = ("nnc_" + function.getSymName()).str();
  if (auto limit = function->getAttrOfType<IntegerAttr>(nn::limitAttrName))
    blocks.limit = limit.getInt();
  for (Operation *kernel : analysis.kernels)
    blocks.flop += floatOperations(kernel) * timesOf(kernel);
  FunctionRewriter(function, analysis, blocks, module).run(order);
  return success();
}

//===-- Blocks shared by all functions --------------------------------------------------------===//

static LogicalResult collectShared(ModuleOp module, ModuleBlocks &blocks) {
  struct Entry {
    std::string kind, name;
    RankedTensorType type;
  };
  std::vector<Entry> entries;
  std::map<std::pair<std::string, std::string>, size_t> numbers; // by kind and name
  auto collect = [&](func::FuncOp function, std::string kind, std::string name, Type type) {
    if (kind == "cache" && nn::rowsOfSteps(function) > 1)
      return success(); // the tensors of the step of one sequence, several times
    auto [found, isNew] = numbers.try_emplace({kind, name}, entries.size());
    if (!isNew) {
      const Entry &entry = entries[found->second];
      if (entry.type == type)
        return success();
      return LogicalResult(function->emitError()
                           << kind << " '" << name << "' has type " << type << " here and "
                           << entry.type << " in another function");
    }
    entries.push_back({std::move(kind), std::move(name), cast<RankedTensorType>(type)});
    return success();
  };
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    for (Type type :
         llvm::concat<const Type>(function.getArgumentTypes(), function.getResultTypes()))
      if (auto tensor = dyn_cast<RankedTensorType>(type); !tensor || !nn::isUsable(tensor))
        return function.emitError("takes or gives ")
               << type << ", for which no memory can be assigned";
    WalkResult result = function.walk([](Operation *op) {
      for (Type type : op->getResultTypes())
        if (auto tensor = dyn_cast<TensorType>(type); tensor && !nn::isUsable(tensor)) {
          op->emitOpError("gives ") << type << ", for which no memory can be assigned";
          return WalkResult::interrupt();
        }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
      std::string kind = kindOf(function.getArgAttrDict(i), "input");
      if (isPersistent(kind) || kind == "scalar")
        if (failed(
                collect(function, kind, nameOf(function.getArgAttrDict(i), "argument", i), type)))
          return failure();
    }
    for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
      std::string kind = kindOf(function.getResultAttrDict(i), "output");
      if (isPersistent(kind))
        if (failed(
                collect(function, kind, nameOf(function.getResultAttrDict(i), "result", i), type)))
          return failure();
    }
  }
  for (StringRef kind : {"parameter", "slot", "state"})
    for (const Entry &entry : entries)
      if (entry.kind == kind)
        blocks.persistent.append(entry.name, entry.kind, entry.type, blockAlignment);
  for (const Entry &entry : entries)
    if (entry.kind == "cache")
      blocks.cache.append(entry.name, entry.kind, entry.type, blockAlignment);
  for (const Entry &entry : entries)
    if (entry.kind == "scalar")
      blocks.scalars.append(entry.name, entry.kind, entry.type, 8);
  return success();
}

namespace {

struct AssignArenaPass : impl::AssignArenaBase<AssignArenaPass> {
  using AssignArenaBase::AssignArenaBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    ModuleBlocks blocks;
    if (failed(collectShared(module, blocks)))
      return signalPassFailure();
    module->setAttr(persistentAttrName, blocks.persistent.toAttribute(&getContext()));
    module->setAttr(scalarsAttrName, blocks.scalars.toAttribute(&getContext()));
    if (!blocks.cache.tensors.empty())
      module->setAttr(cacheAttrName, blocks.cache.toAttribute(&getContext()));
    for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (!function.isExternal() && failed(FunctionAssignment(function, blocks, profile).run()))
        return signalPassFailure();
  }
};

} // namespace
} // namespace nnc
