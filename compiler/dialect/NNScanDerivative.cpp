// The derivative of nn.scan: another scan, which runs through the steps in the opposite direction.
//
// Each of its steps computes the block again, from the rows of the sequences and from the carries
// in the traces, then the derivatives by all that the block reads. The cotangents of the carries
// are its own carries. It emits those of the rows of the sequences and, for each step, those of the
// invariants, which are summed behind it. A scan of chunks adds the latter up in carries instead.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/dialect/ReverseSweep.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace nnc::nn;

namespace {

class ScanDerivative {
public:
  ScanDerivative(ScanOp op, OpBuilder &builder, ValueRange resultCotangents)
      : op(op), builder(builder), location(withoutName(op.getLoc())),
        addsUp(op->hasAttr(chunksAttrName)) {
    unsigned traces = op.getInits().size();
    for (auto [i, cotangent] : llvm::enumerate(resultCotangents)) {
      Value value = isFloat(cotangent) && matchSplat(cotangent) != 0 ? cotangent : Value();
      (i < traces ? traceCotangents : emitCotangents).push_back(value);
    }
  }

  void build(SmallVectorImpl<Value> &operandCotangents) {
    SmallVector<Value> sequences = chooseSequences(), inits;
    for (auto [init, cotangent] : llvm::zip_equal(op.getInits(), traceCotangents)) {
      if (!isFloat(init))
        continue;
      inits.push_back(cotangent ? buildRow(builder, location, cotangent, op.getLastRow())
                                : buildSplat(builder, location, init.getType(), 0));
    }
    if (addsUp)
      for (Value sum : floats(op.getInvariants()))
        inits.push_back(buildSplat(builder, location, sum.getType(), 0));
    auto scan = ScanOp::create(
        builder, location, op.getSteps(), !op.getReverse(), sequences, inits, op.getInvariants(),
        [&](OpBuilder &inner, Location, ArrayRef<BlockArgument> rows,
            ArrayRef<BlockArgument> cotangents, ArrayRef<BlockArgument> invariants) {
          buildBody(inner, rows, cotangents, invariants);
        });
    if (addsUp)
      scan->setAttr(chunksAttrName, builder.getUnitAttr());

    operandCotangents.assign(op.getNumOperands(), Value());
    unsigned trace = 0, emit = 0;
    for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
      if (isFloat(operand) && isCarried(i)) {
        Value last = buildRow(builder, location, scan.getTraces()[trace++], scan.getLastRow());
        if (isInit(i) || emitted.test(i))
          operandCotangents[i] = last;
      } else if (emitted.test(i)) {
        Value all = scan.getEmits()[emit++];
        operandCotangents[i] =
            i < op.getSequences().size()
                ? all
                : ReduceSumOp::create(builder, location, all, ArrayRef<int64_t>{0});
      }
    }
  }

private:
  unsigned firstInvariant() { return op.getSequences().size() + op.getInits().size(); }
  bool isInit(unsigned operand) {
    return operand >= op.getSequences().size() && operand < firstInvariant();
  }
  /// Whether the derivative's carries have the cotangent of the operand.
  bool isCarried(unsigned operand) {
    return isInit(operand) || (addsUp && operand >= firstInvariant());
  }

  /// Whether a trace has cotangents in its last row alone, as that of a carry of which only the
  /// last value is used: the derivative's carry begins with them, and no step adds others.
  bool isOfLastRow(Value cotangent) {
    auto pad = cotangent.getDefiningOp<PadOp>();
    return pad && pad.getValue().isZero() && pad.getOperand().getType().getDimSize(0) == 1 &&
           pad.getLow()[0] == op.getLastRow();
  }

