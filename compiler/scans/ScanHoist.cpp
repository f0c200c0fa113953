// The pass nn-scan-hoist: it finds what the values of a scan's block depend on, chooses what leaves
// the loop, and rebuilds that by the rules for a batch, of which the steps are one.
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

/// What a value of the block differs by: nothing, the rows of the sequences, or all steps before.
enum class Dependence { Invariant, Row, Carry };

/// An element in memory costs as much as this many additions: it is written, and read again.
constexpr int64_t operationsPerElement = 8;

bool isElementwise(Operation *op) { return op->hasTrait<OpTrait::Elementwise>(); }

/// Whether the operation takes so long that its result is worth a place in memory, where threads
/// share all steps of it or where it becomes part of a sum over the steps.
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

/// Moves what can be computed for all steps at once out of one scan.
class Hoisting {
public:
  explicit Hoisting(ScanOp scan)
      : scan(scan), yield(scan.getYield()), builder(scan), location(withoutName(scan.getLoc())) {}

  /// False, with nothing changed, if all stays in the loop.
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

//===-- What depends on what ------------------------------------------------------------------===//

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
    // The rows of a batch would have random numbers of their own.
    if (found == Dependence::Row &&
        (!isa<Batchable>(op) || isa<RandomUniformOp, RandomNormalOp>(op)))
      found = Dependence::Carry;
    for (Value result : op.getResults())
      dependence[result] = found;
  }
}

//===-- What is computed in front of the loop -------------------------------------------------===//

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
  // Views and moves are part of what reads them, in the loop or in front of it.
  if (op->getNumOperands() == 0 || cast<Work>(op).countOperations() == 0 || isa<TransposeOp>(op))
    return false;
  return dependenceOf(op) == Dependence::Invariant || isExpensive(op) ||
         (isElementwise(op) && shortensRows(op));
}

/// Whether the loop reads no more elements if the result comes from in front of it: the result takes
/// the place of others that do, and that nothing else needs. A bias is added to the product of all
/// steps for this reason; a function of a row of data is computed in the loop.
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

//===-- What is computed behind the loop ------------------------------------------------------===//

/// A minimum cut between what only the loop can compute and what is emitted. An operation on the sink's
/// side is computed behind the loop, with all that read it; a value on the sink's side is there behind
/// the loop. It costs something to emit a value, and to do expensive operations on one step at a time.
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
    if (!isa<Batchable>(op) || isa<RandomUniformOp, RandomNormalOp>(op))
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

/// Builds an operation where the builder stands, for all steps at once or, if it is invariant, once.
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
  // The loop emits what was emitted, and what is needed behind it. What is there in a trace as well is
  // left to the canonical form of scans: until then its derivative is that of an emitted value.
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

/// Says of each product and other expensive operation that left the loop where it went.
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

/// Scans in the block of another come first: what leaves them may leave that one as well.
static void hoistIn(Block &block) {
  SmallVector<ScanOp> scans(block.getOps<ScanOp>());
  for (ScanOp scan : scans) {
    hoistIn(*scan.getBlock());
    if (Hoisting(scan).run())
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
