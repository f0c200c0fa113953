// The pass nn-scan-hoist: it finds the dependences of the values of a scan's block, chooses the
// operations to hoist and to sink, and rebuilds them by their batch rules, with the steps as the
// batch.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"
#include "compiler/rematerialization/MinimumCut.h"
#include "compiler/scans/RebuildScan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnc {
#define GEN_PASS_DEF_SCANHOIST
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

/// The values that a value of the block depends on: invariants alone, also rows of sequences, or
/// also carries. The largest dependence of its operands is that of a result.
enum class Dependence { Invariant, Row, Carry };

/// The cost of an element in memory, which is written once and read once, in additions.
constexpr int64_t operationsPerElement = 8;

/// Whether the operation can be computed for all steps at once. The rows of a batch would have
/// random numbers of their own.
bool isBatchable(Operation *op) {
  return isa<Batchable>(op) && !isa<RandomUniformOp, RandomNormalOp>(op);
}

bool isElementwise(Operation *op) { return op->hasTrait<OpTrait::Elementwise>(); }

/// Whether the operation takes so long that it pays to store its result, or its operands, for all
/// steps: outside the loop threads share all its steps, and it may become part of a sum over the
/// steps.
bool isExpensive(Operation *op) {
  if (isa<ContractOp, ScanOp>(op))
    return true;
  if (isElementwise(op))
    return false;
  int64_t elements = 0;
  for (Value result : op->getResults())
    elements += nn::detail::elementsOf(result);
  return cast<Work>(op).countOperations() > 2 * operationsPerElement * elements;
}

/// Hoists and sinks operations out of one scan.
class Hoisting {
public:
  explicit Hoisting(ScanOp scan)
      : scan(scan), yield(scan.getYield()), builder(scan), location(withoutName(scan.getLoc())) {}

  /// Returns false, and leaves the scan unchanged, if no operation leaves the loop.
  bool run() {
    classify();
    chooseHoisted();
    chooseSunk();
    if (replaced.empty() && sunk.empty() && !emitsOutside())
      return false;
    buildInFront();
    buildLoop();
    explain();
    return true;
  }

private:
  Dependence dependenceOf(Value value) const { return dependence.at(value); }
  Dependence dependenceOf(Operation *op) const {
    return op->getNumResults() == 0 ? Dependence::Carry : dependence.at(op->getResult(0));
  }
  bool isInTrace(Value value) {
    return llvm::is_contained(scan.getCarryArguments(), value) ||
           llvm::is_contained(yield.getCarries(), value);
  }

  void classify();
  void chooseHoisted();
  bool isWorthHoisting(Operation *op) const;
  bool shortensRows(Operation *op) const;
  void computeInFront(Operation *op);
  void chooseSunk();
  bool emitsOutside();

  void buildForAllSteps(Operation *op);
  void buildInFront();
  void buildLoop();
  void explain();

  ScanOp scan;
  YieldOp yield;
  OpBuilder builder;
  Location location;
  llvm::DenseMap<Value, Dependence> dependence;
  llvm::DenseSet<Operation *> inFront;  // computed in front of the loop
  llvm::DenseSet<Operation *> replaced; // those of them that the loop does not compute
  llvm::DenseSet<Operation *> sunk;     // computed behind the loop instead
  IRMapping outside; // rows in all steps, or the invariant, by value of the block
};

} // namespace

//===-- Dependences ---------------------------------------------------------------------------===//

void Hoisting::classify() {
  for (BlockArgument argument : scan.getSequenceArguments())
    dependence[argument] = Dependence::Row;
  for (BlockArgument argument : scan.getCarryArguments())
    dependence[argument] = Dependence::Carry;
  for (BlockArgument argument : scan.getInvariantArguments())
    dependence[argument] = Dependence::Invariant;
  for (Operation &op : scan.getBlock()->without_terminator()) {
    Dependence found = Dependence::Invariant;
    for (Value operand : op.getOperands())
      found = std::max(found, dependenceOf(operand));
    if (found == Dependence::Row && !isBatchable(&op))
      found = Dependence::Carry;
    for (Value result : op.getResults())
      dependence[result] = found;
  }
}

//===-- Hoisting ------------------------------------------------------------------------------===//

void Hoisting::chooseHoisted() {
  for (Operation &op : scan.getBlock()->without_terminator())
    if (dependenceOf(&op) != Dependence::Carry && isWorthHoisting(&op)) {
      computeInFront(&op);
      replaced.insert(&op);
    }
  for (Value emit : yield.getEmits())
    if (emit.getDefiningOp() && dependenceOf(emit) != Dependence::Carry)
      computeInFront(emit.getDefiningOp());
}

