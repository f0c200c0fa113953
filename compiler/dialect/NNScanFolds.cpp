// The canonical form of nn.scan: no part that nothing needs, no value twice, and nothing among
// sequences and emitted values that is there without the loop.
#include "compiler/dialect/NNBuilders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace nnc::nn;

namespace {

/// The row that all rows of a sequence equal; null if they may differ.
Value buildEqualRow(OpBuilder &builder, Value sequence, Type rowType) {
  if (std::optional<double> value = matchSplat(sequence))
    return buildSplat(builder, withoutName(sequence.getLoc()), rowType, *value);
  auto broadcast = sequence.getDefiningOp<BroadcastOp>();
  if (!broadcast || llvm::is_contained(broadcast.getDims(), 0))
    return {};
  SmallVector<int64_t> dims =
      llvm::map_to_vector(broadcast.getDims(), [](int64_t dim) { return dim - 1; });
  return buildBroadcast(builder, broadcast.getLoc(), broadcast.getOperand(), dims, rowType);
}

/// Rebuilds a scan in its canonical form; fails if it has that already.
class Canonical {
public:
  Canonical(ScanOp op, PatternRewriter &rewriter)
      : op(op), rewriter(rewriter), yield(op.getYield()) {}

  LogicalResult run() {
    replaceEmits();
    findNeeded();
    chooseOperands();
    if (!changed)
      return failure();
    build();
    return success();
  }

private:
  /// Emitted values that are there in a sequence or a trace already, or more than once.
  void replaceEmits() {
    llvm::DenseMap<Value, Value> known; // by the value in the block: all its rows
    rewriter.setInsertionPointAfter(op);
    Location location = withoutName(op.getLoc());
    for (auto [argument, sequence] : llvm::zip_equal(op.getSequenceArguments(), op.getSequences()))
      known.try_emplace(argument, sequence);
    for (auto [emit, value] : llvm::zip_equal(op.getEmits(), yield.getEmits())) {
      if (emit.use_empty())
        continue;
      Value &rows = known[value];
      if (!rows)
        rows = findInTraces(value, location);
      if (!rows)
        if (std::optional<double> number = matchSplat(value))
          rows = buildSplat(rewriter, location, emit.getType(), *number);
      if (!rows) {
        rows = emit;
        continue;
      }
      rewriter.replaceAllUsesWith(emit, rows);
      changed = true;
    }
  }

  Value findInTraces(Value value, Location location) {
    for (auto [i, trace] : llvm::enumerate(op.getTraces())) {
      if (yield.getCarries()[i] == value)
        return buildRows(rewriter, location, trace, op.getRowBehind(), op.getSteps());
      if (op.getCarryArguments()[i] == value)
        return buildRows(rewriter, location, trace, op.getRowBefore(), op.getSteps());
    }
    return {};
  }

  /// Finds the carries, the emits and the values of the block that a used result needs.
  void findNeeded() {
    carries.resize(op.getInits().size());
    emits.resize(op.getEmits().size());
    for (auto [i, emit] : llvm::enumerate(op.getEmits()))
      if (!emit.use_empty()) {
        emits.set(i);
        needed.insert(yield.getEmits()[i]);
      }
    for (auto [i, trace] : llvm::enumerate(op.getTraces()))
      if (!trace.use_empty())
        carries.set(i);
    for (bool grew = true; grew;) {
      grew = false;
      for (int i : carries.set_bits())
        needed.insert(yield.getCarries()[i]);
      for (Operation &inner : llvm::reverse(op.getBlock()->without_terminator()))
        if (isNeeded(inner))
          needed.insert(inner.operand_begin(), inner.operand_end());
      for (auto [i, argument] : llvm::enumerate(op.getCarryArguments()))
        if (!carries.test(i) && needed.contains(argument)) {
          carries.set(i);
          grew = true;
        }
    }
    changed |= !carries.all() || !emits.all();
  }

  bool isNeeded(Operation &inner) const {
    return llvm::any_of(inner.getResults(), [&](Value result) { return needed.contains(result); });
  }