  /// The rows that a step sees: those of the sequences, the carries in front of the step, the
  /// cotangents of what it emits and of the carries in front of it.
  SmallVector<Value> chooseSequences() {
    SmallVector<Value> sequences(op.getSequences());
    auto add = [&](Value trace) {
      sequences.push_back(buildRows(builder, location, trace, op.getRowBefore(), op.getSteps()));
    };
    llvm::for_each(op.getTraces(), add);
    for (Value cotangent : emitCotangents)
      if (cotangent)
        sequences.push_back(cotangent);
    for (Value cotangent : traceCotangents)
      if (cotangent && !isOfLastRow(cotangent))
        add(cotangent);
    return sequences;
  }

  void buildBody(OpBuilder &inner, ArrayRef<BlockArgument> rows, ArrayRef<BlockArgument> cotangents,
                 ArrayRef<BlockArgument> invariants) {
    IRMapping mapping;
    auto take = [&](size_t count) {
      ArrayRef<BlockArgument> taken = rows.take_front(count);
      rows = rows.drop_front(count);
      return taken;
    };
    mapping.map(op.getSequenceArguments(), take(op.getSequences().size()));
    mapping.map(op.getCarryArguments(), take(op.getInits().size()));
    mapping.map(op.getInvariantArguments(), invariants);
    for (Operation &copied : op.getBlock()->without_terminator())
      inner.clone(copied, mapping);

    SmallVector<Value> wanted;
    for (BlockArgument argument : op.getBlock()->getArguments())
      if (isFloat(argument))
        wanted.push_back(mapping.lookup(argument));
    // Rows of which the loss needs some only have cotangents of 0 in other steps.
    ReverseSweep sweep(inner, wanted, /*isDifferentiatedAgain=*/true);
    YieldOp yield = op.getYield();
    for (auto [value, cotangent] : llvm::zip_equal(yield.getEmits(), emitCotangents))
      if (cotangent)
        sweep.seed(mapping.lookup(value), take(1).front(), true);
    SmallVector<Value> carried = floats(yield.getCarries());
    ArrayRef<BlockArgument> sums = cotangents.drop_front(carried.size());
    for (auto [value, number] : llvm::zip_first(carried, cotangents))
      sweep.seed(mapping.lookup(value), number, true);
    // All operations that can be in a block have derivatives.
    LogicalResult swept = sweep.run();
    assert(succeeded(swept));
    (void)swept;

    SmallVector<Value> carries, emits;
    for (auto [argument, given] : llvm::zip_equal(op.getCarryArguments(), traceCotangents)) {
      if (!isFloat(argument))
        continue;
      Value cotangent = sweep.of(mapping.lookup(argument));
      if (given && !isOfLastRow(given)) {
        Value row = take(1).front();
        cotangent = cotangent ? AddOp::create(inner, location, cotangent, row) : row;
      }
      carries.push_back(cotangent ? cotangent : buildSplat(inner, location, argument.getType(), 0));
    }
    emitted.resize(op.getNumOperands());
    for (auto [i, argument] : llvm::enumerate(op.getBlock()->getArguments())) {
      if (isInit(i) || !isFloat(argument))
        continue;
      Value cotangent = sweep.of(mapping.lookup(argument));
      emitted[i] = bool(cotangent);
      if (isCarried(i)) {
        Value sum = sums.front();
        sums = sums.drop_front();
        carries.push_back(cotangent ? AddOp::create(inner, location, sum, cotangent) : sum);
      } else if (cotangent) {
        emits.push_back(cotangent);
      }
    }
    YieldOp::create(inner, location, carries, emits);
  }

  static SmallVector<Value> floats(ValueRange values) {
    return llvm::to_vector(llvm::make_filter_range(values, isFloat));
  }

  ScanOp op;
  OpBuilder &builder;
  Location location;
  /// Null where the loss does not depend on the result.
  SmallVector<Value> traceCotangents, emitCotangents;
  bool addsUp;
  llvm::BitVector emitted; // the operands for which each step has a cotangent, other than inits
};

} // namespace

void ScanOp::buildCotangents(OpBuilder &builder, ValueRange resultCotangents,
                             SmallVectorImpl<Value> &operandCotangents) {
  ScanDerivative(*this, builder, resultCotangents).build(operandCotangents);
}
