// The pass nn-recompute: it divides the forward pass into segments, chooses by a minimum cut, and
// clones operations into the backward pass.
#include "compiler/analysis/BlockLayout.h"
#include "compiler/rematerialization/MinimumCut.h"
#include "compiler/conversion/NNToLinalg.h"
#include "compiler/passes/Passes.h"
#include "compiler/analysis/Recomputed.h"
#include "compiler/passes/RemarkCategories.h"
#include "compiler/analysis/StepAnalysis.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_RECOMPUTE
#include "compiler/passes/Passes.h.inc"

static int64_t bytesOf(Value tensor) { return bytesOf(cast<RankedTensorType>(tensor.getType())); }

static int64_t bytesOf(Operation *op) {
  int64_t bytes = 0;
  for (Value result : op->getResults())
    bytes += bytesOf(result);
  return bytes;
}

static int64_t operationsOf(Operation *op) { return cast<nn::Work>(op).countOperations(); }

/// Whether the result is never in memory of its own: a view, or a move that its readers do by index
/// arithmetic.
static bool isFree(Operation *op) { return operationsOf(op) == 0; }

namespace {

/// Up to this price a value is computed again for each part of the backward pass rather than kept
/// between its uses there: element-wise arithmetic, not sums of products.
constexpr int64_t cheapOperationsPerByte = 8;

/// A price that is paid for any operation; the sum of capacities stays far from overflow.
constexpr int64_t anyOperationsPerByte = 1 << 20;

/// The choice of the values that the backward pass of one training step computes again.
class Recomputation {
public:
  Recomputation(func::FuncOp function, int64_t operationsPerByte, int64_t segments);

  /// Bytes that are saved if nothing is recomputed.
  int64_t savedBytes() const;
  /// Chooses, and rewrites the function; whether anything is recomputed.
  bool run();
  /// The values that are saved only without recomputation; the largest first.
  SmallVector<Value> noLongerSaved() const;
  RecomputationReport report() const;

private:
  using Operations = llvm::DenseSet<Operation *>;
  using Values = llvm::DenseSet<Value>;
  /// How the backward pass gets the values of the forward pass that it reads.
  struct Cut {
    Operations recomputed;
    Values saved;
  };
  /// The clones of recomputed operations that there are at a place in the backward pass.
  struct Clones {
    const Operations &recomputed;
    const Values &saved;
    Operations passing = {}; // of which each user gets a clone of its own
    IRMapping map = {};
  };

  void assignSegments(int64_t count);
  bool crossesSegments(Operation *op) const;
  Cut cut(int64_t operationsPerByte, const Values &saved = {}) const;
  bool isThere(Value value, const Values &saved) const;
  Operations findPassing() const;
  void cloneFor(Operation *user, Clones &clones, OpBuilder &builder);

  func::FuncOp function;
  StepAnalysis step;
  int64_t operationsPerByte;
  SmallVector<Operation *> forward; // in program order, without constants
  DenseMap<Operation *, unsigned> numbers;
  SmallVector<int64_t> segmentOf; // of each operation of `forward`
  Cut original, coarse, fine;
  int64_t operations = 0; // of all clones
  int64_t mark = 0;       // of the next clones, which keeps them from being merged with others
};

} // namespace

/// Whether the value is there in the backward pass without being recomputed.
bool Recomputation::isThere(Value value, const Values &saved) const {
  Operation *definition = value.getDefiningOp();
  return !definition || isa<nn::ConstantOp>(definition) || saved.contains(value);
}

Recomputation::Recomputation(func::FuncOp function, int64_t operationsPerByte, int64_t segments)
    : function(function), step(function),
      operationsPerByte(std::min(operationsPerByte, anyOperationsPerByte)) {
  for (Operation &op : function.getBody().front())
    if (step.isForward(&op) && !isa<nn::ConstantOp>(op)) {
      numbers[&op] = forward.size();
      forward.push_back(&op);
    }
  assignSegments(segments);
  original = cut(0);
}

