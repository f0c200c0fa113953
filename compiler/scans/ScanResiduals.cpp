// The pass nn-scan-residuals: it finds the values that two scans both compute, chooses by a minimum
// cut those that the second scan reads from the first, and rewrites both.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"
#include "compiler/rematerialization/MinimumCut.h"
#include "compiler/scans/RebuildScan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnc {
#define GEN_PASS_DEF_SCANRESIDUALS
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

/// Prices of an element in additions: to write it and read it in another loop, and to read it where
/// it is written anyway. So a transcendental function, of price 16, of a value in a trace is
/// recomputed.
constexpr int64_t emitPrice = 24, readPrice = 2;

/// One scan and a later one, which may read values from it.
class Residuals {
public:
  Residuals(ScanOp first, ScanOp second)
      : first(first), second(second), yield(first.getYield()), location(second.getLoc()) {}

  /// Replaces `first` by a scan that emits the values that `second` then reads, and returns it.
  /// Returns null, and changes neither scan, if `second` reads no further values.
  ScanOp run();

private:
  void matchArguments();
  void matchOperations();
  void chooseRead();
  bool isInTrace(Value value) { return llvm::is_contained(yield.getCarries(), value); }
  bool isEmitted(Value value) { return llvm::is_contained(yield.getEmits(), value); }
  void join();
  void rewriteFirst();
  void rewriteSecond();
  void explain();

  /// A part of a value along one dimension.
  struct Part {
    Value whole;
    int64_t dim, offset, extent;
  };
  static std::optional<Part> partOf(Value value);

  /// Functions of all parts of a value, which are emitted as one concatenation in the order of the
  /// parts.
  struct Joined {
    SmallVector<Value> parts;
    int64_t dim;
    Value value; // of the block of the first scan
  };

  ScanOp first, second;
  YieldOp yield; // of the first
  Location location;
  llvm::DenseMap<Value, Value> matched; // values of the second block: those of the first
  SmallVector<Value> read;              // values of the second block that are read
  SmallVector<Joined> joined;
  SmallVector<Value> emits;
};

} // namespace

//===-- Equal values --------------------------------------------------------------------------===//

/// The first row that `rows`, a slice of rows of `trace`, takes; std::nullopt for other values.
static std::optional<int64_t> firstRowIn(Value trace, Value rows) {
  auto slice = rows.getDefiningOp<SliceOp>();
  if (!slice || slice.getOperand() != trace)
    return std::nullopt;
  ArrayRef<int64_t> offsets = slice.getOffsets(), sizes = slice.getSizes();
  if (sizes.drop_front() != slice.getOperand().getType().getShape().drop_front() ||
      llvm::any_of(slice.getStrides(), [](int64_t stride) { return stride != 1; }))
    return std::nullopt;
  return offsets.front();
}

void Residuals::matchArguments() {
  for (auto [argument, rows] :
       llvm::zip_equal(second.getSequenceArguments(), second.getSequences())) {
    for (auto [other, sequence] :
         llvm::zip_equal(first.getSequenceArguments(), first.getSequences()))
      if (rows == sequence)
        matched[argument] = other;
    for (auto [value, emit] : llvm::zip_equal(yield.getEmits(), first.getEmits()))
      if (rows == emit)
        matched[argument] = value;
    for (auto [carry, next, trace] :
         llvm::zip_equal(first.getCarryArguments(), yield.getCarries(), first.getTraces()))
      if (std::optional<int64_t> row = firstRowIn(trace, rows))
        matched[argument] = *row == first.getRowBefore() ? Value(carry) : next;
  }
  for (auto [argument, value] :
       llvm::zip_equal(second.getInvariantArguments(), second.getInvariants()))
    for (auto [other, invariant] :
         llvm::zip_equal(first.getInvariantArguments(), first.getInvariants()))
      if (value == invariant)
        matched[argument] = other;
}

void Residuals::matchOperations() {
  constexpr OperationEquivalence::Flags flags = OperationEquivalence::IgnoreLocations;
  auto hash = [&](Operation *op, llvm::function_ref<Value(Value)> valueOf) {
    return OperationEquivalence::computeHash(
        op, [&](Value operand) { return llvm::hash_value(valueOf(operand).getAsOpaquePointer()); },
        OperationEquivalence::ignoreHashValue, flags);
  };
  llvm::DenseMap<size_t, SmallVector<Operation *, 1>> byHash;
  for (Operation &op : first.getBlock()->without_terminator())
    byHash[hash(&op, [](Value value) { return value; })].push_back(&op);
  for (Operation &op : second.getBlock()->without_terminator()) {
    auto found = byHash.find(hash(&op, [&](Value value) { return matched.lookup(value); }));
    if (found == byHash.end())
      continue;
    for (Operation *other : found->second) {
      llvm::DenseMap<Value, Value> inside; // values of regions
      auto check = [&](Value left, Value right) {
        return success(matched.lookup(left) == right || inside.lookup(left) == right);
      };
      auto mark = [&](Value left, Value right) { inside[left] = right; };
      if (!OperationEquivalence::isEquivalentTo(&op, other, check, mark, flags))
        continue;
      for (auto [result, value] : llvm::zip_equal(op.getResults(), other->getResults()))
        matched[result] = value;
      break;
    }
  }
}

