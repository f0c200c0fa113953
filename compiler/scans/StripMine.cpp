// The pass nn-strip-mine: it divides the steps of scans into chunks, each of which is a step of an
// outer scan. It runs before differentiation, so that the derivative of the outer scan, whose steps
// compute its block again, computes a chunk again from the carries at its beginning.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

namespace nnc {
#define GEN_PASS_DEF_STRIPMINE
#include "compiler/passes/Passes.h.inc"
} // namespace nnc

using namespace mlir;
using namespace nnc;
using namespace nnc::nn;

namespace {

/// The steps of a chunk: the largest divisor of `steps` from half of `wanted` on, so that no steps
/// are left over, or else `wanted`.
int64_t chooseChunk(int64_t steps, int64_t wanted) {
  for (int64_t chunk = wanted; 2 * chunk >= wanted && chunk > 1; --chunk)
    if (steps % chunk == 0)
      return chunk;
  return wanted;
}

class StripMining {
public:
  StripMining(ScanOp scan, int64_t chunk)
      : scan(scan), chunk(chunk), chunks(scan.getSteps() / chunk), rest(scan.getSteps() % chunk),
        builder(scan), location(withoutName(scan.getLoc())) {}

  void run();

private:
  /// The results of a part of the steps: of each carry the value behind each of these steps and the
  /// value behind the last one, and the emitted values.
  struct Part {
    SmallVector<Value> behind, last, emits;
  };

  Part buildChunks();
  Part buildRest(ValueRange inits);
  Part partOf(ScanOp steps, ValueRange rows);
  Value joined(Value first, Value second);
  void replaceTrace(Value trace, Value init, Value behind, Value last);
  void explain();

  /// The first row of the chunks, and of the steps behind them.
  int64_t firstOfChunks() { return scan.getReverse() ? rest : 0; }
  int64_t firstOfRest() { return scan.getReverse() ? 0 : chunks * chunk; }

  ScanOp scan;
  int64_t chunk, chunks, rest; // steps, number, steps behind the last chunk
  OpBuilder builder;
  Location location;
};

/// The same elements with a leading dimension divided in two, or with the two leading ones joined.
Value buildDivided(OpBuilder &builder, Location location, Value value, int64_t outer) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  SmallVector<int64_t> divided{outer, shape.front() / outer};
  llvm::append_range(divided, shape.drop_front());
  auto type = cast<RankedTensorType>(value.getType()).clone(divided);
  return ReshapeOp::create(builder, location, type, value);
}

Value buildUndivided(OpBuilder &builder, Location location, Value value) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  SmallVector<int64_t> joined{shape[0] * shape[1]};
  llvm::append_range(joined, shape.drop_front(2));
  auto type = cast<RankedTensorType>(value.getType()).clone(joined);
  return ReshapeOp::create(builder, location, type, value);
}

/// A scan over some of the steps, with the block of `scan`. It emits the carries behind each step
/// as well, so that its traces are used for their last values alone.
ScanOp buildSteps(OpBuilder &builder, ScanOp scan, int64_t steps, ValueRange sequences,
                  ValueRange inits, ValueRange invariants) {
  return ScanOp::create(builder, scan.getLoc(), steps, scan.getReverse(), sequences, inits,
                        invariants,
                        [&](OpBuilder &inner, Location, ArrayRef<BlockArgument> rows,
                            ArrayRef<BlockArgument> carries, ArrayRef<BlockArgument> same) {
                          IRMapping mapping;
                          mapping.map(scan.getSequenceArguments(), rows);
                          mapping.map(scan.getCarryArguments(), carries);
                          mapping.map(scan.getInvariantArguments(), same);
                          for (Operation &op : *scan.getBlock())
                            inner.clone(op, mapping);
                          auto yield = cast<YieldOp>(inner.getInsertionBlock()->getTerminator());
                          yield.getEmitsMutable().append(SmallVector<Value>(yield.getCarries()));
                        });
}

/// The value of each carry behind the last step.
SmallVector<Value> buildLast(OpBuilder &builder, Location location, ScanOp scan) {
  return llvm::map_to_vector(scan.getTraces(), [&](Value trace) {
    return buildRow(builder, location, trace, scan.getLastRow());
  });
}

StripMining::Part StripMining::buildChunks() {
  auto sequences = llvm::map_to_vector(scan.getSequences(), [&](Value sequence) {
    Value rows = rest == 0
                     ? sequence
                     : buildRows(builder, location, sequence, firstOfChunks(), chunks * chunk);
    return buildDivided(builder, location, rows, chunks);
  });
  auto outer = ScanOp::create(builder, scan.getLoc(), chunks, scan.getReverse(), sequences,
                              scan.getInits(), scan.getInvariants(),
                              [&](OpBuilder &inner, Location, ArrayRef<BlockArgument> rows,
                                  ArrayRef<BlockArgument> carries, ArrayRef<BlockArgument> same) {
                                ScanOp steps = buildSteps(inner, scan, chunk, rows, carries, same);
                                YieldOp::create(inner, location, buildLast(inner, location, steps),
                                                steps.getEmits());
                              });
  outer->setAttr(chunksAttrName, builder.getUnitAttr());
  return partOf(outer, llvm::map_to_vector(outer.getEmits(), [&](Value rows) {
                  return buildUndivided(builder, location, rows);
                }));
}