/// Divides the forward pass into parts of about the same number of bytes, where few bytes are
/// handed on: within a quarter of a part from where the parts would be equal.
void Recomputation::assignSegments(int64_t count) {
  segmentOf.assign(forward.size(), 0);
  int64_t size = forward.size();
  if (count <= 1 || size == 0)
    return;
  SmallVector<int64_t> made(size + 1, 0), handedOn(size + 1, 0); // in front of each operation
  for (auto [i, op] : llvm::enumerate(forward)) {
    int64_t bytes = bytesOf(op);
    made[i + 1] = made[i] + (isFree(op) ? 0 : bytes);
    unsigned last = i;
    for (Operation *user : op->getUsers())
      if (auto found = numbers.find(user); found != numbers.end())
        last = std::max(last, found->second);
    for (unsigned place = i + 1; place <= last; ++place)
      handedOn[place] += bytes;
  }
  int64_t part = made[size] / count, start = 0;
  for (int64_t segment = 1; segment < count; ++segment) {
    int64_t best = -1;
    for (int64_t place = start + 1; place < size; ++place)
      if (std::abs(made[place] - part * segment) <= part / 4 &&
          (best < 0 || handedOn[place] < handedOn[best]))
        best = place;
    if (best < 0)
      continue;
    for (int64_t place = best; place < size; ++place)
      ++segmentOf[place];
    start = best;
  }
}

/// Whether a later segment is made of the value: then recomputing that one must not lead here.
bool Recomputation::crossesSegments(Operation *op) const {
  return !isFree(op) && llvm::any_of(op->getUsers(), [&](Operation *user) {
    auto found = numbers.find(user);
    return found != numbers.end() && segmentOf[found->second] != segmentOf[numbers.at(op)];
  });
}

/// A minimum cut between the source, from which all is computed, and the sink, the backward pass.
/// On the sink's side, the node of an operation says that it is computed again, that of a value
/// that the backward pass has it; the value is saved if only the latter is there. Values in `saved`
/// cost nothing.
Recomputation::Cut Recomputation::cut(int64_t price, const Values &saved) const {
  FlowNetwork network;
  unsigned source = network.addNode(), sink = network.addNode();
  SmallVector<unsigned> made;
  DenseMap<Value, unsigned> had;
  for (Operation *op : forward) {
    made.push_back(network.addNode());
    for (Value result : op->getResults())
      had[result] = network.addNode();
    if (llvm::all_of(op->getResults(), [&](Value result) { return saved.contains(result); }))
      continue;
    int64_t cycles = operationsOf(op);
    bool fixed = cycles > 0 && (price == 0 || crossesSegments(op));
    network.addEdge(source, made.back(), fixed ? FlowNetwork::uncuttable : cycles);
    for (Value operand : op->getOperands())
      if (!isThere(operand, saved))
        network.addEdge(had.at(operand), made.back(), FlowNetwork::uncuttable);
    for (Value result : op->getResults()) {
      if (saved.contains(result))
        continue;
      network.addEdge(made.back(), had.at(result), bytesOf(result) * std::max<int64_t>(price, 1));
      if (llvm::any_of(result.getUsers(), [&](Operation *user) { return step.isBackward(user); }))
        network.addEdge(had.at(result), sink, FlowNetwork::uncuttable);
    }
  }
  std::vector<bool> side = network.sinkSide(source, sink);
  Cut result;
  for (auto [node, op] : llvm::zip_equal(made, forward)) {
    if (side[node])
      result.recomputed.insert(op);
    for (Value value : op->getResults())
      if (side[had.at(value)] && !side[node])
        result.saved.insert(value);
  }
  return result;
}

/// The values that are so cheap to compute from kept values that they need not live from one use in
/// the backward pass to the next. Work adds up along a chain, such as that of residual connections,
/// until a value is kept.
Recomputation::Operations Recomputation::findPassing() const {
  Operations passing;
  DenseMap<Operation *, int64_t> work;
  for (Operation *op : forward) {
    if (!fine.recomputed.contains(op))
      continue;
    int64_t sum = operationsOf(op);
    for (Value operand : op->getOperands())
      if (Operation *definition = operand.getDefiningOp(); passing.contains(definition))
        sum += work.lookup(definition);
    work[op] = sum;
    if (!isa<nn::ScanOp>(op) && sum <= cheapOperationsPerByte * bytesOf(op))
      passing.insert(op);
  }
  return passing;
}