//===-- The choice ----------------------------------------------------------------------------===//

/// Chooses the values to read. The network has a node for each operation that both blocks have, and
/// one for each result of it. On the sink's side, the former says that the second scan computes the
/// operation, the latter that it needs the result.
void Residuals::chooseRead() {
  FlowNetwork network;
  unsigned source = network.addNode(), sink = network.addNode();
  llvm::DenseMap<Value, unsigned> had;
  SmallVector<std::pair<Value, unsigned>> results; // with the node of the operation
  // Values of invariants alone are hoisted, so that they are not worth reading.
  llvm::DenseSet<Value> invariant;
  invariant.insert_range(second.getInvariantArguments());
  for (Operation &op : second.getBlock()->without_terminator())
    if (llvm::all_of(op.getOperands(), [&](Value value) { return invariant.contains(value); }))
      invariant.insert_range(op.getResults());
  auto isMatched = [&](Operation *op) {
    return op->getNumResults() > 0 && matched.contains(op->getResult(0)) &&
           !invariant.contains(op->getResult(0));
  };
  for (Operation &op : second.getBlock()->without_terminator()) {
    if (!isMatched(&op))
      continue;
    unsigned made = network.addNode();
    int64_t work = cast<Work>(op).countOperations();
    // A product of rows would be computed in front of the second scan and read there as well.
    if (isa<ContractOp, ScanOp>(op))
      for (Value result : op.getResults())
        work = std::max(work, (emitPrice + 1) * nn::detail::elementsOf(result));
    network.addEdge(source, made, work);
    for (Value operand : op.getOperands())
      if (auto found = had.find(operand); found != had.end())
        network.addEdge(found->second, made, FlowNetwork::uncuttable);
    for (Value result : op.getResults()) {
      unsigned node = had[result] = network.addNode();
      results.push_back({result, made});
      Value value = matched.lookup(result);
      int64_t price = isInTrace(value) || isEmitted(value) ? readPrice : emitPrice;
      network.addEdge(made, node, price * nn::detail::elementsOf(result));
      if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !isMatched(user); }))
        network.addEdge(node, sink, FlowNetwork::uncuttable);
    }
  }
  std::vector<bool> side = network.sinkSide(source, sink);
  for (auto [result, made] : results)
    if (side[had.lookup(result)] && !side[made])
      read.push_back(result);
}

//===-- Parts side by side --------------------------------------------------------------------===//

/// The part of another value from which `value` is computed element by element; std::nullopt if it
/// is computed otherwise.
std::optional<Residuals::Part> Residuals::partOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (op->hasTrait<OpTrait::Elementwise>() && op->getNumOperands() == 1) {
      value = op->getOperand(0);
      continue;
    }
    auto slice = dyn_cast<SliceOp>(op);
    if (!slice)
      return std::nullopt;
    std::optional<Part> part;
    for (auto [dim, extent] : llvm::enumerate(slice.getOperand().getType().getShape())) {
      if (slice.getStrides()[dim] != 1 || (part && slice.getSizes()[dim] != extent))
        return std::nullopt;
      if (slice.getSizes()[dim] != extent)
        part = {slice.getOperand(), int64_t(dim), slice.getOffsets()[dim], slice.getSizes()[dim]};
    }
    return part;
  }
  return std::nullopt;
}

/// Finds emitted values that are functions of all parts of one value, such as the gates, functions
/// of the parts of one product: their concatenation has the shape of that value.
void Residuals::join() {
  llvm::MapVector<std::pair<Value, int64_t>, SmallVector<std::pair<int64_t, Value>>> byWhole;
  for (Value result : read) {
    Value value = matched.lookup(result);
    if (isInTrace(value) || isEmitted(value))
      continue;
    if (std::optional<Part> part = partOf(value))
      byWhole[{part->whole, part->dim}].push_back({part->offset, value});
  }
  for (auto &[place, parts] : byWhole) {
    auto [whole, dim] = place;
    llvm::sort(parts, [](auto &left, auto &right) { return left.first < right.first; });
    int64_t end = 0;
    auto type = cast<RankedTensorType>(whole.getType());
    Joined candidate{{}, dim, {}};
    for (auto [offset, value] : parts) {
      auto part = cast<RankedTensorType>(value.getType());
      if (offset != end || part.getElementType() != type.getElementType())
        break;
      end += part.getDimSize(dim);
      candidate.parts.push_back(value);
    }
    if (end == type.getDimSize(dim) && candidate.parts.size() == parts.size())
      joined.push_back(std::move(candidate));
  }
}