bool Hoisting::isWorthHoisting(Operation *op) const {
  // Views and moves become part of the operations that read them, in the loop or in front of it.
  if (op->getNumOperands() == 0 || cast<Work>(op).countOperations() == 0 || isa<TransposeOp>(op))
    return false;
  return dependenceOf(op) == Dependence::Invariant || isExpensive(op) ||
         (isElementwise(op) && shortensRows(op));
}

/// Whether the loop reads at most as many elements if the operation is hoisted: its result replaces
/// hoisted operands that the rest of the loop does not read. So a bias is added to the product of
/// all steps, but a function of a row of data is computed in the loop.
bool Hoisting::shortensRows(Operation *op) const {
  llvm::SmallDenseSet<Value> operands(op->operand_begin(), op->operand_end());
  int64_t elements = 0;
  for (Value operand : operands)
    if (replaced.contains(operand.getDefiningOp()) && dependenceOf(operand) == Dependence::Row &&
        llvm::all_of(operand.getUsers(),
                     [&](Operation *user) { return user == op || replaced.contains(user); }))
      elements += nn::detail::elementsOf(operand);
  return elements >= nn::detail::elementsOf(op->getResult(0));
}

void Hoisting::computeInFront(Operation *op) {
  SmallVector<Operation *> work{op};
  while (!work.empty()) {
    Operation *next = work.pop_back_val();
    if (!inFront.insert(next).second)
      continue;
    for (Value operand : next->getOperands())
      if (Operation *definition = operand.getDefiningOp())
        work.push_back(definition);
  }
}

//===-- Sinking -------------------------------------------------------------------------------===//

/// A minimum cut between the operations that must stay in the loop and the emitted values. An
/// operation on the sink's side is sunk, with all its readers; a value on the sink's side is
/// available behind the loop. An emitted value costs its elements, an expensive operation that
/// stays in the loop its work.
void Hoisting::chooseSunk() {
  FlowNetwork network;
  unsigned source = network.addNode(), sink = network.addNode();
  llvm::DenseMap<Operation *, unsigned> made;
  llvm::DenseMap<Value, unsigned> had;
  auto isThere = [&](Value value) {
    return dependenceOf(value) != Dependence::Carry || isInTrace(value);
  };
  for (Operation &op : scan.getBlock()->without_terminator()) {
    if (dependenceOf(&op) != Dependence::Carry)
      continue;
    unsigned node = made[&op] = network.addNode();
    network.addEdge(node, sink, isExpensive(&op) ? cast<Work>(op).countOperations() : 0);
    if (!isBatchable(&op))
      network.addEdge(source, node, FlowNetwork::uncuttable);
    for (Value result : op.getResults()) {
      had[result] = network.addNode();
      network.addEdge(node, had[result],
                      isThere(result) ? 0 : operationsPerElement * nn::detail::elementsOf(result));
    }
    for (Value operand : op.getOperands()) {
      if (!isThere(operand))
        network.addEdge(had.at(operand), node, FlowNetwork::uncuttable);
      if (auto producer = made.find(operand.getDefiningOp()); producer != made.end())
        network.addEdge(node, producer->second, FlowNetwork::uncuttable);
    }
  }
  for (Value next : yield.getCarries())
    if (auto producer = made.find(next.getDefiningOp()); producer != made.end())
      network.addEdge(source, producer->second, FlowNetwork::uncuttable);
  for (auto [result, emit] : llvm::zip_equal(scan.getEmits(), yield.getEmits()))
    if (!result.use_empty() && !isThere(emit))
      network.addEdge(had.at(emit), sink, FlowNetwork::uncuttable);

  std::vector<bool> side = network.sinkSide(source, sink);
  for (auto [op, node] : made)
    if (side[node])
      sunk.insert(op);
  for (Operation *op : sunk)
    for (Value operand : op->getOperands())
      if (operand.getDefiningOp() && dependenceOf(operand) != Dependence::Carry)
        computeInFront(operand.getDefiningOp());
}

bool Hoisting::emitsOutside() {
  return llvm::any_of(yield.getEmits(), [&](Value emit) {
    return dependenceOf(emit) != Dependence::Carry && emit.getDefiningOp();
  });
}

//===-- Building ------------------------------------------------------------------------------===//