/// The steps that are fewer than a chunk, behind the chunks.
StripMining::Part StripMining::buildRest(ValueRange inits) {
  auto sequences = llvm::map_to_vector(scan.getSequences(), [&](Value sequence) {
    return buildRows(builder, location, sequence, firstOfRest(), rest);
  });
  ScanOp steps = buildSteps(builder, scan, rest, sequences, inits, scan.getInvariants());
  return partOf(steps, steps.getEmits());
}

/// The results of `steps`, which emits `rows`: the emitted values of `scan`, then its carries.
StripMining::Part StripMining::partOf(ScanOp steps, ValueRange rows) {
  Part part;
  llvm::append_range(part.emits, rows.take_front(scan.getEmits().size()));
  llvm::append_range(part.behind, rows.drop_front(scan.getEmits().size()));
  part.last = buildLast(builder, location, steps);
  return part;
}

/// The rows of earlier steps and of later ones as one sequence.
Value StripMining::joined(Value first, Value second) {
  SmallVector<Value> parts{first, second};
  if (scan.getReverse())
    std::swap(parts[0], parts[1]);
  return ConcatOp::create(builder, location, parts, 0);
}

/// Replaces a trace by the rows behind each step where only these are used, and by the value behind
/// the last step; elsewhere by all rows.
void StripMining::replaceTrace(Value trace, Value init, Value behind, Value last) {
  Value whole;
  for (OpOperand &use : llvm::make_early_inc_range(trace.getUses())) {
    auto slice = dyn_cast<SliceOp>(use.getOwner());
    bool isOfRows = slice && slice.getStrides()[0] == 1 &&
                    slice.getSizes().drop_front() ==
                        cast<RankedTensorType>(trace.getType()).getShape().drop_front();
    int64_t first = isOfRows ? slice.getOffsets()[0] : 0,
            count = isOfRows ? slice.getSizes()[0] : 0;
    OpBuilder at(use.getOwner());
    if (isOfRows && count == 1 && first == scan.getLastRow()) {
      auto row = ReshapeOp::create(at, location, slice.getType(), last);
      slice.replaceAllUsesWith(row.getResult());
    } else if (isOfRows && first >= scan.getRowBehind() &&
               first + count <= scan.getRowBehind() + int64_t(scan.getSteps())) {
      slice.replaceAllUsesWith(
          buildRows(at, slice.getLoc(), behind, first - scan.getRowBehind(), count));
    } else {
      if (!whole) {
        auto type = cast<RankedTensorType>(init.getType());
        whole = joined(ReshapeOp::create(builder, location, withBatchDim(type, 1), init), behind);
      }
      use.set(whole);
      continue;
    }
    slice.erase();
  }
}

void StripMining::run() {
  Part part = buildChunks();
  if (rest > 0) {
    Part behind = buildRest(part.last);
    for (auto [rows, others] : llvm::zip_equal(part.behind, behind.behind))
      rows = joined(rows, others);
    for (auto [rows, others] : llvm::zip_equal(part.emits, behind.emits))
      rows = joined(rows, others);
    part.last = behind.last;
  }
  explain();
  for (auto [emit, rows] : llvm::zip_equal(scan.getEmits(), part.emits))
    emit.replaceAllUsesWith(rows);
  for (auto [i, trace] : llvm::enumerate(scan.getTraces()))
    replaceTrace(trace, scan.getInits()[i], part.behind[i], part.last[i]);
  scan.erase();
}

void StripMining::explain() {
  auto function = scan->getParentOfType<func::FuncOp>();
  remark::passed(scan.getLoc(), remark::RemarkOpts::name("StripMine")
                                    .category(recomputationCategory)
                                    .function(function.getName()))
      << remark::detail::LazyTextBuild{
             "Remark", [&] {
               return llvm::formatv("the backward pass computes the loop of {0} steps again in "
                                    "chunks of {1}, from the carries in front of each",
                                    scan.getSteps(), chunk)
                   .str();
             }};
}

struct StripMine : nnc::impl::StripMineBase<StripMine> {
  using StripMineBase::StripMineBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (chunk <= 1 || function.isExternal() || !function.getBody().hasOneBlock())
      return;
    Block &block = function.getBody().front();
    if (block.getOps<GradientOp>().empty())
      return;
    for (ScanOp scan : llvm::to_vector(block.getOps<ScanOp>())) {
      int64_t steps = scan.getSteps(), chosen = chooseChunk(steps, chunk);
      if (steps >= 2 * chosen)
        StripMining(scan, chosen).run();
    }
  }
};

} // namespace