/// Lets an operation read clones, which are made, with all that they need, at the builder's place
/// if nothing has needed them before.
void Recomputation::cloneFor(Operation *user, Clones &clones, OpBuilder &builder) {
  SmallVector<Operation *> needed;
  SmallVector<Value> work(user->getOperands());
  Operations seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    Operation *definition = value.getDefiningOp();
    if (!definition || !clones.recomputed.contains(definition) || clones.saved.contains(value) ||
        clones.map.contains(value) || !seen.insert(definition).second)
      continue;
    needed.push_back(definition);
    llvm::append_range(work, definition->getOperands());
  }
  llvm::sort(needed, [&](Operation *left, Operation *right) {
    return numbers.at(left) < numbers.at(right);
  });
  for (Operation *op : needed) {
    // The values of its regions must not get into the map, which serves further clones.
    Operation *clone = builder.clone(*op);
    for (OpOperand &operand : clone->getOpOperands())
      operand.set(clones.map.lookupOrDefault(operand.get()));
    clones.map.map(op->getResults(), clone->getResults());
    clone->setAttr(recomputedAttrName, builder.getI64IntegerAttr(mark));
    for (Value result : op->getResults())
      if (clones.saved.contains(result))
        clones.map.erase(result);
    operations += operationsOf(op);
  }
  mark += !needed.empty();
  for (OpOperand &operand : user->getOpOperands())
    operand.set(clones.map.lookupOrDefault(operand.get()));
  for (Operation *op : needed)
    if (clones.passing.contains(op))
      llvm::for_each(op->getResults(), [&](Value result) { clones.map.erase(result); });
}

int64_t Recomputation::savedBytes() const {
  int64_t bytes = 0;
  for (Value value : original.saved)
    bytes += bytesOf(value);
  return bytes;
}

bool Recomputation::run() {
  coarse = cut(operationsPerByte);
  if (llvm::none_of(coarse.recomputed, [](Operation *op) { return operationsOf(op) > 0; }))
    return false;
  // A recomputed value lives from the beginning of its segment, as a saved one would. So cheap
  // values are computed once more, right before their use, from expensive ones.
  fine = cut(std::min(operationsPerByte, cheapOperationsPerByte), coarse.saved);
  Clones segments{coarse.recomputed, coarse.saved},
      late{fine.recomputed, fine.saved, findPassing()};
  for (Operation &user : llvm::make_early_inc_range(function.getBody().front())) {
    if (!step.isBackward(&user))
      continue;
    Operation *before = user.getPrevNode();
    OpBuilder builder(&user);
    cloneFor(&user, late, builder);
    // The late clones made just now, and the user, still read the forward pass.
    Operation *first = before ? before->getNextNode() : &user.getBlock()->front();
    builder.setInsertionPoint(first);
    for (Operation *reader = first; reader != user.getNextNode(); reader = reader->getNextNode())
      cloneFor(reader, segments, builder);
  }
  return true;
}

SmallVector<Value> Recomputation::noLongerSaved() const {
  SmallVector<Value> values;
  for (Operation *op : forward)
    if (coarse.recomputed.contains(op))
      llvm::copy_if(op->getResults(), std::back_inserter(values), [&](Value value) {
        return original.saved.contains(value) && !coarse.saved.contains(value);
      });
  llvm::stable_sort(values, [](Value left, Value right) { return bytesOf(left) > bytesOf(right); });
  return values;
}

RecomputationReport Recomputation::report() const {
  RecomputationReport report;
  report.operations = operations;
  report.bytes = savedBytes();
  for (Value value : coarse.saved)
    report.bytes -= bytesOf(value);
  for (Value value : noLongerSaved())
    report.values.push_back({nameOf(value.getLoc()), lineOf(value.getLoc()), bytesOf(value)});
  return report;
}

/// Whether an operation may be recomputed.
static bool isDifferentiated(Operation &op) {
  return isa<nn::NNDialect>(op.getDialect()) && !isa<nn::GradientOp>(op);
}

namespace {

struct RecomputePass : impl::RecomputeBase<RecomputePass> {
  using RecomputeBase::RecomputeBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (operationsPerByte <= 0 || function.isExternal() || !function.getBody().hasOneBlock() ||
        !llvm::all_of(function.getBody().front().without_terminator(), isDifferentiated))
      return;
    if (minimumBytes > 0 && Recomputation(function, 0, 1).savedBytes() <= minimumBytes)
      return;
    compareMaxima(function);
    Recomputation recomputation(function, operationsPerByte, segments);
    if (!recomputation.run())
      return;
    function->setAttr(recomputationAttrName, recomputation.report().toAttribute(&getContext()));
    for (Value value : recomputation.noLongerSaved())
      explain(value);
  }

  void explain(Value value) {
    remark::passed(value.getLoc(), remark::RemarkOpts::name("Recompute")
                                       .category(recomputationCategory)
                                       .function(getOperation().getName()))
        << remark::detail::LazyTextBuild{
               "Remark", [&] {
                 std::string name = nameOf(value.getLoc());
                 return llvm::formatv(
                            "the backward pass computes {0} again: {1} bytes less are saved",
                            name.empty() ? value.getDefiningOp()->getName().stripDialect().str()
                                         : "`" + name + "`",
                            bytesOf(value))
                     .str();
               }};
  }
};

} // namespace
} // namespace nnc