  void chooseOperands() {
    rewriter.setInsertionPoint(op);
    for (auto [argument, sequence] :
         llvm::zip_equal(op.getSequenceArguments(), op.getSequences())) {
      if (!needed.contains(argument)) {
        changed = true;
      } else if (Value row = buildEqualRow(rewriter, sequence, argument.getType())) {
        addInvariant(argument, row);
        changed = true;
      } else {
        add(sequences, argument, sequence);
      }
    }
    for (auto [argument, invariant] :
         llvm::zip_equal(op.getInvariantArguments(), op.getInvariants())) {
      if (needed.contains(argument))
        addInvariant(argument, invariant);
      else
        changed = true;
    }
    for (int i : carries.set_bits())
      inits.push_back(op.getInits()[i]);
  }

  void addInvariant(BlockArgument argument, Value value) {
    if (std::optional<double> number = matchSplat(value)) {
      numbers.emplace_back(argument, *number);
      changed = true;
    } else {
      add(invariants, argument, value);
    }
  }

  using Operands = SmallVector<std::pair<Value, SmallVector<BlockArgument>>>;

  void add(Operands &operands, BlockArgument argument, Value value) {
    auto *same = llvm::find_if(operands, [&](auto &entry) { return entry.first == value; });
    if (same != operands.end()) {
      same->second.push_back(argument);
      changed = true;
    } else {
      operands.push_back({value, {argument}});
    }
  }

  void build() {
    auto values = [](const Operands &operands) {
      return llvm::map_to_vector(operands, [](auto &entry) { return entry.first; });
    };
    rewriter.setInsertionPoint(op);
    auto copy = ScanOp::create(
        rewriter, op.getLoc(), op.getSteps(), op.getReverse(), values(sequences), inits,
        values(invariants),
        [&](OpBuilder &builder, Location location, ArrayRef<BlockArgument> newSequences,
            ArrayRef<BlockArgument> newCarries, ArrayRef<BlockArgument> newInvariants) {
          IRMapping mapping;
          auto map = [&](const Operands &operands, ArrayRef<BlockArgument> arguments) {
            for (auto [entry, argument] : llvm::zip_equal(operands, arguments))
              for (BlockArgument old : entry.second)
                mapping.map(old, argument);
          };
          map(sequences, newSequences);
          map(invariants, newInvariants);
          for (auto [i, argument] : llvm::zip_equal(carries.set_bits(), newCarries))
            mapping.map(op.getCarryArguments()[i], argument);
          for (auto [argument, number] : numbers)
            mapping.map(argument,
                        buildSplat(builder, withoutName(location), argument.getType(), number));
          for (Operation &inner : op.getBlock()->without_terminator())
            if (isNeeded(inner))
              builder.clone(inner, mapping);
          SmallVector<Value> newNext, newEmitted;
          for (int i : carries.set_bits())
            newNext.push_back(mapping.lookup(yield.getCarries()[i]));
          for (int i : emits.set_bits())
            newEmitted.push_back(mapping.lookup(yield.getEmits()[i]));
          YieldOp::create(builder, yield.getLoc(), newNext, newEmitted);
        });
    copy->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    for (auto [i, trace] : llvm::zip_equal(carries.set_bits(), copy.getTraces()))
      rewriter.replaceAllUsesWith(op.getTraces()[i], trace);
    for (auto [i, emit] : llvm::zip_equal(emits.set_bits(), copy.getEmits()))
      rewriter.replaceAllUsesWith(op.getEmits()[i], emit);
    rewriter.eraseOp(op);
  }

  ScanOp op;
  PatternRewriter &rewriter;
  YieldOp yield;
  bool changed = false;
  llvm::BitVector carries, emits;
  llvm::DenseSet<Value> needed;
  Operands sequences, invariants;
  SmallVector<Value> inits;
  SmallVector<std::pair<BlockArgument, double>> numbers; // arguments that become constants
};

struct CanonicalizeScan : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp op, PatternRewriter &rewriter) const override {
    return Canonical(op, rewriter).run();
  }
};

} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<CanonicalizeScan>(context);
}