/// Builds an operation at the insertion point: once if it is invariant, otherwise for all steps.
void Hoisting::buildForAllSteps(Operation *op) {
  SmallVector<Value> operands, results;
  llvm::SmallBitVector areRows(op->getNumOperands());
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    operands.push_back(outside.lookup(operand));
    areRows[i] = dependenceOf(operand) != Dependence::Invariant;
  }
  if (areRows.none()) {
    builder.clone(*op, outside);
    return;
  }
  cast<Batchable>(op).buildBatched(builder, operands, areRows, scan.getSteps(), results);
  outside.map(op->getResults(), results);
}

void Hoisting::buildInFront() {
  outside.map(scan.getSequenceArguments(), scan.getSequences());
  outside.map(scan.getInvariantArguments(), scan.getInvariants());
  for (Operation &op : scan.getBlock()->without_terminator())
    if (inFront.contains(&op))
      buildForAllSteps(&op);
}

void Hoisting::buildLoop() {
  // The loop emits the values that were emitted and the operands of sunk operations. The canonical
  // form of scans later drops those that are also in a trace: until then they have the derivative
  // of an emitted value.
  SmallVector<Value> emits;
  auto emit = [&](Value value) {
    if (dependenceOf(value) == Dependence::Carry && !sunk.contains(value.getDefiningOp()) &&
        !llvm::is_contained(emits, value))
      emits.push_back(value);
  };
  for (auto [result, value] : llvm::zip_equal(scan.getEmits(), yield.getEmits()))
    if (!result.use_empty())
      emit(value);
  for (Operation &op : scan.getBlock()->without_terminator())
    if (sunk.contains(&op))
      llvm::for_each(op.getOperands(), emit);

  ValuesOutside given;
  for (Operation &op : scan.getBlock()->without_terminator())
    if (replaced.contains(&op))
      for (Value result : op.getResults())
        (dependenceOf(result) == Dependence::Row ? given.rows : given.invariants)
            .insert({result, outside.lookup(result)});
  ScanOp loop = rebuildScan(builder, scan, emits, given);

  for (auto [result, value] : llvm::zip_equal(loop.getEmits(), emits))
    outside.map(value, result);
  for (Operation &op : scan.getBlock()->without_terminator())
    if (sunk.contains(&op))
      buildForAllSteps(&op);
  for (auto [old, trace] : llvm::zip_equal(scan.getTraces(), loop.getTraces()))
    old.replaceAllUsesWith(trace);
  for (auto [result, value] : llvm::zip_equal(scan.getEmits(), yield.getEmits()))
    if (!result.use_empty())
      result.replaceAllUsesWith(buildWithBatchDim(builder, location, outside.lookup(value),
                                                  dependenceOf(value) != Dependence::Invariant,
                                                  scan.getSteps()));
}

//===-- The pass ------------------------------------------------------------------------------===//

/// Emits a remark for each expensive operation that was hoisted or sunk.
void Hoisting::explain() {
  auto function = scan->getParentOfType<func::FuncOp>();
  for (Operation &op : scan.getBlock()->without_terminator()) {
    bool isSunk = sunk.contains(&op);
    if (!isExpensive(&op) || (!isSunk && !replaced.contains(&op)))
      continue;
    remark::passed(op.getLoc(), remark::RemarkOpts::name(isSunk ? "Sink" : "Hoist")
                                    .category(scanCategory)
                                    .function(function.getName()))
        << remark::detail::LazyTextBuild{
               "Remark", [&] {
                 StringRef name = nameOf(op.getResult(0));
                 return llvm::formatv("{0} is computed once {1} the loop, for all {2} steps",
                                      name.empty() ? op.getName().stripDialect().str()
                                                   : ("`" + name + "`").str(),
                                      isSunk ? "behind" : "in front of", scan.getSteps())
                     .str();
               }};
  }
}

/// Inner scans come first: an operation that is hoisted out of one may leave the outer scan as
/// well.
static void hoistIn(Block &block) {
  SmallVector<ScanOp> scans(block.getOps<ScanOp>());
  for (ScanOp scan : scans) {
    hoistIn(*scan.getBlock());
    if (!scan->hasAttr(chunksAttrName) && Hoisting(scan).run())
      scan.erase();
  }
}

namespace {

struct ScanHoist : nnc::impl::ScanHoistBase<ScanHoist> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.isExternal() && function.getBody().hasOneBlock())
      hoistIn(function.getBody().front());
  }
};

} // namespace