//===-- Rewriting -----------------------------------------------------------------------------===//

void Residuals::rewriteFirst() {
  llvm::append_range(emits, yield.getEmits());
  auto emit = [&](Value value) {
    if (!isInTrace(value) && !llvm::is_contained(emits, value))
      emits.push_back(value);
  };
  llvm::DenseSet<Value> inJoined;
  OpBuilder builder(yield);
  for (Joined &group : joined) {
    group.value = ConcatOp::create(builder, withoutName(first.getLoc()), group.parts, group.dim);
    inJoined.insert_range(group.parts);
    emit(group.value);
  }
  for (Value result : read)
    if (!inJoined.contains(matched.lookup(result)))
      emit(matched.lookup(result));
  builder.setInsertionPoint(first);
  ScanOp copy = rebuildScan(builder, first, emits, {});
  first->replaceAllUsesWith(copy.getResults().take_front(first->getNumResults()));
  for (Joined &group : joined)
    group.value = copy.getEmits()[llvm::find(emits, group.value) - emits.begin()];
  // The old scan, whose values `matched` has, stays until the second one is rewritten.
  first = copy;
}

void Residuals::rewriteSecond() {
  Block &block = *second.getBlock();
  OpBuilder outside(second), inside(&block, block.begin());
  auto addSequence = [&](Value rows) {
    auto type = cast<RankedTensorType>(rows.getType());
    unsigned place = second.getSequences().size();
    second.getSequencesMutable().append(rows);
    return block.insertArgument(place, type.clone(type.getShape().drop_front()), rows.getLoc());
  };
  llvm::DenseMap<Value, Value> parts; // in the first block: in the second
  for (const Joined &group : joined) {
    Value row = addSequence(group.value);
    SmallVector<int64_t> offsets(cast<RankedTensorType>(row.getType()).getRank(), 0),
        ones(offsets.size(), 1);
    for (Value part : group.parts) {
      auto type = cast<RankedTensorType>(part.getType());
      parts[part] =
          SliceOp::create(inside, withoutName(part.getLoc()), row, offsets, type.getShape(), ones);
      offsets[group.dim] += type.getDimSize(group.dim);
    }
  }
  auto rowsOf = [&](Value value) -> Value {
    if (!isInTrace(value))
      return first.getEmits()[llvm::find(emits, value) - emits.begin()];
    size_t carry = llvm::find(yield.getCarries(), value) - yield.getCarries().begin();
    return buildRows(outside, withoutName(location), first.getTraces()[carry], first.getRowBehind(),
                     first.getSteps());
  };
  for (Value result : read) {
    Value value = matched.lookup(result), row = parts.lookup(value);
    result.replaceAllUsesWith(row ? row : Value(addSequence(rowsOf(value))));
  }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

void Residuals::explain() {
  auto function = first->getParentOfType<func::FuncOp>();
  for (Value result : read) {
    Value value = matched.lookup(result);
    if (isInTrace(value) || isEmitted(value))
      continue;
    remark::passed(
        value.getLoc(),
        remark::RemarkOpts::name("Save").category(scanCategory).function(function.getName()))
        << remark::detail::LazyTextBuild{
               "Remark", [&] {
                 StringRef name = nameOf(value);
                 return llvm::formatv("the loop over {0} steps saves {1} for the backward pass",
                                      first.getSteps(),
                                      name.empty()
                                          ? value.getDefiningOp()->getName().stripDialect().str()
                                          : ("`" + name + "`").str())
                     .str();
               }};
  }
}

ScanOp Residuals::run() {
  matchArguments();
  // Values of invariants alone are not read, so that most pairs of scans end here.
  if (llvm::none_of(second.getSequenceArguments(),
                    [&](Value argument) { return matched.contains(argument); }))
    return {};
  matchOperations();
  chooseRead();
  if (read.empty())
    return {};
  join();
  explain();
  ScanOp old = first;
  rewriteFirst();
  rewriteSecond();
  old.erase();
  return first;
}

/// Lets each scan of a block read from the earlier ones; then so in the blocks of the scans.
static void saveIn(Block &block) {
  SmallVector<ScanOp> scans(block.getOps<ScanOp>());
  for (size_t second = 0; second < scans.size(); ++second)
    for (size_t first = 0; first < second; ++first)
      if (scans[first].getSteps() == scans[second].getSteps() &&
          !scans[second]->hasAttr(chunksAttrName))
        if (ScanOp replaced = Residuals(scans[first], scans[second]).run())
          scans[first] = replaced;
  for (ScanOp scan : scans)
    saveIn(*scan.getBlock());
}

namespace {

struct ScanResiduals : nnc::impl::ScanResidualsBase<ScanResiduals> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.isExternal() && function.getBody().hasOneBlock())
      saveIn(function.getBody().front());
  }
};

} // namespace
